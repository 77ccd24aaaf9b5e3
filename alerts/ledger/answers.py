"""Answers: who said what of an order, by which way, and on whose behalf."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, and_, func, select

from alerts.ledger.messages import Kept
from alerts.said import Said
from alerts.tables import acknowledgement as answers
from alerts.tables import message as messages
from alerts.tier import LEAVING
from pipeline.database import insert_absent, named, within
from pipeline.instants import from_us, to_us
from pipeline.world import World


class Via(StrEnum):
    """How an answer came in: a key is pressed in a call, a reply is an SMS."""

    LINK = "link"
    BOARD = "board"
    COMMAND = "command"
    REPLY = "reply"
    KEY = "key"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person said of one order.

    Attributes
    ----------
    contact_ref : whose answer it is
    by_ref : who gave it: the same person, or an officer on their behalf
    at : wall time
    """

    message_id: str
    contact_ref: str
    via: Via
    by_ref: str
    at: datetime
    said: Said = Said.RECEIVED


def record(connection: Connection, kept: Kept, answer: Answer) -> bool:
    """Record an answer; False where the same was recorded before, whose time stands."""
    message = kept.message
    about = (message.episode_id, message.revision, message.village_id)
    return insert_absent(connection, answers, [row_of(kept.world, answer, about)]) == 1


def row_of(world: World, answer: Answer, about: tuple[str, int, str]) -> dict[str, str | int]:
    """Return an acknowledgement as a row.

    Parameters
    ----------
    about : episode, revision and village of what was answered
    """
    parts = [answer.message_id, answer.contact_ref, answer.via.value, answer.by_ref]
    if answer.said is not Said.RECEIVED:
        parts.append(answer.said.value)
    episode_id, revision, village_id = about
    return {
        **named(world),
        "ack_id": hashlib.sha256("\n".join(parts).encode()).hexdigest(),
        "message_id": answer.message_id,
        "episode_id": episode_id,
        "revision": revision,
        "village_id": village_id,
        "contact_ref": answer.contact_ref,
        "via": answer.via.value,
        "by_ref": answer.by_ref,
        "at": to_us(answer.at),
        "said": answer.said.value,
    }


def counted_places(connection: Connection, world: World, episode_id: str) -> frozenset[str]:
    """Return the places of an episode of which somebody said that all of them are counted.

    Said of the newest order by which a place left: of an older one it says nothing of who went
    back and left again.
    """
    left = and_(
        within(messages, world),
        messages.c.episode_id == episode_id,
        messages.c.action.in_([action.value for action in LEAVING]),
    )
    newest = (
        select(messages.c.place_id, func.max(messages.c.revision).label("revision"))
        .where(left)
        .group_by(messages.c.place_id)
        .subquery()
    )
    told = and_(messages.c.place_id == newest.c.place_id, messages.c.revision == newest.c.revision)
    said = and_(within(answers, world), answers.c.message_id == messages.c.message_id)
    found = connection.execute(
        select(messages.c.place_id)
        .distinct()
        .join(newest, told)
        .join(answers, said)
        .where(left, answers.c.said == Said.COUNTED.value)
    )
    return frozenset(found.scalars())


def of_messages(
    connection: Connection, world: World, message_ids: Iterable[str]
) -> dict[str, tuple[Answer, ...]]:
    """Return the answers to each message that has any, oldest first."""
    rows = connection.execute(
        select(answers)
        .where(within(answers, world), answers.c.message_id.in_(list(message_ids)))
        .order_by(answers.c.at, answers.c.ack_id)
    )
    found: dict[str, tuple[Answer, ...]] = {}
    for row in rows:
        answer = Answer(
            row.message_id,
            row.contact_ref,
            Via(row.via),
            row.by_ref,
            from_us(row.at),
            Said(row.said),
        )
        found[answer.message_id] = (*found.get(answer.message_id, ()), answer)
    return found
