"""A factor between two units is named, and a storm or a flood is not taken for one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.observation import QcFlag
from pipeline.quality.convective_field import convective_field
from pipeline.quality.wrong_unit import unit_factors, wrong_unit
from pipeline.site.model import Check, QualityRule
from pipeline.units import Variable
from tests.quality.networks import network, ring, rule

RAIN = rule(Check.WRONG_UNIT, suspect=20.0)
STAGE = QualityRule(
    check=Check.WRONG_UNIT, variable=Variable.STAGE, unit="m", source="a test", above=0.05,
    window_min=180,
)  # fmt: skip
STEPS = 60


def storm(stations: int) -> np.ndarray:
    shape = 4.0 * np.sin(np.linspace(0, np.pi, STEPS)) ** 2
    return np.round(shape[:, None] * np.linspace(0.8, 1.2, stations), 1)


def stage(values):
    return network([0.0], [0.0], np.array(values, float)[:, None])


@pytest.mark.parametrize("factor", [10.0, 25.4, 1000.0, 1 / 10.0, 1 / 25.4])
@given(neighbours=st.integers(3, 7))
def test_the_factor_of_a_rain_station_is_named(factor, neighbours):
    values = storm(neighbours + 1)
    values[:, 0] *= factor
    block = ring(neighbours, values)
    factors = unit_factors(block, RAIN)
    assert factors[-1, 0] == pytest.approx(factor)
    assert wrong_unit(block, RAIN)[-9, 0] == QcFlag.SUSPECT
    assert (factors[-1, 1:][~np.isnan(factors[-1, 1:])] == 1.0).all()


@given(st.floats(0.3, 4.0), st.integers(3, 7))
def test_a_station_that_catches_more_or_less_of_a_storm_is_right(share, neighbours):
    values = storm(neighbours + 1)
    values[:, 0] *= share
    flags = wrong_unit(ring(neighbours, values), RAIN)
    assert not (flags == QcFlag.SUSPECT).any()


def test_a_burst_is_not_a_unit():
    values = storm(6)
    values[30, 0] = 10 * values[:, 1].sum()
    assert not (wrong_unit(ring(5, values), RAIN)[:, 0] == QcFlag.SUSPECT).any()


def test_without_a_storm_or_without_neighbours_nothing_is_said():
    values = storm(6) * 0.05
    values[:, 0] *= 10
    assert np.isnan(unit_factors(ring(5, values), RAIN)[:, 0]).all()
    alone = storm(3)
    alone[:, 0] *= 10
    assert (wrong_unit(ring(2, alone), RAIN) == QcFlag.UNKNOWN).all()


@pytest.mark.parametrize("seed", range(6))
def test_a_day_of_synthetic_cells_is_in_millimetres(seed):
    assert not (wrong_unit(convective_field(seed), RAIN) == QcFlag.SUSPECT).any()


@pytest.mark.parametrize("factor", [100.0, 1000.0, 3.28084, 1 / 100.0, 1 / 1000.0, 1 / 3.28084])
@given(levels=st.lists(st.floats(-0.02, 0.02), min_size=12, max_size=12))
def test_the_factor_of_a_stage_is_named_from_its_jump_to_its_return(factor, levels):
    values = np.exp(np.cumsum(levels)) * 80.0
    values[5:9] *= factor
    factors = unit_factors(stage(values), STAGE)[:, 0]
    assert factors[1:5] == pytest.approx(1.0)
    assert factors[5:9] == pytest.approx(factor)
    assert factors[9:] == pytest.approx(1.0)
    flags = wrong_unit(stage(values), STAGE)[:, 0]
    assert (flags[5:9] == QcFlag.SUSPECT).all()
    assert (flags[9:] == QcFlag.GOOD).all()


@given(st.lists(st.floats(0.5, 3.1), min_size=2, max_size=30))
def test_a_river_that_does_not_jump_by_a_factor_is_right(rates):
    values = np.cumprod(rates)
    ratios = values[1:] / values[:-1]
    near_feet = np.abs(np.log(ratios) - np.log(1 / 3.28084)) < 0.06
    if not near_feet.any():
        assert not (wrong_unit(stage(values), STAGE) == QcFlag.SUSPECT).any()


def test_a_river_that_trebles_in_a_step_is_doubted_only_until_it_has_fallen():
    values = [1.0, 1.0, 3.3, 3.1, 2.6, 2.0, 1.7, 1.5, 1.3]
    flags = wrong_unit(stage(values), STAGE)[:, 0]
    assert (flags[2:6] == QcFlag.SUSPECT).all()
    assert (flags[6:] == QcFlag.GOOD).all()


def test_a_level_at_or_below_zero_has_no_ratio():
    flags = wrong_unit(stage([1.0, 0.0, -2.0, 1.0, np.nan]), STAGE)[:, 0]
    assert flags.tolist() == [
        QcFlag.UNKNOWN, QcFlag.UNKNOWN, QcFlag.UNKNOWN, QcFlag.GOOD, QcFlag.MISSING,
    ]  # fmt: skip


def test_a_silence_longer_than_the_window_ends_what_was_known():
    values = np.full(60, np.nan)
    values[[0, 1, 2, 50, 51]] = [1.0, 1.0, 1.0, 100.0, 100.0]
    factors = unit_factors(stage(values), STAGE)[:, 0]
    assert np.isnan(factors[50])
    assert factors[51] == 1.0


def test_a_grid_is_no_neighbour_whose_storm_a_station_is_held_against():
    values = storm(1) * 10.0
    alone = network([0.0], [0.0], values, grid=storm(1))
    asking = rule(Check.WRONG_UNIT, suspect=20.0, neighbours=1)
    assert (wrong_unit(alone, asking) == QcFlag.UNKNOWN).all()
