"""A sender that is killed anywhere loses nothing, and repeats at most once, under the same id."""

import os
import signal
from collections import Counter

import pytest

from alerts.outbox import queue
from alerts.outbox.delivery import Outcome, State
from alerts.outbox.queue import LEASE
from pipeline.database import connect
from pipeline.world import Mode, World
from tests.alerts.night import WALL, attempt, delivery, levels, only
from tests.faults.killed import die, killed_at

AFTER_LEASE_S = LEASE.total_seconds() + 1
PEOPLE = ("hekou/responsible", "baishi/responsible")
STRIDE = 1 if os.environ.get("FLOODWARN_EXHAUSTIVE") == "1" else 13
"""Every touch takes minutes; each run samples them."""


@pytest.fixture
def few(night, post):
    only(night, *PEOPLE)
    return night


def sent_until_quiet(night, *, first_s: float = AFTER_LEASE_S) -> None:
    """Run passes until nothing is waiting."""
    for later in range(20):
        night.delivered(after_s=first_s + 400 * later)
        if all(row.ended_at is not None for row in night.rows(delivery)):
            return
    raise AssertionError(night.states())


def copies(night, post) -> dict[str, int]:
    """Return how often each delivery was accepted."""
    ids = Counter({key.strip("<>").partition("@")[0]: n for key, n in post.accepted().items()})
    return {row.delivery_key: ids[row.delivery_key] for row in night.rows(delivery)}


def uncertain(night) -> set[str]:
    return {row.delivery_key for row in night.rows(attempt) if row.outcome == "uncertain"}


def judge(night, post) -> None:
    """Nothing lost; doubled once at most, and then it was known to be uncertain."""
    doubtful = uncertain(night)
    for row in night.rows(delivery):
        n = copies(night, post)[row.delivery_key]
        if row.state == "uncertain":
            assert row.tier < 3
            assert n <= 1
        else:
            assert row.state == "accepted"
            assert n == 1 or (n == 2 and row.delivery_key in doubtful)


def test_a_sender_killed_at_any_touch_of_the_database(few, post, engine_url):
    fatal, killed = 1, True
    while killed:
        few.world = World("valley", Mode.EXERCISE, f"x{fatal}")
        few.warned(levels(hekou=4, baishi=2))

        def step(engine):
            few.engine, mine = engine, few.engine
            few.delivered()
            few.engine = mine

        few.engine.dispose()
        killed = killed_at(fatal, engine_url, step)
        sent_until_quiet(few)
        judge(few, post)
        fatal += STRIDE
    assert fatal > 40


@pytest.mark.parametrize("stage", ["recipient", "text", "accepted"])
@pytest.mark.parametrize("level", [2, 4])
def test_a_sender_killed_in_the_middle_of_a_conversation(few, post, engine_url, stage, level):
    only(few, PEOPLE[0])
    few.warned(levels(hekou=level))
    few.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            few.engine = connect(engine_url)
            few.delivered()
        finally:
            os._exit(0)

    def kill(where, _name):
        if where == stage:
            os.kill(child, signal.SIGKILL)
            post.on = lambda *_: None

    post.on = kill
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    held = few.states()["leased"]
    few.delivered(after_s=5)
    assert few.states()["leased"] == held
    sent_until_quiet(few)
    judge(few, post)
    if level == 2:
        assert few.states() == {"uncertain": 1}


def test_a_kill_between_accepted_and_our_record_is_uncertain_and_repeats_once(
    few, post, engine_url
):
    class Fatal:
        """Sends, and dies before anyone can write that down."""

        def __init__(self, channel):
            self.channel = channel

        def send(self, parcel):
            self.channel.send(parcel)
            die()

    def step(engine):
        few.engine = engine
        few.delivered(channels={"email": Fatal(few.channels["email"])})

    only(few, PEOPLE[0])
    few.warned(levels(hekou=4))
    mine = few.engine
    mine.dispose()
    assert killed_at(0, engine_url, step)
    sent_until_quiet(few)
    doubtful = uncertain(few)
    assert doubtful
    assert set(copies(few, post).values()) <= {1, 2}
    for key, n in copies(few, post).items():
        assert n == 1 or key in doubtful
    assert few.states() == {"accepted": len(few.rows(delivery))}


def test_a_sender_that_was_only_slow_still_records_what_it_did(few, post):
    only(few, PEOPLE[0])
    few.warned(levels(hekou=2))
    with few.engine.begin() as connection:
        wanted = queue.Wanted("email", WALL)
        (leased,) = queue.lease(connection, few.world, wanted, by="slow", now=WALL)
        begun = queue.begin(connection, leased, by="slow", now=WALL)
    with few.engine.begin() as connection:
        assert queue.recover(connection, few.world, now=WALL + 2 * LEASE)
    assert few.states() == {"uncertain": 1}
    with few.engine.begin() as connection:
        queue.finish(connection, begun, Outcome.ACCEPTED, now=WALL + 2 * LEASE)
        kept = queue.find(connection, begun.key)
    assert kept.state is State.ACCEPTED
