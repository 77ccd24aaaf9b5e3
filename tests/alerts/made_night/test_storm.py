"""The rain of a made night: the feed has a step when it is over, and each group rises once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.made_night.storm import HEAD, STEP_MM, STEPS, Storm

FIRST = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
STEP = timedelta(minutes=5)
DAY = timedelta(days=1)


def storm(**told) -> Storm:
    return Storm(**{"gauges": 9, "struck": 2, "groups": 3, "step": STEP, "first": FIRST} | told)


def rows(told: Storm, now: datetime) -> list[str]:
    head, *lines = told.table(FIRST - DAY, FIRST + DAY, now)
    assert head == HEAD
    return lines


@given(st.integers(-3, 20), st.integers(0, 299), st.integers(0, 240))
def test_the_feed_never_has_what_has_not_yet_fallen(step, seconds, lag):
    now = FIRST + step * STEP + timedelta(seconds=seconds)
    told = storm(lag=timedelta(seconds=lag))
    newest = max(datetime.fromisoformat(line.split(",")[2]) for line in rows(told, now))
    assert told.offered_at(newest) <= now < told.offered_at(newest + STEP)


def test_every_gauge_speaks_of_every_step():
    assert len(rows(storm(), FIRST + STEP)) == 9 * (DAY // STEP + 2)


def test_it_is_dry_until_the_storm_is_let_loose():
    assert all(line.endswith(",0.0") for line in rows(storm(first=None), FIRST + DAY))
    assert storm(first=None).measured == ()


@pytest.mark.parametrize("gauge", range(9))
def test_each_struck_gauge_has_one_burst_and_the_others_none(gauge):
    fell = [storm().fell(gauge, FIRST + n * STEP) for n in range(-5, 20)]
    assert sum(fell) == (STEPS * STEP_MM if gauge < 2 * 3 else 0)


def test_each_group_first_rises_at_a_slot_that_is_measured():
    told = storm()
    twice = [
        next(
            FIRST + n * STEP
            for n in range(20)
            if told.fell(gauge, FIRST + n * STEP) and told.fell(gauge, FIRST + (n - 1) * STEP)
        )
        for gauge in range(2 * 3)
    ]
    assert sorted(set(twice)) == list(told.measured)
