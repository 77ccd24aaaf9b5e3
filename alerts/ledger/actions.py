"""What persons ordered, reported, closed and lowered by hand, and who agreed: an append-only log.

Each row of a world's log is numbered and bears a hash of itself and of the row before it, so a
row that is changed, taken out or slipped in later is found (`broken_link`).
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from alerts.tables import officer_action as actions
from alerts.tier import Tier
from pipeline.bulletin import canonical
from pipeline.database import insert_absent, named, within
from pipeline.instants import from_us, text, to_us
from pipeline.world import Mode, World

EVERY_VILLAGE = "*"
"""Of a deed that concerns each village whose plan knows its subject: a bridge."""


class Verb(StrEnum):
    """What a person did."""

    ORDER = "order"
    REPORT = "report"
    LOWER_REQUEST = "lower_request"
    LOWER_CONFIRM = "lower_confirm"
    CLOSE = "close"
    REOPEN = "reopen"
    APPROVE = "approve"
    REFUSE = "refuse"
    RELEASE = "release"
    RELEASE_REQUEST = "release_request"
    RELEASE_CONFIRM = "release_confirm"
    RETRACT_REQUEST = "retract_request"
    RETRACT_CONFIRM = "retract_confirm"


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
    subject : what of the village it is about, as ``kind:id`` of its plan
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
    subject: str | None = None

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
            *(() if self.subject is None else (self.subject,)),
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def record(connection: Connection, world: World, deed: Deed) -> bool:
    """Record a deed; False where the same was recorded before.

    The caller holds the world's fence, so that no two rows get one number.
    """
    number, before = _newest(connection, world)
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
        "subject": deed.subject,
        "number": number + 1,
        "chain_sha256": _chained(deed, number + 1, before),
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
        .where(
            within(actions, world),
            actions.c.village_id.in_((village_id, EVERY_VILLAGE)),
        )
        .order_by(actions.c.at, actions.c.number, actions.c.action_id)
    )
    return tuple(_deed(row) for row in rows)


def all_of(connection: Connection, world: World, *verbs: Verb) -> tuple[Deed, ...]:
    """Return a world's deeds of those kinds, oldest first."""
    rows = connection.execute(
        select(actions)
        .where(within(actions, world), actions.c.verb.in_([verb.value for verb in verbs]))
        .order_by(actions.c.at, actions.c.number, actions.c.action_id)
    )
    return tuple(_deed(row) for row in rows)


def broken_link(connection: Connection, world: World) -> int | None:
    """Return the number of the first row that does not follow from the one before; None if all do.

    Whoever rewrites the whole log from some row on breaks nothing here: that is why the newest
    hash goes to a second party every day.
    """
    rows = connection.execute(
        select(actions)
        .where(within(actions, world), actions.c.number.is_not(None))
        .order_by(actions.c.number)
    )
    before = ""
    for expected, row in enumerate(rows, start=1):
        if row.number != expected or row.chain_sha256 != _link(row, expected, before):
            return expected
        before = row.chain_sha256
    return None


def worlds(connection: Connection, site: str) -> tuple[World, ...]:
    """Return a site's worlds in which persons did something."""
    rows = connection.execute(
        select(actions.c.mode, actions.c.world_id)
        .where(actions.c.site == site)
        .distinct()
        .order_by(actions.c.mode, actions.c.world_id)
    )
    return tuple(World(site, Mode(row.mode), row.world_id) for row in rows)


def _newest(connection: Connection, world: World) -> tuple[int, str]:
    newest = (
        select(actions.c.number, actions.c.chain_sha256)
        .where(within(actions, world), actions.c.number.is_not(None))
        .order_by(actions.c.number.desc())
        .limit(1)
    )
    row = connection.execute(newest).one_or_none()
    return (0, "") if row is None else (row.number, row.chain_sha256)


def _chained(deed: Deed, number: int, before: str) -> str:
    return hashlib.sha256(canonical([before, number, asdict(deed)])).hexdigest()


def _link(row: Row[Any], number: int, before: str) -> str | None:
    """Return the hash that a row should bear; None of one that no version of ours wrote."""
    try:
        return _chained(_deed(row), number, before)
    except ValueError:
        return None


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
        subject=row.subject,
    )
