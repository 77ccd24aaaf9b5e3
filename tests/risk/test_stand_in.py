"""Where the rain grid saw less, gauges stand in for it; what they tell counts half."""

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from pipeline.bulletin import DataState, Indicator, RiskLevel
from pipeline.risk.judgement import judge
from pipeline.risk.site_arrays import SiteArrays
from tests.risk.small_site import (
    HOUR,
    NOON,
    WINDOW_H,
    Weather,
    bulletin,
    config,
    dry,
    gauge_config,
    threshold,
)

OF_GAUGES = gauge_config()
SITE = SiteArrays.of(
    config(
        stations=OF_GAUGES.stations, stand_in=OF_GAUGES.weights,
        feeds=(*config().feeds, OF_GAUGES.feeds[0]),
    )
)  # fmt: skip
WITHOUT = SiteArrays.of(config(stations=OF_GAUGES.stations, feeds=SITE.config.feeds))
RED_MM = threshold(4, 1)


def dead_radar(hours: int, **gauges: float) -> Weather:
    """Return a dry day whose last hours only the gauges saw, each with its rain of every hour."""
    made = dry(Weather(), NOON - hours * HOUR, WINDOW_H)
    for back in range(12):
        made.point("H", NOON - back * HOUR, 0.2)
    for back in range(hours):
        for name, mm in gauges.items():
            made.point(name, NOON - back * HOUR, mm)
    return made


def rain_of(found, village="upper"):
    return [e for e in found.of(village).evidence if e.indicator is Indicator.RAIN]


def test_gauges_stand_in_for_a_dead_radar_and_are_named():
    weather = dead_radar(2, R1=RED_MM, R2=0.0)
    found = bulletin(weather, site=SITE)
    assert found.of("upper").level is RiskLevel.RED
    assert found.of("upper").data_state is DataState.DEGRADED
    names = {e.duration_h: e.station_id for e in rain_of(found)}
    assert names == {1: "R1", 3: "radar+R1", 6: "radar+R1"}
    assert bulletin(weather, site=WITHOUT).of("upper").level is RiskLevel.NONE


def test_the_grid_speaks_for_every_hour_that_it_saw_whole():
    weather = dead_radar(0)
    weather.point("R1", NOON, RED_MM)
    found = bulletin(weather, site=SITE)
    assert found.of("upper").level is RiskLevel.NONE
    assert found.data_states == bulletin(weather, site=WITHOUT).data_states
    weather.rain(NOON, threshold(2, 1))
    assert {e.station_id for e in rain_of(bulletin(weather, site=SITE))} == {"radar"}


def test_a_catchment_that_the_grid_saw_in_part_is_taken_from_whoever_saw_more():
    weather = dead_radar(1, R1=threshold(3, 1), R2=threshold(3, 1))
    weather.rain(NOON, float("nan"), float("nan"), float("nan"), 0.0)
    found = bulletin(weather, site=SITE)
    assert found.of("lower").level is RiskLevel.ORANGE
    seen_by_three = dead_radar(1, R1=threshold(3, 1), R2=threshold(3, 1))
    seen_by_three.rain(NOON, float("nan"), 0.0, 0.0, 0.0)
    assert bulletin(seen_by_three, site=SITE).of("lower").level is RiskLevel.NONE


def test_the_grid_is_as_old_as_it_is_though_gauges_are_fresh():
    found = bulletin(dead_radar(5, R1=0.0, R2=0.0), site=SITE)
    (grid,) = [f for f in found.freshness if f.station_id == "radar"]
    assert (grid.newest, grid.state) == (NOON - 5 * HOUR, "silent")


@hypothesis.settings(max_examples=25)
@given(st.lists(st.floats(0, 50), min_size=6, max_size=6), st.floats(0, 50), st.integers(0, 5))
def test_more_rain_in_a_gauge_that_stands_in_never_lowers_a_level(falls, more, hour):
    wetter = [*falls]
    wetter[hour] += more
    levels = []
    for fall in (falls, wetter):
        weather = dead_radar(6)
        for back, mm in enumerate(fall):
            weather.point("R1", NOON - back * HOUR, mm)
        levels.append(bulletin(weather, site=SITE).levels)
    assert all(a <= b for a, b in zip(*levels, strict=True))


def test_a_block_gives_the_bytes_of_its_cycles_while_a_radar_comes_and_goes():
    weather = dead_radar(6, R1=12.0, R2=3.0)
    weather.rain(NOON - 4 * HOUR, 1.0)
    cycles = weather.cycles(SITE, [NOON - back * HOUR for back in range(8, -1, -1)])
    together = [b.to_bytes() for b in judge(cycles, SITE, code_version="")]
    alone = [next(judge([one], SITE, code_version="")).to_bytes() for one in cycles]
    assert together == alone
