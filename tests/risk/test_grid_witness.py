"""In a cycle the grids that were known speak for or against a gauge that has nobody near it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.bulletin import DataState, RiskLevel, VillageRisk
from pipeline.risk.judgement import judge
from pipeline.risk.site_arrays import SiteArrays
from pipeline.site.model import Check, RiskConfig
from pipeline.site.rain_cells import RainCells
from pipeline.units import Variable
from tests.quality.rules import rule
from tests.risk.small_site import DELAY, HOUR, NOON, WINDOW_H, Weather, bulletin, gauge_config

NAN = float("nan")
BURST = rule(Check.LONE_BURST, Variable.RAIN, neighbours=1)
OVER = RainCells(grid_id="radar", shape=(2, 2), stations=("R1", "R2"), cells=(0, 3))
RULED = gauge_config().model_copy(update={"quality": (BURST,)})
UNDER_RADAR = SiteArrays.of(RULED.model_copy(update={"rain_cells": OVER}))
WITHOUT = SiteArrays.of(RULED)


def storm(*over: float, known: timedelta = DELAY, mm: float = 90.0) -> Weather:
    """Return a dry window, a burst at R1 at noon, and what the radar told of the last hours."""
    weather = Weather()
    for back in range(1, WINDOW_H):
        for gauge in ("R1", "R2"):
            weather.point(gauge, NOON - back * HOUR, 0.0)
    for back in range(12):
        weather.point("H", NOON - back * HOUR, 0.2)
    weather.point("R1", NOON, mm)
    weather.point("R2", NOON, 0.0)
    for back, r1 in enumerate(over):
        weather.rain(NOON - back * HOUR, r1, 0.0, 0.0, 0.0, known=NOON - back * HOUR + known)
    return weather


def upper(weather: Weather, site: SiteArrays = UNDER_RADAR) -> VillageRisk:
    return bulletin(weather, site=site).of("upper")


def test_a_burst_that_no_station_and_no_grid_knows_of_raises_nobody_and_is_not_seen():
    found = upper(storm(0.0, 0.0))
    assert (found.level, found.data_state) == (RiskLevel.NONE, DataState.BLIND)


def test_the_same_burst_with_rain_in_the_cell_above_it_raises():
    assert upper(storm(12.0, 0.0)).level == RiskLevel.RED


@pytest.mark.parametrize("over", [(), (NAN, NAN)])
def test_where_the_grid_saw_nothing_the_gauge_is_judged_as_without_it(over):
    with_it, without = (bulletin(storm(*over), site=s) for s in (UNDER_RADAR, WITHOUT))
    assert with_it.of("upper").level == RiskLevel.RED
    assert with_it.details == without.details


def test_a_grid_that_did_not_see_the_hour_itself_doubts_the_burst_and_rejects_nothing():
    assert upper(storm(NAN, 0.0)).level == RiskLevel.RED


@pytest.mark.parametrize(("known", "level"), [(DELAY, 0), (DELAY + timedelta(seconds=1), 4)])
def test_a_grid_known_after_the_cutoff_is_no_witness(known, level):
    assert upper(storm(0.0, 0.0, known=known)).level == level


def test_without_the_cells_in_its_configuration_a_site_asks_no_grid():
    assert upper(storm(0.0, 0.0), WITHOUT).level == RiskLevel.RED


def test_what_no_rule_asks_is_not_in_the_bytes_of_a_configuration():
    assert b"rain_cells" not in RULED.to_bytes()
    kept = RiskConfig.model_validate_json(UNDER_RADAR.config.to_bytes())
    assert kept.rain_cells == OVER


cells = st.one_of(st.just(NAN), st.sampled_from([0.0, 4.0, 40.0]))


@given(st.lists(cells, max_size=5), st.randoms(use_true_random=False))
def test_cycles_in_a_block_and_grids_in_any_order_give_the_same_bytes(over, chance):
    weather = storm(*over)
    slots = [NOON - back * HOUR for back in (2, 1, 0)]
    cycles = [weather.cycle(UNDER_RADAR, slot) for slot in slots]
    block = [b.to_bytes() for b in judge(cycles, UNDER_RADAR, code_version="test")]
    weather.mixed(chance.shuffle)
    alone = [bulletin(weather, slot, site=UNDER_RADAR).to_bytes() for slot in slots]
    assert alone == block
