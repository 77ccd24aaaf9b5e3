"""What each check of one series catches, and the true flood that it leaves alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ioos_qc import qartod

from pipeline.observation import QcFlag
from pipeline.quality.accumulation import accumulation
from pipeline.quality.checks import OF_SERIES, OF_STAMPS
from pipeline.quality.clock_skew import clock_skew
from pipeline.quality.station_block import StationBlock
from pipeline.site.model import Check, Station
from pipeline.units import Variable
from tests.quality.rules import FIRST_US, HOUR_US, hours, only, rule

G, U, S, F, M = QcFlag.GOOD, QcFlag.UNKNOWN, QcFlag.SUSPECT, QcFlag.FAIL, QcFlag.MISSING
NAN = np.nan


def judged(check: Check, values: list[float], at=None, **changes: object) -> list[int]:
    times = hours(len(values)) if at is None else at
    return (OF_SERIES | OF_STAMPS)[check](
        np.array(values, float), times, rule(check, **changes)
    ).tolist()


def test_a_river_has_limits_of_its_own_and_they_are_inside():
    assert judged(Check.GROSS_RANGE, [-1.1, -1, 0, 5, 5.1, 9, 9.1, NAN]) == [F, S, G, G, S, S, F, M]


def test_one_side_of_a_range_may_be_open():
    flags = OF_SERIES[Check.GROSS_RANGE](
        np.array([-1e9, 0.0, 0.1]), hours(3), only(Check.GROSS_RANGE, suspect=0.0)
    )
    assert flags.tolist() == [G, G, S]


def test_a_spike_is_seen_when_the_next_reading_has_come():
    assert judged(Check.SPIKE, [1, 3]) == [U, U]
    assert judged(Check.SPIKE, [1, 3, 1, 5, 1]) == [U, S, S, F, U]


def test_a_steep_limb_is_no_spike_and_a_crest_is_one_by_its_fall_alone():
    assert judged(Check.SPIKE, [1, 1, 9, 30, 29.5, 20]) == [U, G, G, G, G, U]


def test_neighbours_beyond_the_window_say_nothing_of_a_spike():
    at = np.array([0, 1, 9]) * HOUR_US
    assert judged(Check.SPIKE, [1, 9, 1], at, window_min=120) == [U, U, U]


def test_zero_is_a_threshold():
    flags = OF_SERIES[Check.SPIKE](np.array([1, 1.01, 1]), hours(3), only(Check.SPIKE, suspect=0.0))
    assert flags.tolist() == [U, S, U]


@given(st.lists(st.integers(-80, 80).map(lambda n: n / 8), min_size=3, max_size=20))
def test_spikes_of_equal_steps_are_those_of_ioos_qc(values):
    theirs = qartod.spike_test(values, 1.0, 3.0, method="differential")
    assert judged(Check.SPIKE, values) == theirs.tolist()


@given(st.lists(st.integers(-80, 80).map(lambda n: n / 8), min_size=2, max_size=20))
def test_rates_of_equal_steps_are_those_of_ioos_qc(values):
    at = hours(len(values)).astype("datetime64[us]")
    theirs = qartod.rate_of_change_test(values, at, 1 / 3600, 3 / 3600)
    ours = judged(Check.RATE_OF_CHANGE, values)
    exact = np.abs(np.diff(values, prepend=values[0]))
    told = ~np.isin(exact, [1, 3])  # at a threshold, theirs is a rounding of seconds
    told[0] = False
    assert np.array(ours)[told].tolist() == theirs[told].tolist()


def test_a_step_is_seen_across_a_missing_reading_by_its_speed():
    assert judged(Check.RATE_OF_CHANGE, [1, NAN, 3, NAN, 9]) == [U, M, G, M, S]


def test_a_flash_flood_is_doubted_and_never_rejected_unless_the_rule_says_so():
    assert judged(Check.RATE_OF_CHANGE, [1, 40], fail=None) == [U, S]
    assert judged(Check.RATE_OF_CHANGE, [1, 40]) == [U, F]


def test_a_stuck_sensor_is_seen_after_its_time_and_a_slow_recession_is_not_one():
    stuck = [2.0, 3.0, *[3.0, 3.04] * 3]
    assert judged(Check.FLAT_LINE, stuck) == [G, G, G, G, S, S, S, F]
    falling = (5 - 0.04 * np.arange(12)).tolist()
    assert set(judged(Check.FLAT_LINE, falling)) == {G}


@given(st.lists(st.integers(0, 6), min_size=1, max_size=40), st.integers(0, 3))
def test_the_line_reaches_back_as_far_as_its_range_allows(values, eps):
    flags = judged(Check.FLAT_LINE, values, eps=float(eps), suspect=179, fail=None)
    for end, flag in enumerate(flags):
        last = values[max(end - 3, 0) : end + 1]
        assert (flag == S) == (end >= 3 and max(last) - min(last) <= eps)


def test_dry_hours_are_flat_and_true():
    assert set(judged(Check.FLAT_LINE, [0.0] * 9, above=0.0)) == {U}
    assert judged(Check.FLAT_LINE, [4.0] * 9, above=0.0)[-1] == F


def test_a_silence_ends_a_line():
    at = np.array([0, 1, 12, 13]) * HOUR_US
    assert judged(Check.FLAT_LINE, [3.0] * 4, at)[-1] == F
    assert judged(Check.FLAT_LINE, [3.0] * 4, at, window_min=120) == [G] * 4


def test_the_first_word_after_a_silence_is_doubted():
    at = np.array([0, 1, 4, 5, 20]) * HOUR_US
    assert judged(Check.GAP, [1, 1, 1, 1, 1], at) == [U, G, S, G, F]
    assert judged(Check.GAP, [1, NAN, 1]) == [U, M, S]


def test_a_reading_that_came_before_its_time_or_long_after_is_stamped_wrongly():
    assert judged(Check.FUTURE_STAMP, [0, 3, -1, -6, NAN]) == [G, G, S, F, M]
    assert judged(Check.ANCIENT_STAMP, [0, 60, 61, 2000]) == [G, G, S, F]


def test_a_total_that_falls_or_jumps_tells_no_rain():
    assert judged(Check.COUNTER_RESET, [5, 9, 0, 4, 20, 99]) == [U, G, S, G, S, F]
    assert judged(Check.COUNTER_RESET, [5, 4.9], eps=0.2) == [U, G]


def test_one_constant_may_be_rain_and_two_in_a_row_are_not():
    assert judged(Check.SENTINEL, [0, 99.9, NAN, 99.9, 3, 999.9]) == [G, S, M, F, G, S]


def test_the_inner_points_of_a_line_were_drawn():
    line = [5.0, 5.1, 7.1, 9.1, 11.1, 12.0]
    assert judged(Check.INTERPOLATED, line) == [G, G, S, S, G, G]


def test_a_line_does_not_reach_across_a_change_of_its_step():
    at = FIRST_US + HOUR_US * np.array([0, 1, 2, 5, 6, 7])
    assert set(judged(Check.INTERPOLATED, [1.0, 2, 3, 4, 5, 6], at)) == {G}


def block(values, latency=0.0, interval_s=3600, names=None) -> StationBlock:
    values = np.array(values, float)
    n, stations = values.shape
    latency_us = np.broadcast_to(latency, values.shape) * 60e6
    times = FIRST_US + interval_s * 1_000_000 * np.arange(n)
    said = np.nonzero(np.ones_like(values, bool))
    rows = (said[1], times[said[0]], values[said], (times[:, None] + latency_us)[said].astype(int))
    names = names or [f"R{i}" for i in range(stations)]
    places = {"R0": Station(station_id="R0", name="", variables=(), interval_min=5,
                            silent_after_min=9, lon=115.0)}  # fmt: skip
    return StationBlock.of(names, rows, interval_s, places)


def test_a_station_without_a_place_lies_nowhere():
    made = block([[1.0, 2.0]])
    assert made.lon[0] == 115.0
    assert np.isnan([made.lon[1], made.lat[0], made.elevation_m[0]]).all()


def test_the_clock_that_is_always_an_hour_off_is_doubted_and_a_slow_link_is_not():
    steady = np.tile([5.0, 6.0, 4.0, 65.0], (8, 1))
    made = block(np.ones((8, 4)), steady)
    assert clock_skew(made, rule(Check.CLOCK_SKEW)).tolist() == [[G, G, G, S]] * 8
    steady[:, 3] = [0, 130] * 4
    assert set(clock_skew(block(np.ones((8, 4)), steady), rule(Check.CLOCK_SKEW)).flat) == {G}


def test_too_few_siblings_judge_nobody():
    made = block(np.ones((8, 3)), np.tile([5.0, 6.0, 65.0], (8, 1)))
    assert set(clock_skew(made, rule(Check.CLOCK_SKEW)).flat) == {U}


@pytest.mark.parametrize(
    ("total", "parts", "flag"),
    [
        (12.0, [1.0] * 12, G),
        (14.0, [1.0] * 12, S),
        (0.0, [1.0] * 12, F),
        (12.0, [1.0] * 6 + [NAN] * 6, U),
        (3.0, [1.0] * 6 + [NAN] * 6, S),
        (NAN, [1.0] * 12, M),
    ],
)
def test_an_hour_agrees_with_its_twelve_parts_or_is_at_least_those_that_came(total, parts, flag):
    small = block(np.array([[0.0], *[[p] for p in parts]]), interval_s=300)
    hour = block([[0.0], [total]])
    stated = rule(Check.ACCUMULATION, Variable.RAIN)
    assert accumulation(hour, small, stated)[1].tolist() == [flag]
