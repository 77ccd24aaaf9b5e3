"""One exercise is open at a site: the one that was opened last."""

from dataclasses import replace

from sqlalchemy import Engine

from pipeline.store.exercises import close, current, open_exercise
from pipeline.world import Exercise
from tests.store.samples import HOUR, NOON

FIRST = Exercise("test", "first", NOON, NOON - 9000 * HOUR, NOON - 8900 * HOUR, 60)
SECOND = replace(FIRST, world_id="second", wall_start=NOON + HOUR)


def test_an_exercise_is_current_from_its_opening_to_its_close(engine: Engine) -> None:
    with engine.begin() as connection:
        assert current(connection, "test") is None
        open_exercise(connection, FIRST)
        open_exercise(connection, FIRST)
        assert current(connection, "test") == FIRST
        assert current(connection, "elsewhere") is None
        close(connection, FIRST, closed_at=NOON + HOUR)
        assert current(connection, "test") is None


def test_an_exercise_left_open_by_a_crash_does_not_come_back(engine: Engine) -> None:
    with engine.begin() as connection:
        open_exercise(connection, FIRST)
        open_exercise(connection, SECOND)
        assert current(connection, "test") == SECOND
        close(connection, SECOND, closed_at=NOON + 2 * HOUR)
        assert current(connection, "test") is None


def test_exercises_of_two_sites_do_not_touch(engine: Engine) -> None:
    other = replace(SECOND, site="elsewhere")
    with engine.begin() as connection:
        open_exercise(connection, FIRST)
        open_exercise(connection, other)
        assert current(connection, "test") == FIRST
        assert current(connection, "elsewhere") == other
