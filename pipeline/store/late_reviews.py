"""Lived slots judged again with what came late, and what that would have changed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, func, select

from pipeline.bulletin import RiskLevel, canonical
from pipeline.database import insert_absent, named, within
from pipeline.instants import from_us, to_us
from pipeline.store.tables import late_review
from pipeline.world import World


@dataclass(frozen=True, slots=True)
class Change:
    """A village whose level would have been another."""

    village_id: str
    lived: RiskLevel
    late: RiskLevel


@dataclass(frozen=True, slots=True)
class Review:
    """A slot that was lived through, judged again with all that is known now.

    Attributes
    ----------
    reviewed_at : wall time; what was stored later is not in it
    lived_sha256, late_sha256 : the decision as it was, and as it would have been
    changes : by village_id; empty where only the rows are others
    """

    slot: datetime
    reviewed_at: datetime
    lived_sha256: str
    late_sha256: str
    changes: tuple[Change, ...]


def keep(connection: Connection, world: World, review: Review) -> None:
    """Keep a review; one of the same slot and instant stays as it is."""
    row = {
        **named(world),
        "slot": to_us(review.slot),
        "reviewed_at": to_us(review.reviewed_at),
        "lived_sha256": review.lived_sha256,
        "late_sha256": review.late_sha256,
        "changed": len(review.changes),
        "changes": canonical([[c.village_id, c.lived, c.late] for c in review.changes]),
    }
    insert_absent(connection, late_review, [row])


def newest(connection: Connection, world: World, *, after: datetime) -> dict[datetime, Review]:
    """Return the newest review of each slot after an instant, by slot."""
    rows = connection.execute(
        select(late_review)
        .where(within(late_review, world), late_review.c.slot > to_us(after))
        .order_by(late_review.c.slot, late_review.c.reviewed_at)
    )
    return {review.slot: review for review in map(_review, rows)}


def changed(connection: Connection, world: World, *, after: datetime) -> int:
    """Return of how many slots after an instant the newest review changes a level."""
    newest_of_each = (
        select(late_review.c.slot, func.max(late_review.c.reviewed_at).label("reviewed_at"))
        .where(within(late_review, world), late_review.c.slot > to_us(after))
        .group_by(late_review.c.slot)
        .subquery()
    )
    counted = select(func.count()).where(
        within(late_review, world),
        late_review.c.slot == newest_of_each.c.slot,
        late_review.c.reviewed_at == newest_of_each.c.reviewed_at,
        late_review.c.changed > 0,
    )
    return int(connection.execute(counted).scalar_one())


def _review(row: Row[tuple[object, ...]]) -> Review:
    return Review(
        slot=from_us(row.slot),
        reviewed_at=from_us(row.reviewed_at),
        lived_sha256=row.lived_sha256,
        late_sha256=row.late_sha256,
        changes=tuple(
            Change(village, RiskLevel(lived), RiskLevel(late))
            for village, lived, late in json.loads(row.changes)
        ),
    )
