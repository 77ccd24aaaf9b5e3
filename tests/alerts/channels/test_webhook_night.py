"""A night whose people are reached by webhook: what is told of it, and what the database keeps."""

import json
import logging

import pytest
from sqlalchemy import MetaData, select

from alerts.channels import channels
from alerts.channels.webhook import WebhookChannel
from alerts.roster import CONTACTS
from tests.alerts.channels.receiver import receiving, said, silent
from tests.alerts.channels.test_webhook import OLD, holds
from tests.alerts.night import attempt, delivery, levels, message, only

PERSON, DEAD = "hekou/responsible", "hekou/responsible-deputy"
OFFICER = "county_duty-1"


@pytest.fixture(scope="module")
def open_receiver(certificate):
    with receiving(certificate) as server:
        yield server


@pytest.fixture
def receiver(open_receiver, monkeypatch, certificate):
    """Give a receiver that has heard nothing yet, as the deployment's environment knows it."""
    monkeypatch.setenv("HOOK", OLD)
    monkeypatch.setenv("FLOODWARN_CA_BUNDLE", str(certificate[0]))
    open_receiver.answers, open_receiver.default, open_receiver.posted = {}, said(204), []
    return open_receiver


def by_webhook(night, receiver, *refs):
    """Have those people reached by webhook alone, each at a place of their own."""
    path = night.home / CONTACTS
    head, *people = path.read_text().split("\n[[contacts]]\n")
    for index, person in enumerate(people):
        ref = next((ref for ref in refs if f'ref = "{ref}"\n' in person), None)
        if ref is not None:
            hook = (
                f'webhook = {{ url = "{receiver.url}/of/{ref}", credentials = ["HOOK"], '
                'allow_private = ["127.0.0.0/8", "::1/128"] }\nchannels = ["webhook"]\n'
            )
            people[index] = hook + person
    path.write_text("\n[[contacts]]\n".join([head, *people]))
    assert night.roster.faults == ()


def passed(night, *, after_s=0.0, budget_s=20.0):
    """Run a pass through the deployment's own channels."""
    made = dict(channels(night.settings))
    hook = made["webhook"]
    made["webhook"] = WebhookChannel(hook.credential, hook.now, hook.ca_bundle, budget_s)
    return night.delivered(after_s=after_s, channels=made)


def everything(engine) -> str:
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        return "\n".join(
            repr(row) for t in tables.tables.values() for row in connection.execute(select(t))
        )


def test_the_receiver_gets_the_stored_text_under_the_deliverys_own_key(night, receiver):
    only(night, PERSON)
    by_webhook(night, receiver, PERSON)
    night.warned(levels(hekou=4))
    passed(night)
    assert set(night.states()) == {"accepted"}
    rows = {row.delivery_key: row for row in night.rows(delivery)}
    texts = {row.message_id: row for row in night.rows(message)}
    assert {posted.headers["webhook-id"] for posted in receiver.posted} == set(rows)
    for posted in receiver.posted:
        assert holds(posted, OLD)
        sent = json.loads(posted.body)["data"]
        stored = texts[rows[posted.headers["webhook-id"]].message_id]
        assert sent["subject"] == stored.subject
        assert all(line in sent["body"] for line in stored.body.splitlines())
        assert "/ack/" in sent["body"]
        told = (sent["mode"], sent["village"], sent["place"], sent["action"], sent["audience"])
        assert told == ("exercise", "hekou", stored.place_id, stored.action, "villager")


def test_an_officers_machine_is_told_of_an_order_and_given_none(night, receiver):
    only(night, OFFICER)
    by_webhook(night, receiver, OFFICER)
    night.warned(levels(hekou=4))
    passed(night)
    told = [json.loads(posted.body) for posted in receiver.posted]
    about = [each for each in told if each["data"]["village"] is not None]
    assert {each["data"]["audience"] for each in about} == {"officer"}
    assert {each["type"] for each in about} == {"officer.informed"}
    assert {(each["data"]["place"], each["data"]["action"]) for each in about} == {(None, None)}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (said(200, b'{"errcode": 1}'), "uncertain"),
        (said(429, Retry_After="5"), "failed_retry"),
        (said(503), "failed_retry"),
        (said(404), "failed_retry"),
        (said(410), "failed_final"),
        (said(502), "uncertain"),
        (b"garbage", "uncertain"),
        (silent, "uncertain"),
    ],
)
def test_nothing_is_shown_as_accepted_that_was_not_and_nothing_secret_is_kept_or_logged(
    night, receiver, caplog, answer, state
):
    caplog.set_level(logging.DEBUG)
    only(night, PERSON)
    by_webhook(night, receiver, PERSON)
    receiver.default = answer
    night.warned(levels(hekou=4))
    passed(night, budget_s=1.0 if answer is silent else 20.0)
    assert set(night.states()) == {state}
    told = everything(night.engine) + caplog.text
    assert not any(hidden in told for hidden in (OLD, OLD[6:], "/of/", str(receiver.server_port)))


def test_an_uncertain_red_is_posted_once_more_under_the_same_id_and_no_further(night, receiver):
    only(night, PERSON)
    by_webhook(night, receiver, PERSON)
    receiver.default = b""
    night.warned(levels(hekou=4))
    for later in (0, 300, 600):
        passed(night, after_s=later)
    by_id = {}
    for posted in receiver.posted:
        by_id.setdefault(posted.headers["webhook-id"], []).append(posted.body)
    assert {len(bodies) for bodies in by_id.values()} == {2}
    assert all(first == second for first, second in by_id.values())


def test_a_receiver_that_is_not_there_stops_no_other(night, receiver):
    only(night, PERSON, DEAD)
    by_webhook(night, receiver, PERSON, DEAD)
    path = night.home / CONTACTS
    path.write_text(path.read_text().replace(f"{receiver.server_port}/of/{DEAD}", "9/of/none"))
    night.warned(levels(hekou=4))
    passed(night)
    ended = {row.contact_ref: row.state for row in night.rows(delivery)}
    assert ended == {PERSON: "accepted", DEAD: "failed_retry"}


def test_a_secret_that_is_set_later_lets_what_waited_through(night, receiver, monkeypatch):
    only(night, PERSON)
    by_webhook(night, receiver, PERSON)
    monkeypatch.delenv("HOOK")
    night.warned(levels(hekou=4))
    passed(night)
    assert set(night.states()) == {"failed_retry"}
    assert {row.detail for row in night.rows(attempt)} == {
        "webhook: credential HOOK is not set in the environment"
    }
    monkeypatch.setenv("HOOK", OLD)
    passed(night, after_s=60)
    assert set(night.states()) == {"accepted"}
