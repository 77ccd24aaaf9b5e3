"""When water is expected: earlier with more rain, and when the river upstream says so."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.risk.onset import rain_offsets_h, time_of_concentration, travel_offsets_h
from tests.risk.small_site import HOUR, NOON, Weather, bulletin, dry


def test_a_larger_catchment_answers_later_and_an_unknown_one_soon():
    assert time_of_concentration(10.0) < time_of_concentration(100.0)
    assert time_of_concentration(None) == 1.0


def test_at_its_threshold_a_catchment_answers_after_its_lag():
    assert rain_offsets_h(np.array([2.0]), np.array([1.0])).tolist() == [[0.6, 1.2, 2.0]]


def test_unseen_rain_is_taken_as_rain_at_the_threshold():
    unseen, at = rain_offsets_h(np.array([2.0, 2.0]), np.array([np.nan, 1.0])).tolist()
    assert unseen == at


@given(st.floats(0.1, 50), st.floats(0, 100), st.floats(0, 100))
def test_more_rain_is_never_later(response_h, one, other):
    less, more = sorted((one, other))
    offsets = rain_offsets_h(np.array([response_h, response_h]), np.array([less, more]))
    assert (offsets[1] <= offsets[0]).all()
    assert (np.diff(offsets, axis=1) >= 0).all()


@given(st.floats(0, 10), st.floats(0, 10))
def test_travelling_water_never_arrives_before_the_slot(travel_h, age_h):
    offsets = travel_offsets_h(travel_h, age_h)
    assert (offsets >= 0).all()
    assert (np.diff(offsets) >= 0).all()


def test_a_river_upstream_above_level_three_brings_the_onset_forward():
    weather = dry(Weather(), NOON - HOUR)
    weather.rain(NOON, 31.0)
    by_rain = bulletin(weather).of("lower").onset
    weather.point("H", NOON, 2.0)
    by_river = bulletin(weather).of("lower").onset
    assert by_rain is not None
    assert by_river is not None
    assert (by_river.likely, by_river.earliest) == (NOON + HOUR / 2, NOON + HOUR * 0.4)
    assert by_river.likely < by_rain.likely


def test_an_older_reading_upstream_means_earlier_water_by_just_its_age():
    weather = dry(Weather(), NOON - HOUR)
    weather.rain(NOON, 0.0)
    weather.point("H", NOON - HOUR / 5, 2.0)
    onset = bulletin(weather).of("lower").onset
    assert onset is not None
    assert (onset.likely, onset.earliest) == (NOON + HOUR * 0.3, NOON + HOUR * 0.2)


def test_no_level_has_no_onset():
    assert all(detail.onset is None for detail in bulletin(dry(Weather(), NOON)).details)
