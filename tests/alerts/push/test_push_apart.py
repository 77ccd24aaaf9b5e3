"""Pushes stand behind people: whatever a receiver does, orders go; and the outbox's laws hold."""

import os
import signal
import threading
import time
from dataclasses import replace

import pytest

from alerts import takeover
from alerts.channels import channels
from alerts.deliver import loop
from alerts.issue import Minute
from alerts.outbox import watched
from alerts.outbox.delivery import PUSH
from alerts.tables import cap_alert
from alerts.takeover import Host
from alerts.watchdog.ledger_facts import audited
from pipeline import clock
from pipeline.database import connect, reading
from tests.alerts.channels.receiver import said, silent
from tests.alerts.deliver.test_loop import until
from tests.alerts.night import FLOOD, HOUR, WALL, delivery, levels, nobody
from tests.alerts.push.pushed import BY, at, bodies, hours, kept, named, passed, states

EVERY = {"hekou": 4, "baishi": 4, "nanping": 4, "xiaqiao": 4}


def told(night) -> list[str]:
    """Return where the deliveries to people stand."""
    return [row.state for row in night.rows(delivery) if row.purpose != PUSH]


def test_while_a_receiver_says_nothing_a_new_order_reaches_its_people(pushed, receiver, post):
    receiver.default = silent
    ways = {**pushed.channels, "cap": channels(pushed.settings)["cap"]}
    stop = threading.Event()
    thread = threading.Thread(
        target=loop,
        args=(pushed.engine, pushed.settings, lambda: pushed.world, ways),
        kwargs={"stop": stop, "chase": nobody},
    )
    pushed.warned(levels(hekou=4), at=Minute(clock.now(), FLOOD))
    thread.start()
    until(lambda: receiver.posted)
    pushed.warned(levels(FLOOD, hekou=4, baishi=4), at=Minute(clock.now(), FLOOD))
    asked_at = time.monotonic()
    until(lambda: "pending" not in told(pushed) and "leased" not in told(pushed))
    took_s = time.monotonic() - asked_at
    still = states(pushed)
    stop.set()
    receiver.over.set()
    thread.join(20)
    receiver.over.clear()
    assert not thread.is_alive()
    assert "leased" in still  # it says nothing yet
    assert set(told(pushed)) <= {"accepted", "superseded"}
    assert took_s < 7


def test_a_receiver_that_is_not_there_stops_neither_people_nor_another_receiver(
    night, receiver, post, monkeypatch
):
    monkeypatch.setenv("CAP_TV", "https://localhost:9/none")
    named(night, tv="exercise = true", radio="exercise = true")
    night.warned(levels(**EVERY))
    passed(night)
    assert set(told(night)) == {"accepted"}
    assert sorted(bodies(receiver, "/radio")) == sorted(kept(night))
    rows = [row for row in night.rows(delivery) if row.channel == "cap:tv"]
    # after three in a row it is left alone for the pass
    assert sorted(row.attempts for row in rows) == [0, 1, 1, 1]


@pytest.mark.parametrize("status", [204, 410, 500])
def test_a_receiver_is_asked_no_more_in_a_minute_than_it_takes_and_people_wait_for_nothing(
    night, receiver, post, status
):
    receiver.default = said(status)
    named(night, tv="exercise = true\nper_minute = 2")
    night.warned(levels(**EVERY))
    for minutes in (0, 0.3, 0.6):
        passed(night, minutes=minutes)
        assert len(receiver.posted) == 2
    assert set(told(night)) == {"accepted"}
    passed(night, minutes=1.1)
    assert len(receiver.posted) == 4


def test_the_reds_are_pushed_first(night, receiver):
    named(night, tv="exercise = true\nper_minute = 1")
    night.warned(levels(hekou=2, baishi=4, nanping=3))
    passed(night)
    (row,) = [row for row in night.rows(delivery) if row.purpose == PUSH and row.attempts]
    assert row.tier == 4


def test_an_address_that_is_set_later_lets_what_waited_through(pushed, receiver, monkeypatch):
    address = receiver.url + "/tv"
    monkeypatch.delenv("CAP_TV")
    pushed.warned(levels(hekou=4))
    passed(pushed)
    assert states(pushed) == ["failed_retry"]
    monkeypatch.setenv("CAP_TV", address)
    passed(pushed, minutes=1)
    assert states(pushed) == ["accepted"]


def test_an_address_without_tls_is_posted_to_by_nobody(pushed, receiver, monkeypatch):
    monkeypatch.setenv("CAP_TV", receiver.url.replace("https", "http") + "/tv")
    pushed.warned(levels(hekou=4))
    passed(pushed)
    assert (receiver.posted, states(pushed)) == ([], ["failed_retry"])


def test_each_alert_has_its_push_from_the_moment_that_it_is_kept(night, receiver):
    named(night, tv="exercise = true", radio="exercise = true")
    hours(night, 2, 3, 4)
    alerts, rows = night.rows(cap_alert), night.rows(delivery)
    pushes = [row for row in rows if row.purpose == PUSH]
    assert len(pushes) == 2 * len(alerts) > 0
    assert len({row.delivery_key for row in pushes}) == len(pushes)


