"""Rain that nothing around a station knows of is rejected; a convective core is kept."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.observation import QcFlag
from pipeline.quality.convective_field import convective_field
from pipeline.quality.lone_burst import FACTOR, lone_burst
from pipeline.quality.record_rain import record_mm
from pipeline.site.model import Check
from tests.quality.networks import STEP_S, moving_core, network, ring, rule

RULE = rule(Check.LONE_BURST, suspect=5.0, fail=15.0)
KEEN = rule(Check.LONE_BURST, suspect=1.0, fail=3.0)
STEPS = 40
AT = 20
GOOD, UNKNOWN, SUSPECT, FAIL, MISSING = (
    QcFlag.GOOD, QcFlag.UNKNOWN, QcFlag.SUSPECT, QcFlag.FAIL, QcFlag.MISSING,
)  # fmt: skip


def dry(stations: int, steps: int = STEPS) -> np.ndarray:
    return np.zeros((steps, stations))


def burst(amount: float, neighbours: int) -> np.ndarray:
    values = dry(neighbours + 1)
    values[AT, 0] = amount
    return values


@given(st.floats(15.1, 1e4), st.integers(3, 8), st.floats(0.5, 9.0))
def test_one_step_of_rain_among_dry_neighbours_is_rejected(amount, neighbours, radius_km):
    flags = lone_burst(ring(neighbours, burst(amount, neighbours), radius_km), RULE)
    assert flags[AT, 0] == FAIL
    assert (np.delete(flags[:, 0], AT) == GOOD).all()
    assert np.isin(flags[:, 1:], [GOOD, UNKNOWN]).all()


@given(st.integers(0, 2), st.floats(5.1, 1e4))
def test_a_station_with_too_few_neighbours_is_not_judged(neighbours, amount):
    assert (lone_burst(ring(neighbours, burst(amount, neighbours)), RULE) == UNKNOWN).all()


@given(st.integers(3, 8), st.floats(5.1, 1e4))
def test_with_everything_missing_around_nothing_is_rejected(neighbours, amount):
    values = burst(amount, neighbours)
    values[:, 1:] = np.nan
    flags = lone_burst(ring(neighbours, values), RULE)
    assert (flags[:, 0] == UNKNOWN).all()
    assert (flags[:, 1:] == MISSING).all()


@given(
    peak_mm=st.floats(5.2, 30.0),
    width_km=st.floats(2.5, 5.0),
    speed_km=st.floats(0.0, 4.0),
    course=st.floats(0.0, 2 * np.pi),
    spacing_km=st.floats(3.0, 5.0),
)
def test_a_core_as_wide_as_the_network_is_spaced_is_kept_as_it_moves_across(
    peak_mm, width_km, speed_km, course, spacing_km
):
    east, north = (axis.ravel() * spacing_km for axis in np.mgrid[-2:3, -2:3])
    values = moving_core(
        STEPS, east, north, peak_mm=peak_mm, width_km=width_km, speed_km=speed_km, course=course,
        start=AT,
    )  # fmt: skip
    flags = lone_burst(network(east, north, values), RULE)
    assert not (flags == FAIL).any()
    assert (flags[:, 12] == GOOD).all()


@pytest.mark.parametrize("steps", [[2.0, 9.0, 20.0, 11.0, 3.0], [6.0, 18.0, 4.0]])
def test_a_lone_burst_that_rises_and_decays_is_doubted_and_not_rejected(steps):
    values = dry(6)
    values[AT : AT + len(steps), 0] = steps
    flags = lone_burst(ring(5, values), RULE)
    assert flags[AT + np.argmax(steps), 0] == SUSPECT
    assert not (flags == FAIL).any()


def test_the_same_amount_step_after_step_does_not_rise_and_decay():
    values = dry(6)
    values[AT : AT + 6, 0] = 20.0
    assert (lone_burst(ring(5, values), RULE)[AT : AT + 6, 0] == FAIL).all()


def test_a_missing_step_beside_a_burst_may_have_been_rain():
    values = burst(20.0, 5)
    values[[AT - 1, AT + 1], 0] = np.nan
    assert lone_burst(ring(5, values), RULE)[AT, 0] == SUSPECT


def test_above_the_record_of_the_world_no_form_helps():
    values = dry(6)
    values[AT : AT + 3, 0] = [40.0, record_mm(STEP_S) + 1.0, 40.0]
    assert lone_burst(ring(5, values), RULE)[AT : AT + 3, 0].tolist() == [SUSPECT, FAIL, SUSPECT]


def test_the_newest_step_is_not_rejected_before_the_neighbours_have_spoken_after_it():
    values = burst(20.0, 5)
    assert lone_burst(ring(5, values[: AT + 1]), RULE)[AT, 0] == SUSPECT
    assert lone_burst(ring(5, values[: AT + 2]), RULE)[AT, 0] == FAIL


@given(st.integers(-12, 12), st.floats(20.0 / FACTOR + 0.1, 20.0))
def test_a_neighbour_that_was_wet_within_the_hour_speaks_for_a_burst(steps_later, amount):
    values = burst(20.0, 5)
    values[AT + steps_later, 3] = amount
    flags = lone_burst(ring(5, values), RULE)
    assert flags[AT, 0] == GOOD


def test_rain_far_off_or_hours_ago_does_not_speak_for_a_burst():
    values = burst(20.0, 6)
    values[0, 3] = 20.0
    values[AT, 6] = 20.0
    angle = np.arange(5)
    east = [0, *4 * np.cos(angle), 60]
    north = [0, *4 * np.sin(angle), 0]
    assert lone_burst(network(east, north, values), RULE)[AT, 0] == FAIL


def test_a_station_on_the_mountain_says_nothing_of_the_valley():
    values = burst(20.0, 5)
    valley = ring(5, values, heights=[300, 900, 900, 900, 900, 900])
    assert lone_burst(valley, RULE)[AT, 0] == UNKNOWN
    assert lone_burst(replace(valley, elevation_m=np.full(6, 300.0)), RULE)[AT, 0] == FAIL


def test_without_a_position_there_is_no_neighbour():
    block = ring(5, burst(20.0, 5))
    nowhere = replace(block, lon=np.full(6, np.nan))
    assert (lone_burst(nowhere, RULE) == UNKNOWN).all()


def test_a_second_feed_of_the_same_station_is_no_witness():
    block = ring(3, burst(20.0, 3))
    assert lone_burst(block, RULE)[AT, 0] == FAIL
    twice = replace(block, stations=("S0", "S0", "S2", "S3"))
    assert lone_burst(twice, RULE)[AT, 0] == UNKNOWN


def test_a_neighbour_that_three_feeds_tell_of_is_one_witness():
    block = replace(ring(3, burst(20.0, 3)), stations=("S0", "S1", "S1", "S1"))
    assert lone_burst(block, RULE)[AT, 0] == UNKNOWN
    alone = rule(Check.LONE_BURST, suspect=5.0, fail=15.0, neighbours=1)
    assert lone_burst(block, alone)[AT, 0] == FAIL


def test_the_grid_over_a_station_is_a_witness_for_and_against():
    block = ring(2, burst(20.0, 2))
    assert lone_burst(replace(block, grid=dry(3)), RULE)[AT, 0] == FAIL
    seen = dry(3)
    seen[AT + 3] = 3.0
    assert lone_burst(replace(block, grid=seen), RULE)[AT, 0] == GOOD
    assert lone_burst(replace(block, grid=np.full((STEPS, 3), np.nan)), RULE)[AT, 0] == UNKNOWN


def test_an_hour_is_rejected_as_it_comes_once_its_neighbours_have_spoken_of_it():
    hourly = rule(Check.LONE_BURST, suspect=20.0, fail=120.0, window_min=60)
    values = burst(150.0, 5)[: AT + 1]
    assert lone_burst(ring(5, values, interval_s=3600), hourly)[AT, 0] == FAIL
    values[AT, 2:] = np.nan
    assert lone_burst(ring(5, values, interval_s=3600), hourly)[AT, 0] == SUSPECT


def test_an_hour_is_too_long_to_show_its_form_so_the_amount_decides():
    hourly = rule(Check.LONE_BURST, suspect=20.0, fail=120.0, window_min=60)
    values = dry(6)
    values[AT, 0], values[AT + 10, 0] = 80.0, 150.0
    flags = lone_burst(ring(5, values, interval_s=3600), hourly)
    assert flags[AT, 0] == SUSPECT
    assert flags[AT + 10, 0] == FAIL


amount = st.sampled_from([0.0, 0.0, 0.0, 0.2, 1.0, 6.0, 20.0, 90.0, np.nan])
rain = st.lists(st.lists(amount, min_size=7, max_size=7), min_size=6, max_size=12)
places = st.lists(st.tuples(st.floats(-8, 8), st.floats(-8, 8)), min_size=7, max_size=7)


@given(rain, places, st.permutations(range(7)))
def test_the_order_of_stations_changes_no_flag(values, where, order):
    block = network(*zip(*where, strict=True), values)
    shuffled = network(*zip(*[where[i] for i in order], strict=True), np.array(values)[:, order])
    assert (lone_burst(shuffled, RULE) == lone_burst(block, RULE)[:, order]).all()


@given(rain, places)
def test_another_wet_station_never_turns_a_good_one_into_a_failed_one(values, where):
    values = np.array(values)
    before = lone_burst(network(*zip(*where[:-1], strict=True), values[:, :-1]), RULE)
    after = lone_burst(network(*zip(*where, strict=True), values), RULE)[:, :-1]
    assert not ((before == GOOD) & (after == FAIL)).any()


@given(rain, st.data())
def test_never_are_all_the_stations_of_a_storm_rejected(values, data):
    values = np.nan_to_num(np.array(values))
    values[3, data.draw(st.lists(st.integers(0, 6), min_size=2, unique=True))] = 30.0
    flags = lone_burst(ring(6, values, radius_km=4.0), RULE)
    wet = values[3] > 0
    assert not (flags[3, wet] == FAIL).all()


@pytest.mark.parametrize("seed", range(8))
def test_a_day_of_synthetic_cells_is_kept_with_and_without_a_grid(seed):
    block = convective_field(seed)
    assert block.values.max() > KEEN.suspect
    for each in (block, replace(block, grid=None)):
        assert not (lone_burst(each, KEEN) == FAIL).any()
