"""A link says which delivery it answers for, and nothing else to anyone."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.ack import VALID, BadLink, Fault, delivery_key, link, token

KEY = b"k" * 32
AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
KEYS = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(key=KEYS, age_s=st.integers(0, int(VALID.total_seconds())))
def test_a_token_gives_its_delivery_back_while_it_is_valid(key, age_s):
    signed = token(KEY, key, at=AT)
    assert delivery_key(KEY, signed, now=AT + timedelta(seconds=age_s)) == key


@given(key=KEYS)
def test_the_same_delivery_has_the_same_token_and_another_key_another(key):
    assert token(KEY, key, at=AT) == token(KEY, key, at=AT)
    assert token(KEY, key, at=AT) != token(b"j" * 32, key, at=AT)


def test_a_token_ends():
    signed = token(KEY, "d", at=AT)
    with pytest.raises(BadLink) as caught:
        delivery_key(KEY, signed, now=AT + VALID + timedelta(seconds=1))
    assert caught.value.fault is Fault.EXPIRED
    assert signed not in str(caught.value)


@given(key=KEYS, where=st.integers(0, 200), what=st.characters(codec="ascii"))
def test_a_changed_token_is_nobodys(key, where, what):
    signed = token(KEY, key, at=AT)
    where %= len(signed)
    changed = signed[:where] + what + signed[where + 1 :]
    if changed == signed:
        return
    with suppress(BadLink):
        # base64 leaves bits of its last letter unused; they change nothing that is signed.
        assert delivery_key(KEY, changed, now=AT) == key


@given(text=st.text(max_size=100))
def test_no_text_is_a_token_by_chance(text):
    with pytest.raises(BadLink):
        delivery_key(KEY, text, now=AT)


def test_a_link_is_the_base_address_and_the_token():
    assert link("http://ack.example/", "t") == "http://ack.example/ack/t"
