"""Door: people are asked to answer, now and then; who does not is found before the season."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerts import ack
from alerts.addressed import for_reader
from alerts.errors import Refused
from alerts.forms import spoken
from alerts.issue import Desk, Minute
from alerts.ledger import checks
from alerts.ledger.answers import Answer, Via
from alerts.ledger.notices import Letter
from alerts.message import Text, Voice, marked
from alerts.outage import CHECK
from alerts.outbox import queue
from alerts.outbox.checked import Checked, last_checks
from alerts.outbox.delivery import Delivery, delivery_key
from alerts.people.absence import is_away
from alerts.roster import Contact, Right
from alerts.templates import Templates
from alerts.tier import Tier
from pipeline.database import Connection, reading
from pipeline.world import Mode, World

ANSWER_WITHIN: Final = timedelta(days=3)
"""After which one who did not answer counts as not reached."""
TEST_WITHIN: Final = timedelta(hours=3)
"""For which the day's test may still be sent: who comes on duty later is asked the next day."""

WORDS: Final = {
    "en": (
        "{source}: contact check, no warning. Please answer to {contact}",
        "This is the regular check of how you are reached; it is no warning, and nothing is to be "
        "done but to answer: by the link below, or to {contact}. If you do not, somebody calls.",
    ),
    "fr": (
        "{source} : vérification de vos coordonnées, pas une alerte. Répondez à {contact}",
        "Ceci est la vérification habituelle de vos coordonnées, et non une alerte : répondez "
        "seulement, par le lien ci-dessous ou à {contact}. Sans réponse, quelqu'un vous appellera.",
    ),
    "zh": (
        "{source}：核对联系方式，不是预警，请向{contact}回复",
        "这是例行的联系方式核对，不是预警，只需回复：点下面的链接，或告诉{contact}。没有回复的会有人打电话。",
    ),
}


def ask(desk: Desk, by: str, minute: Minute, refs: Collection[str] = ()) -> tuple[str, ...]:
    """Queue a check to each person by each channel; return whom.

    Parameters
    ----------
    refs : only these; everybody who has a channel and is there, where it is empty

    Raises
    ------
    Refused
        The person may not change people, or nobody is there to be asked.
    """
    _entitled(desk, by)
    asked = [c for c in _reachable(desk, minute.wall) if not refs or c.ref in refs]
    if not asked:
        raise Refused("there is nobody to ask")
    _queue(desk, asked, minute.wall, now=minute.wall)
    return tuple(contact.ref for contact in asked)


def test_duty(desk: Desk, minute: Minute) -> tuple[str, ...]:
    """Queue the day's check to whoever is on duty now and has none of it yet; return whom.

    It goes the way of every order, so an answer says that all of that way works. In an exercise,
    and later in the day, nobody is asked.

    Source: alerting.md D13, a daily end-to-end test message to the duty officer, with an answer.
    """
    at = tested_at(desk, minute.wall)
    if at is None or minute.wall - at >= TEST_WITHIN:
        return ()
    officers = (c for c in desk.roster.contacts if c.role in desk.pack.config.roles.officers)
    duty = desk.roster.present(officers, minute.wall)
    with reading(desk.engine) as connection:
        known = {one.ref for one in _tested(connection, desk, at)}
    asked = [c for c in duty if _channels(c) and c.ref not in known]
    queued = _queue(desk, asked, at, now=minute.wall) if asked else 0
    return tuple(contact.ref for contact in asked) if queued else ()


def tested_at(desk: Desk, now: datetime) -> datetime | None:
    """Return when the newest daily test was due; None in a world that is not live."""
    if desk.world.mode is not Mode.LIVE:
        return None
    config = desk.pack.config
    local = now.astimezone(ZoneInfo(config.zone))
    due = local.replace(hour=config.watch.test_hour, minute=0, second=0, microsecond=0)
    if due > local:
        due -= timedelta(days=1)
    return due.astimezone(UTC)


def untested(connection: Connection, desk: Desk, now: datetime) -> dict[str, datetime]:
    """Return who has not answered the newest daily test, with when it was queued."""
    at = tested_at(desk, now)
    answered = {} if at is None else checks.heard(connection, desk.world)
    tested = () if at is None else _tested(connection, desk, at)
    return {one.ref: one.at for one in tested if answered.get(one.ref, one.at) <= one.at}


