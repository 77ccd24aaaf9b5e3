"""Linked river stations: which reading counts, for how long, and by which flag."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.bulletin import DataState, Indicator, RiskLevel
from pipeline.observation import QcFlag
from pipeline.risk.rivers import rate_of_rise
from pipeline.risk.site_arrays import SiteArrays
from tests.risk.small_site import HOUR, NOON, Weather, bulletin, config, dry, link


@pytest.fixture
def weather() -> Weather:
    """A dry day; the river was low until eleven."""
    weather = dry(Weather(), NOON - HOUR)
    weather.rain(NOON, 0.0)
    return weather


@pytest.mark.parametrize(("stage", "level"), [(0.99, 0), (1.0, 1), (1.5, 2), (2.0, 3), (9.0, 4)])
def test_a_stage_raises_every_village_that_it_reaches(weather, stage, level):
    weather.point("H", NOON, stage)
    found = bulletin(weather)
    assert [found.of(v).level for v in ("ford", "lower", "upper")] == [level, level, 0]


def test_a_station_upstream_is_told_apart_from_one_at_the_village(weather):
    weather.point("H", NOON, 2.5)
    found = bulletin(weather)
    assert found.of("ford").evidence[0].indicator is Indicator.STAGE
    upstream = found.of("lower").evidence[0]
    assert (upstream.indicator, upstream.value, upstream.threshold) == (Indicator.UPSTREAM, 2.5, 2)
    assert (upstream.unit, upstream.station_id, upstream.level) == ("m", "H", 3)


def test_the_rate_of_rise_is_that_of_the_last_hour_and_unknown_without_one(weather):
    weather.point("H", NOON - timedelta(minutes=30), 1.4)
    weather.point("H", NOON, 1.8)
    # From 0.2 m at eleven, not from half past eleven.
    assert bulletin(weather).of("ford").evidence[0].rise_per_h == 1.6
    alone = Weather()
    alone.point("H", NOON, 1.8)
    assert bulletin(alone).of("ford").evidence[0].rise_per_h is None


@given(st.floats(0, 9), st.floats(0, 9), st.integers(60, 180))
def test_a_steady_rise_has_one_rate_however_often_it_is_read(first, last, minutes):
    ends = np.array([0, minutes], np.int64) * 60_000_000
    often = np.union1d(np.arange(0, minutes + 1, 5, dtype=np.int64) * 60_000_000, ends)
    rates = [
        rate_of_rise(times, first + (last - first) * times / ends[-1]) for times in (ends, often)
    ]
    assert rates[0] == pytest.approx(rates[1], abs=2e-3)
    assert np.sign(rates[0]) in {0, np.sign(last - first)}


def test_of_two_readings_the_newest_counts(weather):
    weather.point("H", NOON - HOUR / 2, 2.5)
    weather.point("H", NOON, 0.5)
    assert bulletin(weather).of("ford").level == RiskLevel.NONE


def test_an_old_reading_raises_nothing_and_what_stood_high_is_not_known_to_have_fallen():
    weather = Weather()
    weather.point("H", NOON - timedelta(minutes=116), 2.5)
    assert bulletin(weather).of("ford").level == RiskLevel.NONE  # 121 minutes at the cutoff
    assert bulletin(weather).of("ford").cause == "station H above a level when last heard"


def test_a_reading_counts_up_to_its_greatest_age(weather):
    weather = Weather()
    weather.point("H", NOON - timedelta(minutes=115), 2.5)
    assert bulletin(weather).of("ford").level == RiskLevel.ORANGE


def test_a_quiet_station_that_stood_low_is_complete_until_it_is_silent():
    weather = dry(Weather(), NOON)
    quiet = Weather()
    quiet.point("H", NOON - timedelta(minutes=170), 0.3)
    assert bulletin(weather).of("ford").data_state is DataState.COMPLETE
    found = bulletin(quiet)
    assert found.of("ford").cause is None
    assert found.freshness[0].state == "late"


def test_a_failed_or_missing_value_is_not_there(weather):
    weather.point("H", NOON - HOUR / 2, 2.5)
    weather.point("H", NOON, 0.1, flag=QcFlag.FAIL)
    weather.point("H", NOON + timedelta(minutes=1), None, flag=QcFlag.MISSING)
    assert bulletin(weather).of("ford").level == RiskLevel.ORANGE


def test_a_suspect_value_may_raise_but_never_lowers(weather):
    weather.point("H", NOON - HOUR / 2, 2.5)
    weather.point("H", NOON, 0.1, flag=QcFlag.SUSPECT)
    ford = bulletin(weather).of("ford")
    assert (ford.level, ford.cause) == (RiskLevel.ORANGE, "station H suspect")
    weather.point("H", NOON, 3.5, flag=QcFlag.SUSPECT)
    assert bulletin(weather).of("ford").level == RiskLevel.RED


def test_of_two_feeds_for_one_time_the_one_named_first_counts(weather):
    weather.point("H", NOON, 0.5, feed="river")
    weather.point("H", NOON, 2.5, feed="another")
    assert bulletin(weather).of("ford").level == RiskLevel.NONE
    weather.point("H", NOON, 2.5, feed="radar")  # the first in the configuration
    assert bulletin(weather).of("ford").level == RiskLevel.ORANGE


def test_what_is_about_a_time_after_the_slot_is_left_to_the_next_cycle(weather):
    weather.point("H", NOON + timedelta(minutes=3), 2.5)
    assert bulletin(weather).of("ford").level == RiskLevel.NONE


def test_a_station_far_upstream_brings_no_more_than_its_link_lets_it():
    capped = link("lower", 30).model_copy(update={"at_most": RiskLevel.ORANGE})
    site = SiteArrays.of(config(links=(capped, link("ford", 0))))
    made = dry(Weather())
    made.point("H", NOON, 3.4)
    found = bulletin(made, site=site)
    assert found.of("ford").level == RiskLevel.RED
    lower = found.of("lower")
    assert lower.level == RiskLevel.ORANGE
    assert {e.level for e in lower.evidence} == {RiskLevel.ORANGE}


def test_a_link_that_caps_nothing_leaves_the_configuration_as_it_was():
    assert b"at_most" not in config().to_bytes()
