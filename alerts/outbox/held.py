"""Deliveries that no sender may take up again by itself: those of before a restore or a takeover.

They were waiting, or are of a time of which another host may have told people already. What became
of them nobody here can know; a person lets each of them go, or leaves it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from alerts.outbox.delivery import State
from alerts.tables import delivery as deliveries
from alerts.tables import message as messages
from alerts.tier import Tier
from pipeline.database import batched, within
from pipeline.instants import from_us, to_us
from pipeline.world import World

REASON = "held at a restore or takeover; it may have been sent elsewhere, a person must ask"
TOO_LATE = "older than it was worth sending at a restore or takeover"


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery that a person may let go.

    Attributes
    ----------
    village_id : None of a notice and of a call of the ladder
    created_at : wall time
    """

    key: str
    village_id: str | None
    contact_ref: str
    channel: str
    tier: Tier
    created_at: datetime


def hold(connection: Connection, *, now: datetime, since: datetime | None = None) -> int:
    """End every delivery that was waiting or on its way, in all worlds, as UNCERTAIN.

    What is too old to be sent is dead; return how many are uncertain.

    Parameters
    ----------
    since : when the hold began; what was written later and never tried is nobody else's, and goes
    """
    waiting: ColumnElement[bool] = deliveries.c.ended_at.is_(None)
    if since is not None:
        waiting &= or_(deliveries.c.created_at < to_us(since), deliveries.c.attempts > 0)
    nobodys = {"ended_at": to_us(now), "lease_by": None, "lease_until": None}
    connection.execute(
        update(deliveries)
        .where(waiting, deliveries.c.expires_at <= to_us(now))
        .values(state=State.EXPIRED.value, reason=TOO_LATE, **nobodys)
    )
    held = connection.execute(
        update(deliveries)
        .where(waiting)
        .values(state=State.UNCERTAIN.value, reason=REASON, **nobodys)
    )
    return held.rowcount


def listed(
    connection: Connection, world: World, *, waiting: bool, now: datetime
) -> tuple[Held, ...]:
    """Return what a person may let go, the most urgent first.

    Parameters
    ----------
    waiting : also what was made since the hold
    """
    may_go = deliveries.c.reason == REASON
    rows = connection.execute(
        select(deliveries, messages.c.village_id)
        .outerjoin(
            messages,
            and_(messages.c.message_id == deliveries.c.message_id, within(messages, world)),
        )
        .where(
            within(deliveries, world),
            deliveries.c.expires_at > to_us(now),
            or_(deliveries.c.ended_at.is_(None), may_go) if waiting else may_go,
        )
        .order_by(deliveries.c.tier.desc(), deliveries.c.created_at, deliveries.c.delivery_key)
    )
    return tuple(
        Held(
            row.delivery_key,
            row.village_id,
            row.contact_ref,
            row.channel,
            Tier(row.tier),
            from_us(row.created_at),
        )
        for row in rows
    )


def let_go(connection: Connection, keys: Collection[str], *, by: str, now: datetime) -> int:
    """Let those deliveries wait for a sender again; return how many."""
    gone = 0
    for some in batched(sorted(keys)):
        gone += connection.execute(
            update(deliveries)
            .where(deliveries.c.delivery_key.in_(some), deliveries.c.reason == REASON)
            .values(
                state=State.PENDING.value,
                next_at=to_us(now),
                ended_at=None,
                reason=f"released by {by}",
            )
        ).rowcount
    return gone
