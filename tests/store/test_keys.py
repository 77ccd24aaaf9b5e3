"""Keys of several columns order and equal as the columns do, however far their values lie."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.store.keys import bits, matches, packed, same_rows

FAR = st.sampled_from([-(2**63), -(2**62), -1, 0, 1, 7, 2**62, 2**63 - 1])
ROWS = st.lists(st.tuples(FAR, st.integers(0, 3), FAR), min_size=1, max_size=20)


def columns(rows: list[tuple[int, ...]]) -> list[np.ndarray]:
    return [np.array(column, np.int64) for column in zip(*rows, strict=True)]


@given(rows=ROWS)
def test_keys_are_ordered_as_rows_are(rows: list[tuple[int, ...]]) -> None:
    keys = packed(*columns(rows)).tolist()
    for row, key in zip(rows, keys, strict=True):
        for other, its in zip(rows, keys, strict=True):
            assert (key < its) == (row < other)
            assert (key == its) == (row == other)


@given(mine=ROWS, theirs=ROWS)
def test_rows_are_found_among_others(
    mine: list[tuple[int, ...]], theirs: list[tuple[int, ...]]
) -> None:
    found = same_rows(columns(mine), columns(theirs)).tolist()
    assert found == [row in theirs for row in mine]


def test_no_rows_have_no_keys_and_match_nothing() -> None:
    none = np.empty(0, np.int64)
    assert len(packed(none, none)) == 0
    found, _ = matches(np.array([1, 2]), none)
    assert not found.any()
    found, place = matches(np.array([1, 2, 9]), np.array([2, 5]))
    assert (found.tolist(), place[1]) == ([False, True, False], 0)


def test_missing_values_are_the_same_bits() -> None:
    assert (bits(np.array([np.nan, 1.5])) == bits(np.array([np.nan, 1.5]))).all()
