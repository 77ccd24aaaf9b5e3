"""JSON of strangers is bounded before it is parsed, and one bad number is one bad number."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DecodeError
from pipeline.feeds.json_document import MAX_PARTS, Ambiguous, document, listed, part, text
from pipeline.feeds.table import FieldFault
from tests.feeds.samples import payload

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


def as_texts(value):
    """Return a JSON value with the text of every number."""
    match value:
        case dict():
            return {name: as_texts(each) for name, each in value.items()}
        case list():
            return [as_texts(each) for each in value]
        case int() | float() if not isinstance(value, bool):
            return json.dumps(value)
    return value


@given(VALUES)
def test_a_document_is_what_was_written_with_numbers_as_their_text(value):
    assert document(payload(json.dumps(value))) == as_texts(value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[1, 2]" + b" " * 100, "more than 100 bytes"),
        (b"[1,\n2", "not JSON.*row 2"),
        (b"", "not JSON"),
        (b'"\xff"', "not UTF-8"),
        ('["\u6cb3"]'.encode("utf-16"), "not UTF-8"),
    ],
)
def test_what_is_no_document_is_refused(content, reason):
    with pytest.raises(DecodeError, match=reason):
        document(payload(content), 100)


def test_a_mark_of_byte_order_is_no_fault():
    assert document(payload(b"\xef\xbb\xbf[1]")) == ["1"]


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_document_without_end_of_depth_is_refused(opening):
    with pytest.raises(DecodeError, match="nested too deeply"):
        document(payload(opening * 100_000))


@pytest.mark.parametrize("piece", [b"[],", b"{},", b'{"a":1},'])
def test_a_small_document_of_millions_of_parts_is_refused_before_it_is_parsed(piece):
    with pytest.raises(DecodeError, match="parts"):
        document(payload(b"[" + piece * (MAX_PARTS // piece.count(b",")) + b"0]"))


@pytest.mark.parametrize("number", ["9" * 10_000, "-0", "1e999", "NaN", "Infinity", "0.1"])
def test_a_number_is_kept_as_it_was_written(number):
    assert document(payload(f"[{number}]")) == [number]


def test_an_object_that_names_a_key_twice_says_nothing_and_its_neighbours_do():
    first, second = document(payload('[{"a": 1, "a": 2}, {"a": 3}]'))
    assert isinstance(first, Ambiguous)
    assert part(first, "a") is None
    assert part(second, "a") == "3"


@given(VALUES, st.lists(st.text(max_size=2) | st.integers(0, 3), max_size=4))
def test_a_path_leads_to_a_part_or_to_nothing(value, path):
    found = part(value, *path)
    assert listed(found) is not None
    if isinstance(found, str) and found.strip():
        assert text(value, *path) == found.strip()
    else:
        with pytest.raises(FieldFault) as caught:
            text(value, *path)
        assert caught.value.field == ".".join(map(str, path))
