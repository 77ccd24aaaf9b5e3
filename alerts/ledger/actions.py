"""What persons ordered and lowered by hand, and who agreed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from alerts.tables import officer_action as actions
from alerts.tier import Tier
from pipeline.database import insert_absent, named, within
from pipeline.instants import from_us, text, to_us
from pipeline.world import World


class Verb(StrEnum):
    """What a person did."""

    ORDER = "order"
    LOWER_REQUEST = "lower_request"
    LOWER_CONFIRM = "lower_confirm"


@dataclass(frozen=True, slots=True)
class Deed:
    """One deed of one person.

    Attributes
    ----------
    at, flood_at : wall time and flood time, which differ in an exercise
    override : why a rule that would hold the tier is set aside
    episode_id : the episode that the person saw or moved; None before any
    refers_to : of a confirmation, the request that it agrees to; of a request, the content hash of
        the episode's state that the person saw
    """

    village_id: str
    verb: Verb
    tier: Tier
    reason: str
    by_ref: str
    at: datetime
    flood_at: datetime
    override: str | None = None
    episode_id: str | None = None
    refers_to: str | None = None

    @property
    def action_id(self) -> str:
        """The deed's identity."""
        parts = (
            self.village_id,
            self.verb.value,
            str(int(self.tier)),
            self.by_ref,
            text(self.at),
            self.refers_to or "",
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def record(connection: Connection, world: World, deed: Deed) -> bool:
    """Record a deed; False where the same was recorded before."""
    row = {
        **named(world),
        "action_id": deed.action_id,
        "village_id": deed.village_id,
        "verb": deed.verb.value,
        "tier": int(deed.tier),
        "reason": deed.reason,
        "by_ref": deed.by_ref,
        "at": to_us(deed.at),
        "flood_at": to_us(deed.flood_at),
        "override": deed.override,
        "episode_id": deed.episode_id,
        "refers_to": deed.refers_to,
    }
    return insert_absent(connection, actions, [row]) == 1


def deed(connection: Connection, world: World, action_id: str) -> Deed | None:
    """Return one deed."""
    row = connection.execute(
        select(actions).where(within(actions, world), actions.c.action_id == action_id)
    ).one_or_none()
    return None if row is None else _deed(row)


def agreed(connection: Connection, world: World, action_id: str) -> Deed | None:
    """Return the confirmation of a request, if there is one."""
    row = connection.execute(
        select(actions).where(within(actions, world), actions.c.refers_to == action_id)
    ).first()
    return None if row is None else _deed(row)


def of_village(connection: Connection, world: World, village_id: str) -> tuple[Deed, ...]:
    """Return all deeds that concern a village, oldest first."""
    rows = connection.execute(
        select(actions)
        .where(within(actions, world), actions.c.village_id == village_id)
        .order_by(actions.c.at, actions.c.action_id)
    )
    return tuple(_deed(row) for row in rows)


def _deed(row: Row[Any]) -> Deed:
    return Deed(
        village_id=row.village_id,
        verb=Verb(row.verb),
        tier=Tier(row.tier),
        reason=row.reason,
        by_ref=row.by_ref,
        at=from_us(row.at),
        flood_at=from_us(row.flood_at),
        override=row.override,
        episode_id=row.episode_id,
        refers_to=row.refers_to,
    )
