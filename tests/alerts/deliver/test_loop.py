"""The sender that runs by itself: polls, survives a bad minute, and drains when told to stop."""

import os
import signal
import threading

import pytest

from alerts.deliver import loop, stop_on_signals
from alerts.errors import AlertError
from alerts.issue import Minute
from alerts.roster import CONTACTS
from pipeline import clock
from pipeline.database import connect
from tests.alerts.night import FLOOD, delivery, levels, nobody


def now() -> Minute:
    return Minute(clock.now(), FLOOD)


def run(night, stop, present=None):
    thread = threading.Thread(
        target=loop,
        args=(night.engine, night.settings, present or (lambda: night.world), night.channels),
        kwargs={"stop": stop, "chase": nobody},
    )
    thread.start()
    return thread


def until(condition, seconds=20):
    waiting = threading.Event()
    for _ in range(seconds * 20):
        if condition():
            return
        waiting.wait(0.05)
    raise AssertionError("not in time")


def test_what_is_queued_while_it_runs_is_sent(night, post):
    stop = threading.Event()
    thread = run(night, stop)
    night.warned(levels(hekou=4), at=now())
    until(lambda: len(post.mails) == len(night.rows(delivery)) > 0)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_a_bad_minute_does_not_end_it(night, post):
    stop, failures = threading.Event(), iter([AlertError("no exercise"), OSError("disk")])

    def present():
        for failure in failures:
            raise failure
        return night.world

    contacts = night.home / CONTACTS
    night.warned(levels(hekou=4), at=now())
    contacts.chmod(0o644)
    thread = run(night, stop, present)
    stop.wait(1.5)
    assert post.mails == []
    contacts.chmod(0o600)
    until(lambda: len(post.mails) == len(night.rows(delivery)) > 0)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_it_nothing_is_left_leased(night, post, engine_url, number):
    night.warned(levels(hekou=4, baishi=4, nanping=4), at=now())
    night.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            loop(
                connect(engine_url),
                night.settings,
                lambda: night.world,
                night.channels,
                stop=stop_on_signals(),
                chase=nobody,
            )
        finally:
            os._exit(0)
    until(lambda: len(post.mails) > 0)
    os.kill(child, number)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert "leased" not in night.states()
    assert set(night.states()) <= {"accepted", "pending"}
    assert set(post.accepted().values()) == {1}
    assert night.states()["accepted"] == len(post.mails)
