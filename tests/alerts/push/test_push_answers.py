"""What a receiver of CAP answers, and what comes of it: believed, repeated, or asked about."""

import logging
from random import Random

import pytest
from sqlalchemy import MetaData, select

from alerts.handing_out import of_identifier
from alerts.outbox.delivery import PUSH
from tests.alerts.channels.receiver import said, silent
from tests.alerts.night import SLOT, attempt, delivery, levels
from tests.alerts.push.pushed import (
    MINUTES,
    TOKEN,
    at,
    bodies,
    kept,
    named,
    passed,
    states,
    texts,
)

ANSWERS = (said(204), said(204), said(503), said(500), said(410), said(200, b"<p>ok</p>"), b"")


def everything(engine) -> str:
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        return "\n".join(
            repr(row) for t in tables.tables.values() for row in connection.execute(select(t))
        )


# ------------------------------------------------------------------ what is answered


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (said(200), "accepted"),
        (said(202, b'{"status": "accepted"}'), "accepted"),
        (said(200, b'{"errcode": 1}'), "uncertain"),
        (said(200, b"<alert/>", Content_Type="application/xml"), "uncertain"),
        (said(429, Retry_After="300"), "failed_retry"),
        (said(500), "failed_retry"),
        (said(502), "failed_retry"),
        (said(503), "failed_retry"),
        (said(401), "failed_retry"),
        (said(400), "failed_final"),
        (said(422), "failed_final"),
        (said(302, Location="https://elsewhere.invalid/"), "failed_retry"),
        (b"garbage", "uncertain"),
        (silent, "uncertain"),
    ],
)
def test_an_answer_is_taken_for_what_it_says_and_nothing_secret_is_kept_or_logged(
    pushed, receiver, caplog, answer, state
):
    caplog.set_level(logging.DEBUG)
    receiver.default = answer
    pushed.warned(levels(hekou=4))
    passed(pushed, budget_s=1.0 if answer is silent else 8.0)
    assert states(pushed) == [state]
    told = everything(pushed.engine) + caplog.text
    assert not any(hidden in told for hidden in (TOKEN, "/tv", str(receiver.server_port)))


def test_a_receiver_whose_status_is_its_word_is_believed_whatever_it_adds(night, receiver):
    named(night, tv="exercise = true\nby_status = true")
    receiver.default = said(201, b"<alert/>", Content_Type="application/xml")
    night.warned(levels(hekou=4))
    passed(night)
    assert states(night) == ["accepted"]


def test_a_wish_to_be_left_alone_is_granted(pushed, receiver):
    receiver.default = said(429, Retry_After="300")
    pushed.warned(levels(hekou=4))
    passed(pushed)
    receiver.default = said(204)
    passed(pushed, minutes=4.9)
    assert len(receiver.posted) == 1
    passed(pushed, minutes=5.1)
    assert states(pushed) == ["accepted"]


def test_what_may_have_been_taken_is_repeated_a_few_times_and_then_a_person_must_ask(
    pushed, receiver
):
    receiver.default = b""
    pushed.warned(levels(hekou=4))
    for minutes in range(0, 40, 2):
        passed(pushed, minutes=minutes)
    assert len(receiver.posted) == 6
    assert len({each.body for each in receiver.posted}) == 1
    (row,) = [row for row in pushed.rows(delivery) if row.purpose == PUSH]
    assert (row.state, row.ended_at is None) == ("uncertain", False)


def test_an_alert_that_a_dead_sender_had_begun_is_pushed_again(pushed, receiver):
    pushed.warned(levels(hekou=4))
    passed(pushed)
    (row,) = [row for row in pushed.rows(delivery) if row.purpose == PUSH]
    with pushed.engine.begin() as connection:
        mine = delivery.c.delivery_key == row.delivery_key
        until = row.created_at + 60_000_000
        connection.execute(
            delivery.update()
            .where(mine)
            .values(state="leased", ended_at=None, lease_by="dead", lease_until=until)
        )
        opened = {"outcome": None, "ended_at": None}
        connection.execute(
            attempt.update().where(attempt.c.delivery_key == row.delivery_key).values(**opened)
        )
    passed(pushed, minutes=2)
    passed(pushed, minutes=4)
    assert states(pushed) == ["accepted"]
    assert bodies(receiver) == kept(pushed) * 2


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_answered_each_chain_is_taken_in_order_and_only_what_may_be_read(
    asked, receiver, seed
):
    draw, taken = Random(seed), []
    for step in range(16):
        if step % 2 == 0 and step < 12:
            slot = SLOT + step * 10 * MINUTES
            told = levels(slot, hekou=draw.choice((2, 3, 4)), baishi=draw.choice((0, 2, 4)))
            asked.warned(told, at=at(step * 10))
        receiver.default = said(204) if step > 12 else draw.choice(ANSWERS)
        receiver.posted = []
        passed(asked, minutes=step * 10 + draw.choice((0, 2, 4)))
        for body in bodies(receiver):
            (identifier,) = texts(body, "identifier")
            now = at(step * 10 + 5).wall
            copy = of_identifier(asked.engine, asked.world, identifier, now=now)
            assert copy.content == body
            taken += [identifier] if receiver.default == said(204) else []
    of_each = {}
    for identifier in taken:
        episode, _, revision = identifier.rpartition(".")
        of_each.setdefault(episode, []).append(int(revision))
    assert of_each
    assert all(revisions == sorted(set(revisions)) for revisions in of_each.values())
    assert not {"leased", "pending"} & set(states(asked))
