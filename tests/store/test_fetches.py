"""The fetch log knows of every attempt at a feed, and when it last lived."""

from dataclasses import replace

from sqlalchemy import Engine, select

from pipeline import database
from pipeline.store.fetches import FetchRecord, FetchStatus, history, latest, record
from pipeline.store.tables import fetch
from pipeline.world import Mode, World, live
from tests.store.samples import HOUR, MINUTE, NOON

GOOD = FetchRecord(
    world=live("test"),
    feed_id="river",
    started_at=NOON,
    ended_at=NOON + MINUTE,
    status=FetchStatus.OK,
    source="https://example.org/stage.csv?key=secret",
    payload_sha256="a" * 64,
    size_bytes=12,
    readings=3,
    faults=0,
)
FAILED = replace(
    GOOD,
    started_at=NOON + HOUR,
    ended_at=NOON + HOUR,
    status=FetchStatus.FAILED,
    payload_sha256=None,
    size_bytes=None,
    readings=None,
    faults=None,
    detail="no answer in 20 s",
)


def keep(engine: Engine, *attempts: FetchRecord) -> None:
    with engine.begin() as connection:
        for attempt in attempts:
            record(connection, attempt)


def test_the_latest_attempt_and_the_latest_that_worked_are_known(engine: Engine) -> None:
    keep(engine, FAILED, GOOD)
    with database.reading(engine) as connection:
        assert latest(connection, live("test"), "river") == replace(FAILED, source="")
        ok = latest(connection, live("test"), "river", status=FetchStatus.OK)
        assert ok == replace(GOOD, source="")
        assert latest(connection, live("test"), "rain") is None


def test_an_attempt_recorded_twice_is_one(engine: Engine) -> None:
    keep(engine, GOOD, FAILED)
    keep(engine, FAILED)
    with database.reading(engine) as connection:
        found = history(connection, live("test"), "river")
        assert [attempt.status for attempt in found] == [FetchStatus.FAILED, FetchStatus.OK]
        assert len(history(connection, live("test"), "river", after=NOON)) == 1
        assert len(history(connection, live("test"), "river", limit=1)) == 1


def test_two_addresses_fetched_at_once_are_two_attempts(engine: Engine) -> None:
    keep(engine, GOOD, replace(GOOD, source="https://example.org/other.csv"))
    with database.reading(engine) as connection:
        assert len(history(connection, live("test"), "river")) == 2


def test_an_exercise_says_nothing_of_the_live_feed(engine: Engine) -> None:
    keep(engine, replace(GOOD, world=World("test", Mode.EXERCISE, "drill")))
    with database.reading(engine) as connection:
        assert latest(connection, live("test"), "river") is None


def test_an_address_with_its_credential_is_never_stored(engine: Engine) -> None:
    keep(engine, GOOD)
    with database.reading(engine) as connection:
        row = connection.execute(select(fetch)).one()
    assert "secret" not in str(row)
