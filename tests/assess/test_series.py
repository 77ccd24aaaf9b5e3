"""A village's series for plots: what its assessment saw, and no more."""

import pytest

from pipeline.bulletin import RiskLevel
from pipeline.errors import SiteError
from pipeline.series import village_series
from pipeline.site.risk_settings import Wetness
from tests.risk.small_site import DELAY, HOUR, NOON, Weather, config, dry, threshold


@pytest.fixture
def stored(engine):
    weather = dry(Weather(), NOON - HOUR)
    weather.rain(NOON, 31.0, 0.0, 0.0, 0.0)
    weather.point("H", NOON, 2.2)
    weather.rain(NOON + HOUR, 99.0)
    weather.store(engine)
    return engine


def test_rain_ends_at_the_slot_as_known_at_the_cutoff(stored):
    series = village_series(stored, config(), "upper", cutoff=NOON + DELAY, hours=24)
    assert (len(series.times), series.times[-1]) == (24, NOON)
    assert series.rain_mm[-2:] == (0.0, 31.0)
    assert set(series.coverage) == {1.0}


def test_accumulations_come_with_the_thresholds_of_the_days_wetness(stored):
    series = village_series(stored, config(), "upper", cutoff=NOON + DELAY)
    assert (series.wetness_class, series.wetness_mm) == (Wetness.DRY, 0.0)
    one_hour = series.accumulations[0]
    assert (one_hour.duration_h, one_hour.value, one_hour.coverage) == (1.0, 31.0, 1.0)
    assert one_hour.thresholds[RiskLevel.ORANGE] == threshold(3, 1)


def test_rivers_are_those_linked_to_the_village(stored):
    lower = village_series(stored, config(), "lower", cutoff=NOON + DELAY)
    (river,) = lower.rivers
    assert (river.station_id, river.times[-1], river.values[-1]) == ("H", NOON, 2.2)
    assert river.levels[RiskLevel.RED] == 3.0
    assert village_series(stored, config(), "upper", cutoff=NOON + DELAY).rivers == ()


def test_what_was_not_seen_has_no_value(stored):
    ford = village_series(stored, config(), "ford", cutoff=NOON + DELAY)
    assert set(ford.rain_mm) == {None}
    assert {a.value for a in ford.accumulations} == {None}
    assert ford.wetness_mm is None
    assert ford.accumulations[0].thresholds == {}


def test_a_village_that_is_not_there_is_named(stored):
    with pytest.raises(SiteError, match="no village nowhere"):
        village_series(stored, config(), "nowhere", cutoff=NOON + DELAY)
