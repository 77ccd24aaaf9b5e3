"""Nothing is lost and nothing doubled, whatever the mail server does."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from alerts.deliver import deliver_once
from alerts.errors import Refused
from alerts.outbox import queue
from alerts.outbox.delivery import State
from alerts.roster import CONTACTS
from pipeline.world import Mode, World
from tests.alerts.deliver.test_loop import until
from tests.alerts.night import (
    HOUR,
    SLOT,
    WALL,
    attempt,
    delivery,
    levels,
    message,
    only,
)

PERSON = "hekou/responsible"
NAME = "hekou-responsible"
BUDGETS_S = {"stall recipient": 0.5, "stall text": 4}
"""Only a server that stalls spends it all; who is to come as far as the text needs some of it."""
PATIENCE_S = 50
"""Longer than any machine takes for the healthy, and less than a dead receiver stalls."""


@pytest.fixture
def one(night, post):
    """Leave one person, to whom red is queued for each of the village's places."""
    only(night, PERSON)
    return night


def test_everybody_gets_the_mail_once(night, post):
    night.warned(levels(hekou=4))
    queued = len(night.rows(delivery))
    assert night.delivered().states == {State.ACCEPTED: queued}
    assert night.delivered(after_s=1).states == {}
    assert set(post.accepted().values()) == {1}
    assert len(post.mails) == queued


def test_a_mail_bears_the_stored_text_in_the_readers_language_and_its_answer_link(night, post):
    night.warned(levels(hekou=4))
    night.delivered()
    stored = {row.body.splitlines()[1] for row in night.rows(message)}
    mail = post.of("hekou-responsible-deputy")[0]
    lines = mail.get_content().splitlines()
    assert lines[0] == lines[-1] == "EXERCISE"
    assert lines[1] in stored
    assert "http://127.0.0.1:8091/ack/" in lines[-2]
    assert "演练" in post.of(NAME)[0]["Subject"]


@pytest.mark.parametrize(
    ("how", "state", "kept"),
    [
        ("451 recipient", State.FAILED_RETRY, 0),
        ("451 text", State.FAILED_RETRY, 0),
        ("550 recipient", State.FAILED_FINAL, 0),
        ("550 text", State.FAILED_FINAL, 0),
        ("stall recipient", State.FAILED_RETRY, 0),
        ("stall text", State.UNCERTAIN, 0),
        ("hang up on text", State.UNCERTAIN, 0),
        ("accept and hang up", State.UNCERTAIN, 1),
    ],
)
def test_each_failure_of_the_server_is_told_for_what_it_is(one, post, how, state, kept):
    one.budget_s = BUDGETS_S.get(how, 20)
    post.default = how
    one.warned(levels(hekou=4))
    one.delivered()
    assert set(one.states()) == {state.value}
    assert set(post.accepted().values()) == ({kept} if kept else set())


def test_what_was_not_taken_is_sent_again_and_arrives_once(one, post):
    post.default, post.times = "451 recipient", {NAME: 1}
    one.warned(levels(hekou=2))
    assert one.delivered().states == {State.FAILED_RETRY: 1}
    assert one.delivered(after_s=1).states == {}
    assert one.delivered(after_s=300).states == {State.ACCEPTED: 1}
    assert set(post.accepted().values()) == {1}


def test_an_uncertain_red_is_sent_once_more_under_the_same_id_and_no_further(one, post):
    post.default = "accept and hang up"
    one.warned(levels(hekou=4))
    for later in (0, 300, 600):
        one.delivered(after_s=later)
    assert set(post.accepted().values()) == {2}
    assert all(row.ended_at is not None for row in one.rows(delivery))


def test_an_uncertain_yellow_is_left_to_the_officer(one, post):
    post.default = "accept and hang up"
    one.warned(levels(hekou=2))
    for later in (0, 300):
        one.delivered(after_s=later)
    assert set(post.accepted().values()) == {1}
    assert one.states() == {"uncertain": 1}


def test_a_repeat_is_the_same_bytes(one, post):
    post.default = "accept and hang up"
    one.warned(levels(hekou=4))
    for later in (0, 300):
        one.delivered(after_s=later)
    assert set(post.accepted().values()) == {2}
    by_id = {}
    for _, mail in post.mails:
        by_id.setdefault(mail["Message-ID"], set()).add(mail.as_bytes())
    assert {len(copies) for copies in by_id.values()} == {1}


def test_a_dead_receiver_holds_up_nobody_else(night, post):
    night.budget_s = PATIENCE_S
    post.behaviour = {NAME: "stall recipient"}
    night.warned(levels(hekou=4, baishi=4, nanping=4))
    others = [row for row in night.rows(delivery) if row.contact_ref != PERSON]
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(night.delivered)
        try:
            until(lambda: len(post.mails) == len(others) > 0, seconds=PATIENCE_S - 10)
            assert post.tries[NAME]
            assert not post.of(NAME)
            assert not sending.done()
        finally:
            post.woken.set()
    assert sending.result().states == {State.ACCEPTED: len(night.rows(delivery))}


def test_the_most_urgent_leave_first(night, post):
    night.warned(levels(hekou=2, baishi=4, nanping=3))
    with night.engine.begin() as connection:
        wanted = queue.Wanted("email", WALL, at_most=1000)
        leased = queue.lease(connection, night.world, wanted, by="me", now=WALL)
    order = [(-d.tier, d.decide_by is None, d.decide_by) for d in leased]
    assert order == sorted(order)
    assert len({d.tier for d in leased}) == 3


