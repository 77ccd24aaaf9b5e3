"""A fault spoils what it says it spoils, in its span and station, the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.quality.injected_faults import GAP, faults, injected
from tests.quality.networks import network

STEPS = 120
SPAN = slice(40, 70)
STATION = 1


def flood():
    rise = np.linspace(0, np.pi, STEPS)
    values = np.round(np.sin(rise)[:, None] * np.array([3.0, 5.0, 2.0]) + 1.0, 2)
    values[::7] = 0.0
    return network([0, 1, 2], [0, 0, 0], values, interval_s=3600)


def put(fault, seed=1, block=None):
    return injected(fault, block or flood(), STATION, SPAN, np.random.default_rng(seed))


EVERY = sorted({*faults(of_sums=True), *faults(of_sums=False)})


@pytest.mark.parametrize("fault", EVERY)
@given(seed=st.integers(0, 1000))
def test_a_fault_spoils_some_reading_of_its_station_in_its_span(fault, seed):
    clean, found = flood(), put(fault, seed)
    changed = ~np.isclose(found.block.values, clean.values, equal_nan=True)
    assert found.spoiled.any()
    assert not changed[:, [0, 2]].any()
    assert not found.spoiled[:, [0, 2]].any()
    assert not changed[: SPAN.start].any()
    assert not changed[SPAN.stop :].any()
    assert not found.spoiled[: SPAN.start].any()
    assert not found.spoiled[SPAN.stop + 1 :].any()


@pytest.mark.parametrize("fault", EVERY)
def test_equal_seeds_make_equal_faults_and_leave_the_block_as_it_was(fault):
    block = flood()
    before = block.values.copy()
    one, other = put(fault, 7, block), put(fault, 7, block)
    np.testing.assert_array_equal(one.block.values, other.block.values)
    np.testing.assert_array_equal(block.values, before)


@pytest.mark.parametrize("fault", [f for f in EVERY if f not in {GAP, "clock skew"}])
@given(seed=st.integers(0, 100))
def test_what_is_not_spoiled_is_as_it_was(fault, seed):
    clean, found = flood(), put(fault, seed)
    same = found.block.values == clean.values
    assert (same | found.spoiled).all()


def test_of_a_gap_the_first_reading_after_it_is_to_be_marked():
    found = put(GAP)
    assert np.isnan(found.block.values[SPAN, STATION]).all()
    assert np.flatnonzero(found.spoiled[:, STATION]).tolist() == [SPAN.stop]


@given(st.integers(0, 100))
def test_a_fast_clock_stamps_readings_after_they_arrived(seed):
    clean, found = flood(), put("clock skew", seed)
    early = clean.latency_min[SPAN, STATION] - found.block.latency_min[SPAN, STATION]
    late = round(early[-1] / 60)
    assert 1 <= late <= 6
    np.testing.assert_array_equal(
        found.block.values[SPAN.start + late : SPAN.stop, STATION],
        clean.values[SPAN.start : SPAN.stop - late, STATION],
    )
