"""A station alone dry in a storm is doubted; one in a gap between showers is believed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.observation import QcFlag
from pipeline.quality.convective_field import convective_field
from pipeline.quality.faulty_zero import faulty_zero
from pipeline.site.model import Check
from tests.quality.networks import network, ring, rule

RULE = rule(Check.FAULTY_ZERO, suspect=10.0, fail=30.0)
STEPS = 40
STORM = slice(10, 30)


def storm(stations: int, mm: float) -> np.ndarray:
    values = np.zeros((STEPS, stations))
    values[STORM] = mm
    return values


def with_dead_bucket(stations: int, mm: float) -> np.ndarray:
    values = storm(stations, mm)
    values[:, 0] = 0.0
    return values


@given(st.integers(3, 8))
def test_alone_dry_in_a_storm_is_doubted_and_in_a_great_one_rejected(neighbours):
    doubted = faulty_zero(ring(neighbours, with_dead_bucket(neighbours + 1, 1.0)), RULE)
    rejected = faulty_zero(ring(neighbours, with_dead_bucket(neighbours + 1, 4.0)), RULE)
    assert (doubted[STORM, 0] == QcFlag.SUSPECT).all()
    assert (rejected[STORM, 0] == QcFlag.FAIL).all()
    assert (rejected[:, 1:] <= QcFlag.UNKNOWN).all()
    assert rejected[0, 0] == QcFlag.GOOD


def test_the_storm_has_to_have_fallen_before_it_is_missed():
    values = with_dead_bucket(6, 1.0)[: STORM.start + 5]
    assert (faulty_zero(ring(5, values), RULE) == QcFlag.GOOD).all()


def test_two_dry_among_five_may_stand_between_two_cells():
    values = with_dead_bucket(6, 4.0)
    values[:, 1:3] = 0.0
    assert (faulty_zero(ring(5, values), RULE) == QcFlag.GOOD).all()


def test_one_tip_within_the_hour_shows_that_the_bucket_moves():
    values = with_dead_bucket(6, 1.0)
    values[8::11, 0] = 0.2
    assert (faulty_zero(ring(5, values), RULE) == QcFlag.GOOD).all()


@given(st.integers(0, 2))
def test_with_too_few_alive_around_nothing_is_judged(alive):
    values = with_dead_bucket(6, 4.0)
    values[:, 1 + alive :] = np.nan
    assert (faulty_zero(ring(5, values), RULE)[:, 0] == QcFlag.UNKNOWN).all()


def test_silence_is_not_a_zero():
    values = with_dead_bucket(6, 4.0)
    values[:, 0] = np.nan
    assert (faulty_zero(ring(5, values), RULE)[:, 0] == QcFlag.MISSING).all()


def test_the_grid_over_a_dry_station_is_a_witness():
    block = ring(2, with_dead_bucket(3, 4.0))
    assert (faulty_zero(block, RULE) == QcFlag.UNKNOWN).all()
    flags = faulty_zero(replace(block, grid=storm(3, 3.0)), RULE)
    assert (flags[STORM, 0] == QcFlag.FAIL).all()


amount = st.sampled_from([0.0, 0.0, 0.2, 6.0, 40.0, np.nan])
rain = st.lists(st.lists(amount, min_size=6, max_size=6), min_size=6, max_size=16)
places = st.lists(st.tuples(st.floats(-8, 8), st.floats(-8, 8)), min_size=6, max_size=6)


@given(rain, places)
def test_rain_is_never_a_faulty_zero(values, where):
    flags = faulty_zero(network(*zip(*where, strict=True), values), RULE)
    wet = np.array(values) > 0
    assert np.isin(flags[wet], [QcFlag.GOOD, QcFlag.UNKNOWN]).all()


@given(rain, places, st.permutations(range(6)))
def test_the_order_of_stations_changes_no_flag(values, where, order):
    block = network(*zip(*where, strict=True), values)
    shuffled = network(*zip(*[where[i] for i in order], strict=True), np.array(values)[:, order])
    assert (faulty_zero(shuffled, RULE) == faulty_zero(block, RULE)[:, order]).all()


@pytest.mark.parametrize("seed", range(8))
def test_no_zero_of_a_day_of_synthetic_cells_is_rejected(seed):
    assert not (faulty_zero(convective_field(seed), RULE) == QcFlag.FAIL).any()
