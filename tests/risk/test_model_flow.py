"""The rainfall-runoff model in the judgement of a village."""

from datetime import timedelta

import pytest

from pipeline.bulletin import DataState, Indicator, RiskLevel
from pipeline.risk.areal_cache import ArealCache
from pipeline.risk.judgement import judge
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.village_case import village_case
from pipeline.site.risk_settings import Wetness
from tests.risk.modelled_site import modelled
from tests.risk.small_site import (
    DURATIONS,
    HOUR,
    NOON,
    Weather,
    bulletin,
    config,
    dry,
    settings,
    thresholds,
)

SITE = SiteArrays.of(modelled())
LONG_H = 24 * 12


def quiet(until=NOON, hours: int = LONG_H) -> Weather:
    return dry(Weather(), until, hours)


def stormy(*fall: float, before: float = 0.0) -> Weather:
    """Return a storm whose last hour ends at noon, on ground that had rain for five days."""
    made = quiet()
    for back in range(24, 144):
        made.rain(NOON - back * HOUR, before)
    for back, mm in enumerate(reversed(fall)):
        made.rain(NOON - back * HOUR, mm)
    return made


def flow(found, village="upper"):
    (one,) = [e for e in found.of(village).evidence if e.indicator is Indicator.MODEL]
    return one


def kinds(found):
    return {e.indicator for e in found.of("upper").evidence}


def test_a_storm_raises_a_village_by_the_flow_that_is_foreseen_and_shows_it():
    found = bulletin(stormy(15.0, 25.0, 30.0), site=SITE)
    one = flow(found)
    assert found.of("upper").level == one.level >= RiskLevel.ORANGE
    assert (one.unit, one.basis, one.station_id) == ("m3/s", "computed", "radar")
    assert one.value is not None
    assert one.threshold == pytest.approx(1.1 * 0.4 * one.level * 10.0)
    assert one.value >= one.threshold
    assert one.valid_time == NOON


def test_the_same_rain_is_told_apart_by_what_fell_in_the_days_before():
    on_dry, on_wet = (
        bulletin(stormy(10.0, 12.0, 12.0, before=mm), site=SITE).of("upper") for mm in (0.0, 1.2)
    )
    assert on_dry.level < on_wet.level
    assert Indicator.MODEL in {e.indicator for e in on_wet.evidence}


def test_computed_thresholds_yield_to_the_model_and_others_stay():
    wet = stormy(15.0, 25.0, 30.0)
    assert kinds(bulletin(wet)) == {Indicator.RAIN}
    assert kinds(bulletin(wet, site=SITE)) == {Indicator.MODEL}
    by_county = [t.model_copy(update={"basis": "empirical"}) for t in thresholds("upper")]
    site = SiteArrays.of(modelled(thresholds=(*by_county, *thresholds("lower"))))
    assert kinds(bulletin(wet, site=site)) == {Indicator.MODEL, Indicator.RAIN}


def test_where_the_wetness_is_unknown_the_computed_thresholds_stand_in():
    short = Weather()
    for back in range(20):
        short.rain(NOON - back * HOUR, 13.0 if back < 2 else 0.0)
    found = bulletin(short, site=SITE).of("upper")
    assert {Indicator.RAIN} <= {e.indicator for e in found.evidence}
    assert found.data_state is DataState.DEGRADED


def test_an_hour_that_may_have_hidden_a_downpour_leaves_the_village_degraded():
    made, whole = stormy(12.0, 14.0), stormy(12.0, 14.0)
    holed = Weather()
    for back in range(LONG_H):
        if back != 30:
            holed.rain(NOON - back * HOUR, {0: 14.0, 1: 12.0}.get(back, 0.0))
    for back in range(12):
        holed.point("H", NOON - back * HOUR, 0.2)
    assert bulletin(made, site=SITE).of("upper").data_state is DataState.COMPLETE
    assert bulletin(whole, site=SITE).of("upper").data_state is DataState.COMPLETE
    found = bulletin(holed, site=SITE).of("upper")
    assert found.data_state is DataState.DEGRADED
    assert "antecedent rain partly seen" in (found.cause or "")


def test_an_hour_that_was_not_seen_long_ago_degrades_nobody_in_calm():
    made = Weather()
    for back in range(LONG_H):
        if back != 60:
            made.rain(NOON - back * HOUR, 0.0)
    for back in range(12):
        made.point("H", NOON - back * HOUR, 0.2)
    assert bulletin(made, site=SITE).of("upper").data_state is DataState.COMPLETE


def test_a_village_without_a_flow_level_is_judged_as_without_a_model():
    site = SiteArrays.of(modelled(thresholds=thresholds("lower")))
    made = stormy(20.0, 20.0)
    assert bulletin(made, site=site).of("ford") == bulletin(made).of("ford")
    alone = SiteArrays.of(modelled(thresholds=()))
    assert bulletin(made, site=alone).of("upper").data_state is DataState.COMPLETE


def test_a_site_whose_steps_are_no_part_of_an_hour_has_no_model():
    two_hours = modelled(risk=settings(durations_h=(2, 4)))
    feeds = [f.model_copy(update={"cadence_min": 120}) for f in two_hours.feeds]
    assert SiteArrays.of(two_hours.model_copy(update={"feeds": tuple(feeds)})).runoff is None
    assert SITE.runoff is not None


def test_a_block_over_an_anchor_gives_the_bytes_of_its_cycles_one_by_one():
    made = quiet(NOON + 40 * HOUR, LONG_H + 40)
    for hour in range(-30, 40, 3):
        made.rain(NOON + hour * HOUR, 9.0, 3.0)
    slots = [NOON + hour * HOUR for hour in range(-20, 40)]
    boundaries = {int(slot.timestamp()) // 3600 // 240 for slot in slots}
    assert len(boundaries) == 2, "an anchor of the calendar lies within"
    cycles = [made.cycle(SITE, slot) for slot in slots]
    block = [b.to_bytes() for b in judge(cycles, SITE, code_version="t")]
    alone = [
        next(judge([c], SITE, code_version="t", cache=ArealCache(SITE.weights))).to_bytes()
        for c in cycles
    ]
    assert block == alone
    assert [b.to_bytes() for b in judge(cycles[::-1], SITE, code_version="t")] == alone[::-1]


def test_the_window_reaches_back_to_the_oldest_anchor():
    assert SITE.window == timedelta(days=12)
    assert SiteArrays.of(config()).window == timedelta(days=3, hours=6)
    assert SITE.config.risk.wetness.unknown == Wetness.MEDIUM


def test_the_case_of_a_village_says_what_more_rain_would_bring_each_level():
    dry_case, wet_case = (
        village_case(made.cycle(SITE, NOON), SITE, "upper") for made in (quiet(), stormy(5.0, 10.0))
    )
    assert [one.duration_h for one in dry_case.guidance] == list(DURATIONS)
    for on_dry, on_wet in zip(dry_case.guidance, wet_case.guidance, strict=True):
        assert on_dry.mm[RiskLevel.BLUE] < on_dry.mm[RiskLevel.ORANGE] < on_dry.mm[RiskLevel.RED]
        assert on_wet.mm[RiskLevel.ORANGE] < on_dry.mm[RiskLevel.ORANGE]
    for village in ("ford", "lonely"):
        assert village_case(quiet().cycle(SITE, NOON), SITE, village).guidance == ()
