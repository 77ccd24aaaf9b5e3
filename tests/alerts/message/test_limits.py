"""How long an SMS is and what it may not hold is known before a network says so."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.limits import (
    Alphabet,
    alphabet,
    forbidden,
    in_gsm7,
    limits,
    seconds,
    sendable,
    signature,
    size,
    variable_max,
)


@pytest.mark.parametrize(
    ("text", "used", "units", "parts"),
    [
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("€" * 80, "gsm7", 160, 1),
        ("€" * 81, "gsm7", 162, 2),
        ("水" * 70, "ucs2", 70, 1),
        ("水" * 71, "ucs2", 71, 2),
        ("水" * 134, "ucs2", 134, 2),
        ("水" * 135, "ucs2", 135, 3),
        ("\U0002a6a5" * 35, "ucs2", 70, 1),
        ("é" * 160, "gsm7", 160, 1),
        ("ê", "ucs2", 1, 1),
    ],
)
def test_a_text_s_parts_are_counted_as_a_network_counts_them(text, used, units, parts):
    assert size(text) == size(text).model_copy(
        update={"alphabet": Alphabet(used), "units": units, "parts": parts}
    )


def test_the_alphabet_of_gsm_has_its_128_letters_but_escape():
    gsm7 = limits().gsm7
    assert len(set(gsm7.basic)) == len(gsm7.basic) == 127
    assert len(set(gsm7.extension)) == len(gsm7.extension) == 10


def test_accents_that_cost_a_whole_alphabet_are_dropped():
    assert in_gsm7("Prêts : « côté œuvre » …") == 'Prets : " coté oeuvre " ...'
    assert alphabet(in_gsm7("Prêts, ça, où, Île")) is Alphabet.GSM7


@given(st.text())
def test_an_alphabet_that_is_not_latin_keeps_every_letter(text):
    plain = in_gsm7(text)
    assert plain == text or alphabet(plain) is Alphabet.GSM7
    assert in_gsm7(text + "水") == text + "水"


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_a_text_in_the_alphabet_is_left_as_it_is(text):
    if alphabet(text) is Alphabet.GSM7:
        assert in_gsm7(text) == text


@given(st.text(), st.text())
def test_more_text_is_never_fewer_parts(text, more):
    assert size(text + more).parts >= size(text).parts


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("see https://example.org/x", "a link"),
        ("www.example.org", "a link"),
        ("floods.gov.cn 看", "a link"),
        ("ring 010-6904 1234", "a telephone number"),
        ("电话69041234", "a telephone number"),
        ("打幺三八零零幺三八", "a telephone number"),
        ("+33 4 75 33 11 22", "a telephone number"),
    ],
)
def test_links_and_telephone_numbers_are_found_and_taken_out(text, what):
    assert what in forbidden(text)
    assert forbidden(sendable(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "02:40前到村小学",
        "from 04:15 to 05:25 at night",
        "before 23:40",
        "房子112号",
        "the 1234 flood mark",
        "收到回1，人齐回2，求助回9",
        "Mr. Li's yard. Come",
        "三组二十户",
        "de 02:55 à 03:25",
    ],
)
def test_a_time_a_number_and_a_full_stop_are_neither(text):
    assert forbidden(text) == []
    assert sendable(text) == text


@given(st.text())
def test_what_is_left_can_always_be_sent(text):
    assert forbidden(sendable(text)) == []


def test_a_registered_variable_is_short_only_where_templates_are_registered():
    assert variable_max("zh-CN") == 35
    assert variable_max("fr") is None


def test_a_language_that_nobody_listed_has_a_rate_and_a_signature():
    assert seconds("one two three four", "si") > seconds("one two three four", "en")
    assert signature("Office", "si") == "Office:"
    assert signature("防汛办", "zh-CN") == "【防汛办】"


def test_spaces_take_no_time_in_chinese():
    assert seconds("现在 就 走", "zh") == seconds("现在就走", "zh")


@given(st.text(alphabet="çéêèàœ ", min_size=1))
def test_a_letter_without_its_accent_is_the_same_letter(text):
    same = unicodedata.normalize("NFD", text.replace("œ", "oe"))
    bare = "".join(c for c in same if not unicodedata.combining(c))
    said = unicodedata.normalize("NFD", in_gsm7(text))
    assert "".join(c for c in said if not unicodedata.combining(c)) == bare
