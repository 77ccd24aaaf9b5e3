"""A storm's table: when the river rose, and what had been said by then."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.storms import APART, Order, Record, storms
from pipeline.bulletin import RiskLevel

T0 = datetime(2014, 11, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


def record(values, levels=()):
    return Record(
        "S",
        "Sarras",
        "m3/s",
        10.0,
        [(T0 + i * HOUR, value) for i, value in enumerate(values)],
        [(T0 + at * HOUR, RiskLevel(level)) for at, level in levels],
    )


def test_the_lead_runs_from_the_unbroken_warning_to_the_rise():
    (storm,) = storms([record([1, 2, 3, 12, 15, 2], [(0, 3), (1, 0), (2, 3), (5, 0)])], [])
    (river,) = storm.rivers
    assert river.crossed == T0 + 3 * HOUR
    assert river.peak == 15
    assert river.lead == HOUR


def test_a_warning_after_the_rise_is_late_and_none_is_none():
    (late,) = storms([record([1, 12, 12, 12], [(3, 4)])], [])
    assert late.rivers[0].lead == -2 * HOUR
    (missed,) = storms([record([1, 12, 12])], [])
    assert missed.rivers[0].lead is None


def test_a_river_that_stays_low_has_no_storm_and_one_unseen_has_no_peak():
    assert storms([record([1, 2, 3])], []) == []
    (storm,) = storms([record([12]), record([None])], [])
    assert storm.rivers[1].peak is None


def test_a_village_told_to_move_is_not_counted_as_told_to_prepare():
    orders = [
        Order(T0 - HOUR, "Annonay", move=False),
        Order(T0, "Annonay", move=True),
        Order(T0, "Sarras", move=False),
    ]
    (storm,) = storms([record([12])], orders)
    assert (storm.prepare, storm.move) == (1, 1)
    assert (storm.first_order, storm.first_village) == (T0 - HOUR, "Annonay")


@given(st.lists(st.sampled_from([1.0, 12.0, None]), max_size=120))
def test_storms_are_apart_and_hold_every_hour_over_the_mark(values):
    found = storms([record(values)], [])
    for before, after in itertools.pairwise(found):
        assert after.began - before.ended > APART
    over = [T0 + i * HOUR for i, value in enumerate(values) if value == 12.0]
    assert all(sum(s.began <= at <= s.ended for s in found) == 1 for at in over)
