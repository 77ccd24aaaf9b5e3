"""For whom each message was written, without its words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from alerts.tables import message as messages
from alerts.warning_message import Audience
from pipeline.database import within
from pipeline.instants import from_us, to_us
from pipeline.world import World


@dataclass(frozen=True, slots=True)
class Addressed:
    """One message as it was addressed.

    Attributes
    ----------
    slot : flood time
    created_at : wall time
    """

    message_id: str
    episode_id: str
    revision: int
    village_id: str
    place_id: str
    audience: Audience
    slot: datetime
    recipients: tuple[str, ...]
    roles: tuple[str, ...]
    created_at: datetime


def since(connection: Connection, world: World, at: datetime) -> tuple[Addressed, ...]:
    """Return the messages that were written since an instant of the wall clock, oldest first."""
    rows = connection.execute(
        select(
            messages.c.message_id,
            messages.c.episode_id,
            messages.c.revision,
            messages.c.village_id,
            messages.c.place_id,
            messages.c.audience,
            messages.c.slot,
            messages.c.recipients,
            messages.c.roles,
            messages.c.created_at,
        )
        .where(within(messages, world), messages.c.created_at >= to_us(at))
        .order_by(messages.c.created_at, messages.c.message_id)
    )
    return tuple(
        Addressed(
            message_id=row.message_id,
            episode_id=row.episode_id,
            revision=row.revision,
            village_id=row.village_id,
            place_id=row.place_id,
            audience=Audience(row.audience),
            slot=from_us(row.slot),
            recipients=tuple(json.loads(row.recipients)),
            roles=tuple(json.loads(row.roles)),
            created_at=from_us(row.created_at),
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class Alerted:
    """One CAP alert that was issued with messages.

    Attributes
    ----------
    created_at : wall time
    """

    episode_id: str
    revision: int
    village_id: str
    created_at: datetime


def alerts_since(connection: Connection, world: World, at: datetime) -> tuple[Alerted, ...]:
    """Return the CAP alerts that were issued with messages since an instant of the wall clock.

    One that was issued anew goes with no message and is none of them.
    """
    state = (messages.c.episode_id, messages.c.revision, messages.c.village_id)
    rows = connection.execute(
        select(*state, func.min(messages.c.created_at).label("first"))
        .where(
            within(messages, world),
            messages.c.created_at >= to_us(at),
            messages.c.cap_identifier.is_not(None),
        )
        .group_by(*state)
    )
    return tuple(
        Alerted(row.episode_id, row.revision, row.village_id, from_us(row.first)) for row in rows
    )
