"""What was said since an instant: one entry for each move of a village that anybody was told of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from alerts.tables import message
from alerts.tier import Tier
from pipeline.database import within
from pipeline.instants import from_us, to_us
from pipeline.world import World


@dataclass(frozen=True, slots=True)
class Said:
    """One move of a village's episode that was written to people."""

    village_id: str
    tier: Tier
    at: datetime


def said(connection: Connection, world: World, since: datetime) -> tuple[Said, ...]:
    """Return every move that was written since an instant (wall time), oldest first."""
    one = (message.c.episode_id, message.c.revision, message.c.village_id, message.c.tier)
    first = func.min(message.c.created_at)
    rows = connection.execute(
        select(*one, first.label("at"))
        .where(within(message, world), message.c.created_at >= to_us(since))
        .group_by(*one)
        .order_by(first, message.c.village_id)
    )
    return tuple(Said(row.village_id, Tier(row.tier), from_us(row.at)) for row in rows)
