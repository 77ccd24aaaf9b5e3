"""The queue under two databases: leases, recovery, and order."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from alerts.errors import Refused
from alerts.orders import NEED
from alerts.outbox import queue, standing
from alerts.outbox.delivery import TOLD_BEFORE, Delivery, Outcome, State
from alerts.tables import delivery as deliveries
from alerts.tier import Tier
from pipeline.world import Mode, World
from tests.alerts.night import EXERCISE, WALL, attempt

LATER = WALL + queue.LEASE + timedelta(seconds=1)


def parcel(key="a", **changes) -> Delivery:
    plain = Delivery(
        key=key,
        world=EXERCISE,
        message_id="m",
        contact_ref="p",
        channel="email",
        purpose="villager",
        tier=Tier.RED,
        decide_by=None,
        expires_at=WALL + timedelta(hours=6),
        created_at=WALL,
    )
    return replace(plain, **changes)


@pytest.fixture
def queued(engine):
    """Give a function that queues deliveries."""

    def put(*wanted):
        with engine.begin() as connection:
            return queue.enqueue(connection, wanted)

    return put


def leased(engine, by="me", now=WALL, limit=10):
    with engine.begin() as connection:
        wanted = queue.Wanted("email", now, at_most=limit)
        return queue.lease(connection, EXERCISE, wanted, by=by, now=now)


def begun(engine, one, by="me", now=WALL):
    with engine.begin() as connection:
        return queue.begin(connection, one, by=by, now=now)


def finished(engine, one, outcome, now=WALL):
    with engine.begin() as connection:
        return queue.finish(connection, one, outcome, now=now)


def found(engine, key="a"):
    with engine.connect() as connection:
        return queue.find(connection, key)


def test_queueing_again_is_a_no_op(engine, queued):
    assert queued(parcel(), parcel("b")) == 2
    assert queued(parcel(), parcel("b", tier=Tier.BLUE)) == 0
    assert found(engine, "b").tier is Tier.RED


def test_nothing_of_a_replay_is_queued_not_even_beside_others(engine, queued):
    replay = World("valley", Mode.REPLAY, "r")
    with pytest.raises(Refused):
        queued(parcel(), parcel("b", world=replay))
    assert found(engine) is None


def test_a_lease_is_one_senders_until_it_ends(engine, queued):
    queued(parcel())
    assert [d.key for d in leased(engine)] == ["a"]
    assert leased(engine, by="you") == []
    assert leased(engine, by="you", now=LATER) == []
    with engine.begin() as connection:
        assert queue.recover(connection, EXERCISE, now=LATER) == []
    assert [d.key for d in leased(engine, by="you", now=LATER)] == ["a"]


def test_who_lost_a_lease_opens_no_attempt(engine, queued):
    queued(parcel())
    (mine,) = leased(engine)
    with engine.begin() as connection:
        queue.recover(connection, EXERCISE, now=LATER)
    leased(engine, by="you", now=LATER)
    assert begun(engine, mine, now=LATER) is State.LEASED
    with engine.connect() as connection:
        assert connection.execute(select(attempt)).all() == []


@pytest.mark.parametrize(("tier", "again"), [(Tier.RED, True), (Tier.YELLOW, False)])
def test_an_attempt_that_was_open_when_its_sender_died_is_uncertain(engine, queued, tier, again):
    queued(parcel(tier=tier))
    begun(engine, *leased(engine))
    with engine.begin() as connection:
        (lost,) = queue.recover(connection, EXERCISE, now=LATER)
    assert lost.key == "a"
    assert found(engine).state is State.UNCERTAIN
    assert bool(leased(engine, now=LATER)) == again


def test_a_late_answer_and_a_recovery_that_meet_both_get_through(engine, queued):
    queued(parcel())
    slow = begun(engine, *leased(engine))
    answered = []
    answer = threading.Thread(
        target=lambda: answered.append(finished(engine, slow, Outcome.ACCEPTED, now=LATER))
    )
    with engine.begin() as connection:
        connection.execute(select(deliveries).with_for_update())
        answer.start()
        time.sleep(0.5)
        assert queue.recover(connection, EXERCISE, now=LATER)
    answer.join(10)
    assert [verdict.state for verdict in answered] == [State.ACCEPTED]
    assert found(engine).state is State.ACCEPTED


def test_only_the_channel_that_is_asked_for_is_leased(engine, queued):
    queued(parcel(), parcel("b", channel="file"), parcel("c", channel="file", next_at=LATER))
    with engine.begin() as connection:
        assert queue.channels_due(connection, EXERCISE, due=WALL) == ["email", "file"]
        wanted = queue.Wanted("file", WALL, at_most=9)
        taken = queue.lease(connection, EXERCISE, wanted, by="me", now=LATER)
        assert queue.channels_due(connection, EXERCISE, due=WALL) == ["email"]
    assert [d.key for d in taken] == ["b"]


def test_every_attempt_leaves_its_trace(engine, queued):
    queued(parcel())
    for number, outcome in enumerate((Outcome.TEMPORARY, Outcome.UNCERTAIN, Outcome.ACCEPTED)):
        at = WALL + number * timedelta(minutes=10)
        finished(engine, begun(engine, *leased(engine, now=at), now=at), outcome, now=at)
    with engine.connect() as connection:
        rows = connection.execute(select(attempt).order_by(attempt.c.number)).all()
    assert [(r.number, r.outcome) for r in rows] == [
        (1, "temporary"),
        (2, "uncertain"),
        (3, "accepted"),
    ]
    assert found(engine).state is State.ACCEPTED
    assert leased(engine, now=LATER + timedelta(hours=1)) == []


def test_other_worlds_deliveries_are_not_leased(engine, queued):
    queued(
        parcel("live", world=World("valley", Mode.LIVE, "-")),
        parcel("other", world=World("valley", Mode.EXERCISE, "x9")),
        parcel("site", world=World("hills", Mode.EXERCISE, "x1")),
    )
    assert leased(engine) == []


def test_the_highest_tier_and_the_earliest_hour_come_first(engine, queued):
    soon, late = WALL + timedelta(hours=1), WALL + timedelta(hours=2)
    queued(
        parcel("yellow", tier=Tier.YELLOW, decide_by=soon),
        parcel("red-open"),
        parcel("red-late", decide_by=late),
        parcel("red-soon", decide_by=soon),
        parcel("orange", tier=Tier.ORANGE, decide_by=soon),
    )
    assert [d.key for d in leased(engine)] == [
        "red-soon",
        "red-late",
        "red-open",
        "orange",
        "yellow",
    ]


def test_of_one_hour_who_needs_help_goes_first_and_then_the_more_people(engine, queued):
    soon, late = WALL + timedelta(hours=1), WALL + timedelta(hours=2)
    queued(
        parcel("few", decide_by=late, rank=3),
        parcel("soonest", decide_by=soon),
        parcel("many", decide_by=late, rank=400),
        parcel("help", decide_by=late, rank=NEED + 1),
        parcel("orange-help", tier=Tier.ORANGE, decide_by=soon, rank=NEED + 9),
    )
    first_to_last = ["soonest", "help", "many", "few", "orange-help"]
    assert [d.key for d in leased(engine)] == first_to_last


def test_nobody_who_was_told_nothing_waits_for_who_is_told_once_more(engine, queued):
    soon, late = WALL + timedelta(hours=1), WALL + timedelta(hours=2)
    queued(
        parcel("again", decide_by=soon, rank=NEED - TOLD_BEFORE),
        parcel("new", decide_by=late),
        parcel("new-orange", tier=Tier.ORANGE, decide_by=soon, rank=NEED),
    )
    assert [d.key for d in leased(engine)] == ["new", "again", "new-orange"]


def test_what_a_person_must_look_at_is_listed(engine, queued):
    queued(parcel(), parcel("b", tier=Tier.YELLOW), parcel("c"))
    for one, outcome in zip(
        leased(engine), (Outcome.PERMANENT, Outcome.ACCEPTED, Outcome.UNCERTAIN), strict=True
    ):
        finished(engine, begun(engine, one), outcome)
    with engine.connect() as connection:
        states = {u.state for u in standing.unsettled(connection, EXERCISE)}
        counts = standing.progress(connection, EXERCISE, ["m"])
    assert states == {State.FAILED_FINAL, State.UNCERTAIN}
    assert sum(counts["m"].values()) == 3
