"""What was joined by a straight line is known only from the reading at its end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.quality.interpolated import known_from, resolution

STEP = 0.001
FLOOD = [240.145, 259.657, 278.899, 298.139, 317.38, 310.83]
"""V3524010 on 4 November 2014, 16 to 21 h: three hours of one slope up to the peak of record."""


def own(n: int) -> list[int]:
    return list(range(n))


def test_the_inner_points_of_a_line_wait_for_its_end():
    values = np.array([5.0, 5.1, 7.1, 9.1, 11.1, 12.0])
    assert known_from(values, 0.1).tolist() == [0, 1, 4, 4, 4, 5]


def test_the_peak_of_record_was_not_foretold_by_the_line_that_leads_to_it():
    known = known_from(np.array(FLOOD), STEP)
    assert known.tolist()[2:4] == [4, 4]
    assert known.tolist()[4] == 4


@pytest.mark.parametrize(
    "values",
    [
        [1.0, 1.0, 1.0, 1.0, 1.0],
        [1.004, 1.003, 1.002, 1.001, 1.0],
        [42.887, 53.068, 79.371, 111.342, 135.069, 136.877],
        [1.0, 2.0, 3.0],
        [],
        [1.0],
        [float("nan")] * 5,
    ],
    ids=["flat", "slow recession", "real rise", "one inner point", "none", "one", "all missing"],
)
def test_what_cannot_be_told_from_a_measurement_is_left_as_it_is(values):
    assert known_from(np.array(values, float), STEP).tolist() == own(len(values))


def test_a_missing_value_ends_a_line():
    values = np.array([1.0, 2.0, 3.0, np.nan, 5.0, 6.0, 7.0, 8.0])
    assert known_from(values, STEP).tolist() == [0, 1, 2, 3, 4, 7, 7, 7]


@given(
    st.lists(st.integers(0, 400_000), min_size=2, max_size=8),
    st.lists(st.integers(1, 12), min_size=7, max_size=7),
)
def test_no_point_of_a_joined_archive_is_known_before_the_reading_it_was_made_from(levels, gaps):
    at = np.concatenate([[0], np.cumsum(gaps[: len(levels) - 1])])
    values = np.interp(np.arange(at[-1] + 1), at, np.array(levels) / 1000).round(3)
    known = known_from(values, STEP)
    readings = set(at.tolist())
    for place, source in enumerate(known.tolist()):
        assert source >= place
        if place not in readings and _told(values, at, place):
            end = int(at[np.searchsorted(at, place)])
            assert source >= end


def _told(values, at, place):
    """Whether the rule promises to see this line: two inner points, and not almost flat."""
    last = int(np.searchsorted(at, place))
    first, end = int(at[last - 1]), int(at[last])
    # A line whose beginning lies by chance on an earlier one is seen from there on only, so the
    # first line of a series is the only one that is promised whole.
    slope = abs(values[end] - values[first]) / (end - first)
    return first == 0 and end - first >= 3 and slope >= 0.02


@given(st.lists(st.floats(-1e5, 1e5), max_size=30))
def test_nothing_is_known_before_its_own_time_nor_from_beyond_the_series(values):
    known = known_from(np.array(values, float), STEP)
    assert all(place <= source < len(values) for place, source in enumerate(known.tolist()))


@pytest.mark.parametrize(
    ("values", "step"), [([1.0, 2.0], 1.0), ([0.1, 2.0], 0.1), ([1.234, np.nan], 0.001), ([], 1.0)]
)
def test_the_resolution_is_that_of_the_written_decimals(values, step):
    assert resolution(np.array(values, float)) == pytest.approx(step)
