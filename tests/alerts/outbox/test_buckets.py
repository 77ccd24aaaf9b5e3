"""Buckets under two databases: one truth for all senders, that survives them and tells nobody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from alerts.outbox import buckets, queue
from alerts.outbox.buckets import Gate
from alerts.outbox.delivery import State
from alerts.pace import Cap, Rate
from alerts.tables import bucket
from alerts.tier import Tier
from pipeline.database import connect
from tests.alerts.night import WALL, attempt
from tests.alerts.outbox.test_queue import found, leased, parcel, queued

__all__ = ["queued"]
KEY, NUMBER = b"k" * 32, "+447700900123"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ACCOUNT = Gate("sms", (Rate(60, 3),))


def taken(engine, *gates, now=WALL):
    with engine.begin() as connection:
        return buckets.take(connection, gates, now=now) == now


def begun_at(engine, one, *gates, now=WALL):
    with engine.begin() as connection:
        return queue.begin(connection, one, by="me", now=now, gates=gates)


def test_senders_together_take_no_more_than_there_is(engine):
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: taken(engine, ACCOUNT), range(40)))
    assert sum(got) == 3
    assert [taken(engine, ACCOUNT, now=WALL + SECOND) for _ in range(2)] == [True, False]


def test_who_starts_anew_finds_what_was_taken(engine, engine_url):
    assert [taken(engine, ACCOUNT) for _ in range(4)] == [True, True, True, False]
    again = connect(engine_url)
    assert not taken(again, ACCOUNT)
    assert taken(again, ACCOUNT, now=WALL + SECOND)
    again.dispose()


def test_a_clock_that_was_a_year_ahead_holds_up_nobody_for_longer_than_the_limit(engine):
    gate = Gate("sms", (Rate(60), Cap(3, 3600)))
    ahead = WALL + 365 * 24 * 60 * MINUTE
    assert [taken(engine, gate, now=ahead + n * SECOND) for n in range(3)] == [True] * 3
    assert not taken(engine, gate)
    assert not taken(engine, gate, now=WALL + 59 * MINUTE)
    assert taken(engine, gate, now=WALL + 61 * MINUTE)


def test_nothing_is_taken_of_one_gate_where_another_is_shut(engine):
    number = Gate("voice x", (Cap(1, 60), Cap(5, 3600)))
    assert taken(engine, ACCOUNT, number)
    for _ in range(9):
        assert not taken(engine, ACCOUNT, number)
    assert [taken(engine, ACCOUNT) for _ in range(3)] == [True, True, False]
    assert [taken(engine, number, now=WALL + n * MINUTE) for n in range(1, 6)] == [True] * 4 + [
        False
    ]


def test_a_number_is_found_again_by_a_name_that_does_not_tell_it(engine):
    scope = buckets.scope_of(KEY, "voice", NUMBER)
    assert scope == buckets.scope_of(KEY, "voice", NUMBER)
    others = {
        buckets.scope_of(KEY, "sms", NUMBER).partition(" ")[0],
        buckets.scope_of(b"l" * 32, "voice", NUMBER),
        buckets.scope_of(KEY, "voice", NUMBER[:-1]),
    }
    assert scope not in others
    taken(engine, Gate(scope, (Cap(5, 3600),)))
    with engine.connect() as connection:
        kept = repr(connection.execute(select(bucket)).all())
    assert NUMBER[-7:] not in kept
    assert KEY.decode() not in kept


def test_a_delivery_that_finds_nothing_left_waits_until_there_is_and_no_attempt_is_counted(
    engine, queued
):
    queued(parcel())
    number = Gate("voice x", (Cap(1, 60),))
    assert taken(engine, number)
    (one,) = leased(engine)
    assert begun_at(engine, one, ACCOUNT, number) is State.THROTTLED
    waiting = found(engine)
    assert (waiting.state, waiting.attempts) == (State.THROTTLED, 0)
    assert waiting.next_at == WALL + MINUTE
    with engine.connect() as connection:
        assert connection.execute(select(attempt)).all() == []
    assert leased(engine, now=WALL + MINUTE - SECOND) == []
    (one,) = leased(engine, now=WALL + MINUTE)
    assert begun_at(engine, one, ACCOUNT, number, now=WALL + MINUTE).attempts == 1


def test_what_is_too_late_to_leave_takes_nothing(engine, queued):
    queued(parcel(expires_at=WALL))
    assert begun_at(engine, *leased(engine), ACCOUNT) is State.EXPIRED
    assert [taken(engine, ACCOUNT) for _ in range(4)] == [True, True, True, False]


def test_the_red_that_waits_for_the_same_number_goes_before_the_yellow_that_came_first(
    engine, queued
):
    number = Gate("voice x", (Cap(1, 60),))
    queued(parcel("yellow", tier=Tier.YELLOW))
    assert taken(engine, number)
    begun_at(engine, *leased(engine), number)
    queued(parcel("red", created_at=WALL + 9 * SECOND))
    begun_at(engine, *leased(engine, now=WALL + 9 * SECOND), number, now=WALL + 9 * SECOND)
    assert [d.key for d in leased(engine, now=WALL + MINUTE)] == ["red", "yellow"]