def test_two_senders_push_each_alert_once_and_in_order(pushed, receiver):
    for hour in range(3):
        hours(pushed, 4 if hour else 2, begin=hour)
        receiver.default = said(503)
        passed(pushed, minutes=hour * 60)
    receiver.default, receiver.posted = said(204), []
    senders = [
        threading.Thread(target=passed, args=(pushed,), kwargs={"minutes": 123 + beat})
        for beat in range(4)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    open_still = kept(pushed)[-len(receiver.posted) :]
    assert bodies(receiver) == open_still


def test_a_sender_that_is_killed_while_a_receiver_is_silent_costs_one_repeat_of_the_same(
    pushed, receiver, engine_url
):
    receiver.default = silent
    pushed.warned(levels(hekou=4), at=Minute(clock.now(), FLOOD))
    pushed.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            ways = {**pushed.channels, "cap": channels(pushed.settings)["cap"]}
            present, stop = (lambda: pushed.world), threading.Event()
            loop(connect(engine_url), pushed.settings, present, ways, stop=stop, chase=nobody)
        finally:
            os._exit(0)
    until(lambda: receiver.posted)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert states(pushed) == ["leased"]
    receiver.default = said(204)
    later = (clock.now() - WALL).total_seconds() / 60 + 2
    for minutes in (later, later + 1, later + 2):
        passed(pushed, minutes=minutes)
    assert states(pushed) == ["accepted"]
    assert bodies(receiver) == kept(pushed) * 2
    assert len({each.headers["idempotency-key"] for each in receiver.posted}) == 1


def test_after_a_takeover_no_alert_is_pushed_before_a_person_lets_it_go(pushed, receiver):
    receiver.default = said(503)
    pushed.warned(levels(hekou=4))
    passed(pushed)
    host = Host(pushed.engine, pushed.settings, pushed.world, pushed.roster)
    takeover.take_over(host, BY, now=at(1).wall)
    receiver.default, receiver.posted = said(204), []
    with pytest.raises(Exception, match="nothing is sent"):
        passed(pushed, minutes=2)
    listed = takeover.listed(host, now=at(2).wall).deliveries
    assert "cap:tv" in {each.channel for each in listed}
    takeover.release(host, BY, (), now=at(3).wall)
    passed(pushed, minutes=4)
    assert receiver.posted == []
    mine = [each.key for each in listed if each.channel == "cap:tv"]
    takeover.release(host, BY, mine, now=at(5).wall)
    passed(pushed, minutes=6)
    assert bodies(receiver) == kept(pushed)


def test_an_older_alert_that_is_let_go_after_a_later_one_was_taken_is_not_pushed(pushed, receiver):
    receiver.default = said(503)
    pushed.warned(levels(hekou=2))
    passed(pushed)
    host = Host(pushed.engine, pushed.settings, pushed.world, pushed.roster)
    takeover.take_over(host, BY, now=at(1).wall)
    takeover.release(host, BY, (), now=at(2).wall)
    receiver.default, receiver.posted = said(204), []
    hours(pushed, 4, begin=1)
    passed(pushed, minutes=60)
    held = [row.delivery_key for row in pushed.rows(delivery) if row.purpose == PUSH]
    takeover.release(host, BY, [held[0]], now=at(61).wall)
    passed(pushed, minutes=62)
    assert bodies(receiver) == kept(pushed)[1:]
    assert states(pushed) == ["superseded", "accepted"]


def test_the_watch_finds_nothing_wrong_in_pushes_that_go_and_counts_those_that_failed(
    pushed, receiver, post
):
    receiver.default = said(410)
    pushed.warned(levels(hekou=4))
    passed(pushed)
    with reading(pushed.engine) as connection:
        now = WALL + HOUR
        found = audited(connection, pushed.desk, since=WALL - HOUR, now=now)
        bad = watched.ended_badly(connection, pushed.world, since=WALL - HOUR)
    assert found == ()
    assert {state.value: count for state, (count, _) in bad.items()} == {"failed_final": 1}


def test_the_watch_misses_an_alert_of_which_a_receiver_was_written_nothing(pushed, receiver):
    pushed.warned(levels(hekou=4))
    with pushed.engine.begin() as connection:
        connection.execute(delivery.delete().where(delivery.c.purpose == PUSH))
    with reading(pushed.engine) as connection:
        look = {"since": WALL - HOUR, "now": WALL}
        (found,) = audited(connection, pushed.desk, **look)
        edited = audited(connection, pushed.desk, named_since=WALL + HOUR, **look)
    assert found.rule == "missing"
    assert found.of in {f"{row.episode_id}/{row.revision:08}" for row in pushed.rows(cap_alert)}
    assert edited == ()  # what was written before the site named it asked another one


def test_a_push_that_waits_is_no_order_that_nobody_takes_up(pushed, receiver, post):
    named(pushed, tv="exercise = true\nper_minute = 1")
    pushed.warned(levels(**EVERY))
    passed(pushed)
    with reading(pushed.engine) as connection:
        assert "pending" in states(pushed)
        assert watched.due(connection, pushed.world, now=WALL + HOUR) == {}


def test_a_site_without_receivers_writes_no_push(night):
    night.pack = replace(night.desk.pack)
    night.warned(levels(hekou=4))
    assert PUSH not in {row.purpose for row in night.rows(delivery)}
