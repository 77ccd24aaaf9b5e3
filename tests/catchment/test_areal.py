import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.catchment.areal import areal_mean
from pipeline.catchment.weights import from_table
from pipeline.errors import SchemaError

STATIONS = ["s0", "s1", "s2", "s3"]
MM = st.floats(0.0, 300.0) | st.just(float("nan"))


@st.composite
def weighted(draw):
    """Return weights of up to five villages over four stations."""
    table = {}
    for village in range(draw(st.integers(1, 5))):
        shares = np.array(draw(st.lists(st.integers(0, 9), min_size=4, max_size=4)), float)
        if shares.sum():
            parts = shares / shares.sum()
            table[f"v{village}"] = {s: p for s, p in zip(STATIONS, parts, strict=True) if p}
    return from_table(table, [f"v{i}" for i in range(5)], STATIONS)


def rain(steps):
    return hnp.arrays(float, st.tuples(steps, st.just(4)), elements=MM)


@given(rain(st.integers(1, 9)), weighted())
def test_areal_rain_lies_within_what_its_sources_saw(values, weights):
    mean, coverage = areal_mean(values, weights)
    for village in range(weights.n_villages):
        own = weights.indices[weights.indptr[village] : weights.indptr[village + 1]]
        for step, row in enumerate(values[:, own]):
            if coverage[step, village] == 0:
                assert np.isnan(mean[step, village])
                assert np.isnan(row).all()
            else:
                low, high = np.nanmin(row), np.nanmax(row)
                assert low - 1e-9 <= mean[step, village] <= high + 1e-9


@given(rain(st.integers(1, 9)), weighted())
def test_coverage_is_the_share_of_weight_that_was_seen(values, weights):
    _, coverage = areal_mean(values, weights)
    for village in range(weights.n_villages):
        entries = slice(weights.indptr[village], weights.indptr[village + 1])
        seen = ~np.isnan(values[:, weights.indices[entries]])
        assert coverage[:, village] == pytest.approx(seen @ weights.data[entries], abs=1e-6)
    assert ((coverage >= 0) & (coverage <= 1)).all()


@given(rain(st.integers(1, 9)), weighted())
def test_a_block_of_steps_is_the_steps_one_by_one_to_the_last_bit(values, weights):
    block = areal_mean(values, weights)
    single = [areal_mean(values[[step]], weights) for step in range(len(values))]
    for part in range(2):
        assert block[part].tobytes() == np.concatenate([one[part] for one in single]).tobytes()


@given(rain(st.integers(1, 4)), weighted(), st.floats(0.0, 50.0))
def test_more_rain_anywhere_never_lowers_the_mean(values, weights, more):
    before, coverage = areal_mean(values, weights)
    after, same = areal_mean(values + more, weights)
    assert np.array_equal(coverage, same)
    seen = coverage > 0
    assert (after[seen] >= before[seen] - 1e-9).all()


def test_what_was_not_seen_is_left_out_and_not_counted_as_dry():
    weights = from_table({"v": {"s0": 0.5, "s1": 0.5}}, ["v"], STATIONS)
    mean, coverage = areal_mean(np.array([[8.0, np.nan, 0.0, 0.0], [np.nan] * 4]), weights)
    assert mean[0, 0] == 8.0
    assert np.isnan(mean[1, 0])
    assert coverage[:, 0].tolist() == [0.5, 0.0]


def test_a_catchment_seen_whole_has_coverage_one():
    many = [f"s{i}" for i in range(383)]
    weights = from_table({"v": dict.fromkeys(many, 1 / 383)}, ["v"], many)
    assert areal_mean(np.ones((1, 383)), weights)[1].tolist() == [[1.0]]


def test_values_must_have_one_column_for_each_source():
    weights = from_table({}, ["v"], STATIONS)
    with pytest.raises(SchemaError):
        areal_mean(np.ones((2, 3)), weights)
