"""Checks of how people are reached: their texts stand where notices do, their answers with others.

They rest on no bulletin and are of no episode.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, func, select

from alerts.ledger.answers import Answer, row_of
from alerts.ledger.notices import Letter
from alerts.outage import CHECK
from alerts.tables import acknowledgement, notice
from pipeline.bulletin import canonical
from pipeline.database import insert_absent, named, within
from pipeline.instants import from_us, text, to_us
from pipeline.world import World

OF_NO_EPISODE = ("", 0, "")
"""Episode, revision and village of an answer to what is no order."""


def check_id(world: World, language: str, at: datetime) -> str:
    """Return the identity of a check's text in a language."""
    parts = (world.site, world.mode, world.world_id, CHECK, text(at), language)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def keep(connection: Connection, world: World, letters: Iterable[Letter], at: datetime) -> None:
    """Keep a check's text in each language."""
    state = canonical({CHECK: text(at)})
    rows = [
        {
            **named(world),
            "notice_id": check_id(world, each.language, at),
            "source": CHECK,
            "slot": to_us(at),
            "state": state,
            "decision_sha256": hashlib.sha256(state).hexdigest(),
            "created_at": to_us(at),
            **asdict(each),
        }
        for each in letters
    ]
    insert_absent(connection, notice, rows)


def answer(connection: Connection, world: World, given: Answer) -> bool:
    """Record a person's answer to a check; False where the same was recorded before."""
    row = row_of(world, given, OF_NO_EPISODE)
    return insert_absent(connection, acknowledgement, [row]) == 1


def heard(connection: Connection, world: World) -> dict[str, datetime]:
    """Return when each person last answered anything, by reference."""
    ref, last = acknowledgement.c.contact_ref, func.max(acknowledgement.c.at)
    rows = connection.execute(select(ref, last).where(within(acknowledgement, world)).group_by(ref))
    return {row[0]: from_us(row[1]) for row in rows}