def test_two_senders_on_one_queue_send_each_once(night, post):
    night.warned(levels(hekou=4, baishi=4, nanping=3))
    with ThreadPoolExecutor(2) as pool:
        passes = list(pool.map(lambda _: night.delivered(), range(2)))
    assert sum(p.states.get(State.ACCEPTED, 0) for p in passes) == len(night.rows(delivery))
    assert set(post.accepted().values()) == {1}


def test_a_newer_order_replaces_one_that_has_not_left(one, post):
    one.warned(levels(hekou=3))
    one.warned(levels(SLOT + HOUR, hekou=4))
    one.delivered()
    assert {row.state for row in one.rows(delivery) if row.tier == 3} == {"superseded"}
    assert {row.state for row in one.rows(delivery) if row.tier == 4} == {"accepted"}


def test_an_older_order_never_replaces_a_newer_one(one, post):
    one.warned(levels(hekou=3))
    one.delivered()
    one.warned(levels(SLOT + HOUR, hekou=4))
    one.delivered()
    assert set(one.states()) == {"accepted"}


def test_an_old_message_is_not_sent(one, post):
    one.warned(levels(hekou=4))
    one.delivered(after_s=7 * 3600)
    assert set(one.states()) == {"expired"}
    assert post.mails == []


def test_a_sender_of_one_mode_refuses_every_other_world(night, post):
    night.warned(levels(hekou=4))
    for world in (World("valley", Mode.LIVE, "-"), World("valley", Mode.REPLAY, "r")):
        with pytest.raises(Refused):
            deliver_once(
                night.engine, night.settings, world, night.roster, night.channels, now=WALL
            )
    assert post.mails == []


def test_a_deployment_that_replays_sends_nothing_of_any_world(night, post):
    settings = replace(night.settings, mode=Mode.REPLAY)
    with pytest.raises(Refused):
        deliver_once(night.engine, settings, night.world, night.roster, night.channels, now=WALL)


def test_the_database_itself_takes_no_delivery_of_a_replay(night, post):
    night.warned(levels(hekou=4))
    row = night.rows(delivery)[0]._asdict() | {"mode": "replay", "delivery_key": "planted"}
    with pytest.raises(IntegrityError), night.engine.begin() as connection:
        connection.execute(insert(delivery).values(**row))


def test_a_delivery_of_a_replay_that_was_planted_all_the_same_is_never_sent(night, post):
    loosen = {
        "sqlite": "PRAGMA ignore_check_constraints=ON",
        "postgresql": "ALTER TABLE delivery DROP CONSTRAINT delivery_mode",
    }[night.engine.dialect.name]
    night.warned(levels(hekou=4))
    row = night.rows(delivery)[0]._asdict()
    planted = row | {"mode": "replay", "world_id": "r", "delivery_key": "planted"}
    with night.engine.begin() as connection:
        connection.execute(text(loosen))
        connection.execute(insert(delivery).values(**planted))
    night.delivered()
    with night.engine.connect() as connection:
        kept = queue.find(connection, "planted")
    assert kept is not None
    assert kept.state is State.PENDING
    assert "planted" not in str(post.accepted())


def test_an_exercise_reaches_nobody_who_is_not_marked_for_it(one, post):
    path = one.home / CONTACTS
    path.write_text(path.read_text().replace("exercise = true", "exercise = false"))
    one.warned(levels(hekou=4))
    one.delivered()
    assert set(one.states()) == {"failed_final"}
    assert post.mails == []


def test_no_address_reaches_a_log_or_the_database(one, post, caplog):
    caplog.set_level(logging.DEBUG)
    path = one.home / CONTACTS
    secret = "wang-xiaoming-13812345678"
    path.write_text(path.read_text().replace(f"{NAME}@", f"{secret}@"))
    for hour, how in enumerate(("550 recipient", "451 text", "stall text")):
        post.default, one.budget_s = how, BUDGETS_S.get(how, 20)
        one.warned(levels(SLOT + hour * HOUR, hekou=2 + hour))
        one.delivered(after_s=600 * hour)
    assert set(one.states()) == {"failed_final", "superseded", "uncertain"}
    ours = [r.getMessage() + str(r.exc_text) for r in caplog.records if r.name != "mail.log"]
    assert secret not in "\n".join(ours)
    for table in (delivery, attempt, message):
        assert secret not in str(one.rows(table))


def test_a_channel_that_breaks_leaves_the_delivery_uncertain(one, post):
    class Broken:
        def send(self, parcel):
            raise ValueError(parcel.address.get_secret_value())

    one.warned(levels(hekou=2))
    one.delivered(channels={"email": Broken()})
    assert one.states() == {"uncertain": 1}
    assert "@" not in str(one.rows(attempt))


def test_a_file_is_a_channel_too(night, post):
    path = night.home / CONTACTS
    path.write_text(
        path.read_text().replace('email = "hekou', 'channels = ["file"]\nemail = "hekou')
    )
    only(night, PERSON)
    night.warned(levels(hekou=4))
    night.delivered()
    written = list((night.home / "outgoing").glob("*.txt"))
    assert len(written) == len(night.rows(delivery)) > 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in written)
    assert post.mails == []
