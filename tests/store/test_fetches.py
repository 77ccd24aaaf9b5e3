"""The fetch log knows of every attempt at a feed, and when it last lived."""

from dataclasses import replace

from sqlalchemy import Engine, select

from pipeline import database
from pipeline.store.fetches import (
    FetchRecord,
    FetchStatus,
    came,
    history,
    latest,
    newest_stored,
    of_host,
    payloads,
    record,
)
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


READ = replace(GOOD, source_sha256="b" * 64, host="e.org:443", host_answered=True, etag='"1"')


def test_the_newest_state_that_was_stored_is_known_by_its_address(engine: Engine) -> None:
    later = replace(READ, started_at=NOON + HOUR, etag=None)
    refused = replace(READ, started_at=NOON + 2 * HOUR, status=FetchStatus.REFUSED)
    keep(engine, later, READ, refused, replace(READ, source="other", source_sha256="c" * 64))
    with database.reading(engine) as connection:
        known = newest_stored(connection, live("test"), "river")
        assert {key: attempt.etag for key, attempt in known.items()} == {
            "b" * 64: None,
            "c" * 64: '"1"',
        }
        assert newest_stored(connection, World("test", Mode.EXERCISE, "drill"), "river") == {}
        since = came(connection, live("test"), "river", after=NOON)
        assert since == {"b" * 64: NOON + HOUR}


def test_a_host_is_known_by_what_all_feeds_asked_of_it_oldest_first(engine: Engine) -> None:
    attempts = [
        replace(
            READ,
            feed_id=f"feed{n % 2}",
            started_at=NOON + n * MINUTE,
            ended_at=NOON + n * MINUTE,
            host_answered=answered,
        )
        for n, answered in enumerate([True, False, None, False])
    ]
    keep(engine, *attempts, replace(READ, host="f.org:443"))
    with database.reading(engine) as connection:
        told = of_host(connection, live("test"), "e.org:443", limit=2)
        assert told == [(NOON + MINUTE, False), (NOON + 3 * MINUTE, False)]
        assert of_host(connection, live("drill"), "e.org:443", limit=2) == []


def test_an_attempt_comes_back_as_it_was_recorded(engine: Engine) -> None:
    whole = replace(
        READ,
        last_modified="Mon, 15 Jul 2024 12:00:00 GMT",
        declared_sha256="d" * 64,
        asked_from=NOON - HOUR,
        asked_to=NOON,
    )
    keep(engine, whole)
    with database.reading(engine) as connection:
        assert latest(connection, live("test"), "river") == replace(whole, source="")
        both = (FetchStatus.UNCHANGED, FetchStatus.OK)
        assert latest(connection, live("test"), "river", status=both) is not None
        assert latest(connection, live("test"), "river", status=both[:1]) is None


def test_the_payloads_of_a_feed_come_newest_first_once_and_from_every_world(engine):
    again = replace(GOOD, started_at=NOON + HOUR, ended_at=NOON + HOUR)
    drill = replace(
        GOOD,
        world=World("test", Mode.EXERCISE, "x1"),
        ended_at=NOON + 2 * HOUR,
        payload_sha256="b" * 64,
    )
    other = replace(GOOD, feed_id="rain", payload_sha256="c" * 64)
    keep(engine, GOOD, again, replace(FAILED, started_at=NOON + 3 * HOUR), drill, other)
    with database.reading(engine) as connection:
        both = [("b" * 64, NOON + 2 * HOUR), ("a" * 64, NOON + HOUR)]
        assert payloads(connection, "test", "river", limit=5) == both
        assert payloads(connection, "test", "river", limit=1) == both[:1]
        assert payloads(connection, "elsewhere", "river", limit=5) == []
