"""The mode of a run is what its first attempt found, whatever its retries would find."""

from sqlalchemy import Engine

from pipeline.store.run_modes import keep_mode
from pipeline.world import Mode, World, live
from tests.store.samples import HOUR, NOON

LIVE = live("test")
REPLAY = World("test", Mode.REPLAY, "r1")


def test_a_retry_keeps_the_mode_of_the_first_attempt(engine: Engine) -> None:
    with engine.begin() as connection:
        first = keep_mode(connection, "flood_cycle", "run", 0, LIVE, NOON, NOON)
        retry = keep_mode(connection, "flood_cycle", "run", 0, REPLAY, None, NOON + HOUR)
    assert first == retry == (LIVE, NOON)


def test_a_cleared_run_is_judged_anew(engine: Engine) -> None:
    with engine.begin() as connection:
        keep_mode(connection, "flood_cycle", "run", 0, LIVE, NOON, NOON)
        cleared = keep_mode(connection, "flood_cycle", "run", 1, REPLAY, NOON, NOON)
    assert cleared == (REPLAY, NOON)


def test_a_run_without_a_slot_and_a_run_of_another_site_stand_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        assert keep_mode(connection, "d", "run", 0, LIVE, None, NOON) == (LIVE, None)
        other = live("elsewhere")
        assert keep_mode(connection, "d", "run", 0, other, NOON, NOON) == (other, NOON)
