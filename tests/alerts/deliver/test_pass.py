"""One pass: each row once, each channel by itself, and an end whatever the providers do."""

import os
import signal
import socket
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import update

from alerts import deliver
from alerts.deliver import loop
from alerts.errors import SendError
from alerts.issue import Minute
from alerts.outbox import delivery as rules
from alerts.outbox import line
from alerts.outbox.delivery import State
from alerts.roster import CONTACTS
from pipeline import clock
from pipeline.database import connect
from tests.alerts.night import FLOOD, attempt, delivery, levels, message, nobody

MANY = 20


class Tube:
    """A channel that does what it is told to for the nth parcel that it is given."""

    def __init__(self, behave=lambda nth: None):
        self.behave = behave
        self.seen = Counter()
        self.guard = threading.Lock()

    def send(self, parcel):
        with self.guard:
            self.seen[parcel.key] += 1
            nth = self.seen.total()
        self.behave(nth)


@pytest.fixture
def silence():
    """Give the port of a server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listening:
        yield listening.getsockname()[1]


def by_file(night, village):
    path = night.home / CONTACTS
    said = f'email = "{village}'
    path.write_text(path.read_text().replace(said, f'channels = ["file"]\n{said}'))


def test_a_silent_provider_ends_its_own_turn_and_holds_up_no_other_channel(night, silence):
    night.port, night.budget_s = silence, 2.0
    by_file(night, "nanping")
    night.warned(levels(hekou=4, baishi=4, nanping=2))
    mails = [row for row in night.rows(delivery) if row.channel == "email" and row.tier == 4]
    assert len(mails) >= MANY
    night.delivered()
    ended = {outcome: [] for outcome in ("temporary", "accepted")}
    for row in night.rows(attempt):
        ended[row.outcome].append(row.ended_at)
    assert len(ended["temporary"]) <= deliver.AT_ONCE + line.GIVEN_UP_AFTER
    assert len(list((night.home / "outgoing").glob("*.txt"))) == len(ended["accepted"]) > 0
    assert max(ended["accepted"]) < min(ended["temporary"])
    assert {row.number for row in night.rows(attempt)} == {1}
    assert set(night.states()) == {"accepted", "failed_retry", "pending"}


def test_a_pass_tries_each_row_once_however_soon_it_is_due_again(night, monkeypatch):
    monkeypatch.setattr(rules, "FIRST_RETRY", timedelta(microseconds=1))

    def refuse(nth):
        if nth > 500:
            raise SendError("enough", retryable=False)
        raise SendError("not now", retryable=True)

    night.warned(levels(hekou=4))
    tube = Tube(refuse)
    night.delivered(channels={"email": tube})
    assert set(tube.seen.values()) == {1}
    assert night.states() == {"failed_retry": len(tube.seen)}


def test_a_pass_takes_up_nothing_after_its_time_and_the_next_one_does(night, monkeypatch):
    monkeypatch.setattr(deliver, "PASS_S", 0.5)
    night.warned(levels(hekou=4, baishi=4, nanping=4))
    slow = Tube(lambda _nth: time.sleep(0.4))
    night.delivered(channels={"email": slow})
    assert set(night.states()) == {"accepted", "pending"}
    monkeypatch.undo()
    night.delivered(after_s=60, channels={"email": Tube()})
    assert set(night.states()) == {"accepted"}


def test_a_provider_that_is_reached_again_is_not_given_up(night):
    """Failures count in a row: a line that only flickers carries everything."""

    def flicker(nth):
        if nth % 2:
            raise deliver.Unreachable("a moment")

    night.warned(levels(hekou=4, baishi=4))
    tube = Tube(flicker)
    queued = len(night.rows(delivery))
    for later in range(0, 3600, 60):
        night.delivered(after_s=later, channels={"email": tube})
    assert night.states() == {"accepted": queued}


def test_a_row_of_a_channel_that_nobody_knows_ends(night):
    night.warned(levels(hekou=2))
    night.delivered(channels={"file": Tube()})
    assert set(night.states()) == {"failed_final"}


def test_an_interrupted_pass_sends_nothing_but_what_is_in_its_hands(night, engine_url):
    night.warned(levels(hekou=4, baishi=4, nanping=4))
    night.engine.dispose()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            night.engine = connect(engine_url)
            night.delivered(channels={"email": Tube(lambda _nth: time.sleep(0.5))})
        except KeyboardInterrupt:
            code = 0
        finally:
            os._exit(code)
    for _ in range(200):
        if "accepted" in night.states():
            break
        time.sleep(0.05)
    os.kill(child, signal.SIGINT)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert set(night.states()) == {"accepted", "pending"}
    assert night.states()["accepted"] <= 3 * deliver.AT_ONCE < len(night.rows(delivery))


@pytest.fixture
def poisoned(night):
    """Queue red for a village, and spoil one message so that this code cannot read it."""
    night.warned(levels(hekou=4), at=Minute(clock.now(), FLOOD))
    (spoilt, *_) = sorted({row.message_id for row in night.rows(delivery)})
    with night.engine.begin() as connection:
        connection.execute(
            update(message)
            .where(message.c.message_id == spoilt)
            .values(provenance=b'{"of_a_later_version": "wang@mailbox.invalid"}')
        )
    return spoilt


def test_a_message_that_cannot_be_read_fails_alone_and_says_only_its_kind(
    night, post, poisoned, caplog
):
    stop = threading.Event()
    arguments = (night.engine, night.settings, lambda: night.world, night.channels)
    thread = threading.Thread(target=loop, args=arguments, kwargs={"stop": stop, "chase": nobody})
    thread.start()
    for _ in range(200):
        if not {"pending", "leased"} & set(night.states()):
            break
        stop.wait(0.05)
    assert thread.is_alive()
    stop.set()
    thread.join(10)
    lost = {r.delivery_key for r in night.rows(delivery) if r.message_id == poisoned}
    for row in night.rows(delivery):
        assert row.state == ("failed_final" if row.delivery_key in lost else "accepted")
    details = {r.detail for r in night.rows(attempt) if r.delivery_key in lost}
    assert details == {"TypeError"}
    assert "wang@" not in caplog.text


def test_the_loop_outlives_whatever_a_pass_raises(night, post, caplog):
    stop, fresh = threading.Event(), Minute(clock.now(), FLOOD)
    failures = iter([TypeError("wang@mailbox.invalid"), KeyError("wang@mailbox.invalid")])

    def present():
        for failure in failures:
            raise failure
        stop.set()
        return night.world

    night.warned(levels(hekou=2), at=fresh)
    loop(night.engine, night.settings, present, night.channels, stop=stop, chase=nobody)
    assert stop.is_set()
    assert "wang@" not in caplog.text
    assert night.states() == {State.PENDING.value: len(night.rows(delivery))}
