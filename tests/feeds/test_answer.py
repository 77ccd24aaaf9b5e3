"""What a server says of an address is sent back to it only if it is what it seems."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.feeds.answer import MOST_TAG, Validators, validators

DATE = "Mon, 15 Jul 2024 12:00:00 GMT"
LATER = "Mon, 15 Jul 2024 12:00:01 GMT"


@given(st.text(max_size=400), st.text(max_size=60), st.none() | st.text(max_size=60))
def test_whatever_is_kept_is_short_and_printable(etag, modified, sent):
    kept = validators(etag, modified, sent)
    assert all(len(v) <= MOST_TAG and v.isascii() and v.isprintable() for v in kept_of(kept))


def kept_of(kept: Validators) -> list[str]:
    return [value for value in (kept.etag, kept.last_modified) if value is not None]


@pytest.mark.parametrize("etag", ['"abc"', 'W/"abc"', '""'])
def test_a_tag_is_kept_as_it_came(etag):
    assert validators(etag, None, None).etag == etag


@pytest.mark.parametrize("etag", ["abc", '"a"\r\nX: y', '"' + "a" * MOST_TAG + '"', '"é"', 'w/"a"'])
def test_what_is_no_tag_is_not_kept(etag):
    assert not validators(etag, None, None)


def test_a_date_of_the_second_that_still_runs_tells_nothing():
    assert validators(None, DATE, DATE) == Validators()
    assert validators(None, DATE, LATER).last_modified == DATE
    assert validators(None, DATE, None).last_modified == DATE


@pytest.mark.parametrize("modified", ["yesterday", "Mon, 99 Jul 2024 12:00:00 GMT", DATE + " "])
def test_what_is_no_date_is_not_kept(modified):
    assert not validators(None, modified, None)
