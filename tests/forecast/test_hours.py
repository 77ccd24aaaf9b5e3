"""Rain of any intervals becomes rain of hours, and none of it is lost or made."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.forecast.hours import apart, hours_ahead

AHEAD = 12
ends = st.lists(st.sampled_from([0.25, 0.5, 1.0, 3.0]), min_size=1, max_size=12)
depths = st.lists(st.floats(0, 80), min_size=12, max_size=12)


@given(ends, depths, st.floats(-3, 0))
def test_rain_ahead_keeps_its_sum(lengths, depths, begin):
    to_h = begin + np.cumsum(lengths)
    from_h, mm = to_h - lengths, np.array(depths[: len(lengths)])[:, None]
    inside = np.clip(np.minimum(to_h, AHEAD) - np.maximum(from_h, 0.0), 0.0, None) / (to_h - from_h)
    found = hours_ahead(mm, from_h, to_h, ahead=AHEAD)
    assert found.shape == (AHEAD, 1)
    assert np.allclose(found.sum(), (inside * mm[:, 0]).sum())
    assert (found >= 0).all()


def test_hourly_rain_stays_what_it_is_and_what_is_not_foreseen_adds_nothing():
    mm = np.array([[1.0], [np.nan], [3.0]])
    found = hours_ahead(mm, np.array([0.0, 1, 2]), np.array([1.0, 2, 3]), ahead=4)
    assert found[:, 0].tolist() == [1.0, 0.0, 3.0, 0.0]


@given(depths, st.permutations(range(12)))
def test_sums_since_the_beginning_of_a_run_are_the_rain_between_their_ends(fall, order):
    mm, to_h = np.array(fall)[:, None], np.arange(1.0, 13.0)
    hourly = apart(mm, to_h - 1, to_h)
    total = apart(mm.cumsum(axis=0)[order], np.zeros(12), to_h[order])
    assert np.allclose(*(hours_ahead(*each, ahead=12) for each in (hourly, total)))


def test_three_hours_fall_evenly():
    found = hours_ahead(np.array([[9.0]]), np.array([-1.0]), np.array([2.0]), ahead=3)
    assert np.allclose(found[:, 0], [3.0, 3.0, 0.0])
