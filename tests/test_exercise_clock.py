"""An exercise plays its flood against the wall, slot after slot, and ends by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.world import Exercise, Mode, due_flood_slots, flood_time

WALL = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FLOOD = datetime(2014, 11, 3, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)
DELAY = timedelta(minutes=5)
EXERCISE = Exercise("cance", "drill", WALL, FLOOD, FLOOD + 24 * HOUR, 60)


def due(minutes: float, committed: datetime | None = None) -> list[datetime]:
    wall = WALL + timedelta(minutes=minutes)
    return due_flood_slots(EXERCISE, wall, interval=HOUR, assess_delay=DELAY, committed=committed)


def test_a_flood_hour_passes_in_a_minute_at_speed_sixty() -> None:
    assert flood_time(EXERCISE, WALL) == FLOOD
    assert flood_time(EXERCISE, WALL + timedelta(minutes=1)) == FLOOD + HOUR
    assert flood_time(EXERCISE, WALL + timedelta(seconds=1)) == FLOOD + timedelta(minutes=1)


def test_a_flood_neither_ends_late_nor_starts_early() -> None:
    assert flood_time(EXERCISE, WALL + timedelta(days=9)) == FLOOD + 24 * HOUR
    assert flood_time(EXERCISE, WALL - timedelta(days=9)) == FLOOD


def test_a_slot_is_due_once_its_cutoff_is_reached_in_flood_time() -> None:
    assert due(0) == []
    assert due(4.9 / 60) == []
    assert due(5 / 60) == [FLOOD]
    assert due(2.1) == [FLOOD, FLOOD + HOUR, FLOOD + 2 * HOUR]


def test_committed_slots_are_not_due_again() -> None:
    assert due(3.1, committed=FLOOD + HOUR) == [FLOOD + 2 * HOUR, FLOOD + 3 * HOUR]
    assert due(3.1, committed=FLOOD + 3 * HOUR) == []


def test_after_its_end_an_exercise_has_nothing_left() -> None:
    every = due(10_000)
    assert every[-1] == FLOOD + 23 * HOUR
    assert due(10_000, committed=every[-1]) == []


@given(
    st.lists(st.floats(0, 40), min_size=1, max_size=20).map(sorted),
    st.integers(1, 600),
)
def test_however_often_one_looks_each_slot_comes_once_and_in_order(
    looks: list[float], speed: int
) -> None:
    exercise = Exercise("cance", "drill", WALL, FLOOD, FLOOD + 24 * HOUR, speed)
    taken: list[datetime] = []
    for minutes in [*looks, 24 * 60]:
        taken += due_flood_slots(
            exercise,
            WALL + timedelta(minutes=minutes),
            interval=HOUR,
            assess_delay=DELAY,
            committed=taken[-1] if taken else None,
        )
    assert taken == [FLOOD + i * HOUR for i in range(24)]


def test_an_exercise_has_a_world_that_can_page_no_one() -> None:
    assert EXERCISE.world.mode is Mode.EXERCISE
    with pytest.raises(ValueError, match="exercise runs forward"):
        Exercise("cance", "drill", WALL, FLOOD, FLOOD - HOUR, 60)
    with pytest.raises(ValueError, match="exercise runs forward"):
        Exercise("cance", "drill", WALL, FLOOD, FLOOD, 0)
