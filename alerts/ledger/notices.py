"""Notices as they were told: the newest of each source, and the texts that senders carry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, func, select

from alerts.outage import CHECK, Notice, Source
from alerts.tables import message as messages
from alerts.tables import notice as notices
from alerts.warning_message import Audience
from pipeline.database import insert_absent, named, within
from pipeline.instants import to_us
from pipeline.world import World


@dataclass(frozen=True, slots=True)
class Letter:
    """One text as it was written.

    Attributes
    ----------
    sms, voice : the same for a telephone; None where it was not written in that form
    """

    language: str
    subject: str
    body: str
    sms: str | None = None
    voice: str | None = None


def keep(
    connection: Connection,
    world: World,
    notice: Notice,
    texts: Iterable[Letter],
    *,
    decision_sha256: str,
    created_at: datetime,
) -> None:
    """Keep a notice with its text in each language."""
    rows = [
        {
            **named(world),
            "notice_id": notice.id_in(world, letter.language),
            "source": str(notice.source),
            "slot": to_us(notice.slot),
            "state": notice.to_bytes(),
            "decision_sha256": decision_sha256,
            "created_at": to_us(created_at),
            **asdict(letter),
        }
        for letter in texts
    ]
    insert_absent(connection, notices, rows)


def newest(connection: Connection, world: World) -> dict[Source, Notice]:
    """Return the last notice of every source of which anything was ever told."""
    last = (
        select(notices.c.source, func.max(notices.c.slot).label("slot"))
        .where(within(notices, world), notices.c.source != CHECK)
        .group_by(notices.c.source)
        .subquery()
    )
    rows = connection.execute(
        select(notices.c.state)
        .join(last, (notices.c.source == last.c.source) & (notices.c.slot == last.c.slot))
        .where(within(notices, world))
    )
    found = [Notice.from_bytes(state) for (state,) in rows]
    return {notice.source: notice for notice in found}


def letter(connection: Connection, world: World, notice_id: str) -> Letter | None:
    """Return the text of one notice in one language."""
    row = connection.execute(
        select(*(notices.c[each.name] for each in fields(Letter))).where(
            within(notices, world), notices.c.notice_id == notice_id
        )
    ).one_or_none()
    return None if row is None else Letter(*row)


def villages_told_of(connection: Connection, world: World, slot: datetime) -> frozenset[str]:
    """Return the villages of which officers were sent a message at a slot."""
    rows = connection.execute(
        select(messages.c.village_id)
        .where(
            within(messages, world),
            messages.c.slot == to_us(slot),
            messages.c.audience == Audience.OFFICER.value,
        )
        .distinct()
    )
    return frozenset(rows.scalars())