def _tested(connection: Connection, desk: Desk, at: datetime) -> Iterator[Checked]:
    texts = {checks.check_id(desk.world, each, at) for each in desk.pack.templates}
    return (
        one
        for one in last_checks(connection, desk.world, {}, open_for=ANSWER_WITHIN)
        if one.notice_id in texts
    )


def _queue(desk: Desk, asked: Collection[Contact], at: datetime, *, now: datetime) -> int:
    wanted = [each for contact in asked for each in _deliveries(desk, contact, at, now=now)]
    letters = [_letter(desk, templates) for templates in desk.pack.templates.values()]
    with desk.engine.begin() as connection:
        checks.keep(connection, desk.world, letters, at)
        return queue.enqueue(connection, wanted)


def heard(desk: Desk, ref: str, by: str, minute: Minute) -> bool:
    """Record that a person answered the last check by telephone; False if it is known.

    Raises
    ------
    Refused
        The person who says so may not, or the other was never asked.
    """
    _entitled(desk, by)
    with desk.engine.begin() as connection:
        last = {
            one.ref: one for one in last_checks(connection, desk.world, {}, open_for=ANSWER_WITHIN)
        }
        if ref not in last:
            raise Refused(f"{ref} was not asked")
        given = Answer(last[ref].notice_id, ref, Via.COMMAND, by, minute.wall)
        return checks.answer(connection, desk.world, given)


def silent(connection: Connection, world: World, now: datetime) -> dict[str, str]:
    """Return who is not reached, and why: no provider took the check, or nobody answered it."""
    answered = checks.heard(connection, world)
    why = {
        one.ref: _why(one, now)
        for one in last_checks(connection, world, answered, open_for=ANSWER_WITHIN)
    }
    return {ref: said for ref, said in why.items() if said is not None}


def _why(one: Checked, now: datetime) -> str | None:
    if one.unanswered is None:
        return None
    if one.failed:
        return f"no channel brought {one.ref} the check of {one.at:%Y-%m-%d}"
    if now - one.unanswered >= ANSWER_WITHIN:
        return f"{one.ref} did not answer the check of {one.unanswered:%Y-%m-%d}"
    return None


def _entitled(desk: Desk, by: str) -> None:
    contact = desk.roster.contact(by)
    if contact is None or Right.PERSONAL not in contact.rights:
        raise Refused(f"{by} has no right to check people ({Right.PERSONAL})")


def _reachable(desk: Desk, at: datetime) -> Iterator[Contact]:
    for contact in desk.roster.contacts:
        may = contact.exercise or desk.world.mode is Mode.LIVE
        if may and _channels(contact) and not is_away(contact.ref, desk.roster.absences, at):
            yield contact


def _channels(contact: Contact) -> list[str]:
    """Return the channels by which a person is asked: a file or a system answers nothing."""
    return [channel for channel in contact.channels if channel not in {"file", "webhook"}]


def _letter(desk: Desk, templates: Templates) -> Letter:
    voice = Voice(desk.world.mode, templates, desk.pack.config)
    words = WORDS.get(voice.language.partition("-")[0], WORDS["en"])
    subject, body = (w.format(source=voice.source, contact=voice.contact) for w in words)
    text = marked(Text(subject, body), voice)
    return Letter(voice.language, text.subject, text.body, **spoken(text, voice))


def _deliveries(desk: Desk, contact: Contact, at: datetime, *, now: datetime) -> Iterator[Delivery]:
    written = {each: checks.check_id(desk.world, each, at) for each in desk.pack.templates}
    message_id = for_reader(written, contact.language, desk.pack.languages)
    for channel in _channels(contact):
        yield Delivery(
            key=delivery_key(message_id, contact.ref, channel, CHECK),
            world=desk.world,
            message_id=message_id,
            contact_ref=contact.ref,
            channel=channel,
            purpose=CHECK,
            tier=Tier.NONE,  # behind every order in the queue
            decide_by=None,
            expires_at=now + ack.VALID,
            created_at=now,
        )
