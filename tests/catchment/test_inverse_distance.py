"""Stations stand for a village by their distance, and what is silent leaves its share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.catchment.areal import areal_mean
from pipeline.catchment.inverse_distance import apart_with_climb, by_inverse_distance

distances = hnp.arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 8)),
                       elements=st.floats(0, 60) | st.just(float("nan")))  # fmt: skip


@given(distances, st.integers(1, 5))
def test_rows_sum_to_one_over_the_nearest_within_reach(apart, nearest):
    weights = by_inverse_distance(apart, nearest=nearest, within_km=30.0)
    for village, (begin, end) in enumerate(zip(weights.indptr, weights.indptr[1:], strict=False)):
        own, share = weights.indices[begin:end], weights.data[begin:end]
        within = np.flatnonzero(apart[village] <= 30.0)
        assert len(own) == min(nearest, len(within))
        if len(own):
            assert share.sum() == pytest.approx(1.0)
            left_out = np.setdiff1d(within, own)
            assert apart[village, own].max() <= apart[village, left_out].min(initial=np.inf)
            order = np.argsort(apart[village, own], kind="stable")
            assert (np.diff(share[order]) <= 1e-12).all()


@given(distances.filter(lambda a: (a <= 30).any(axis=1).all()), st.data())
def test_the_mean_without_a_silent_station_is_that_of_weights_made_without_it(apart, data):
    n = apart.shape[1]
    said = data.draw(hnp.arrays(float, (1, n), elements=st.floats(0, 90)))
    silent = data.draw(st.integers(0, n - 1))
    weights = by_inverse_distance(apart, nearest=n, within_km=30.0)
    heard = said.copy()
    heard[0, silent] = np.nan
    mean, coverage = areal_mean(heard, weights)
    others = apart.copy()
    others[:, silent] = np.nan
    anew, _ = areal_mean(said, by_inverse_distance(others, nearest=n, within_km=30.0))
    assert np.allclose(mean, anew, equal_nan=True, atol=1e-9)
    lost = np.flatnonzero(weights.indices == silent)
    village = np.searchsorted(weights.indptr, lost, side="right") - 1
    whole = np.ones(len(apart))
    whole[village] -= weights.data[lost]
    assert coverage[0] == pytest.approx(whole, abs=1e-6)


def test_a_station_twice_as_far_weighs_a_quarter():
    weights = by_inverse_distance(np.array([[2.0, 4.0, 50.0]]), nearest=4, within_km=30.0)
    assert weights.data.tolist() == pytest.approx([0.8, 0.2])


def test_a_hundred_metres_of_climb_count_as_a_kilometre_and_an_unknown_climb_as_none():
    apart = apart_with_climb(np.array([[3.0, 3.0, 3.0]]), np.array([[400.0, -400.0, np.nan]]))
    assert apart.tolist() == [[5.0, 5.0, 3.0]]
