"""What the watch asks of the outbox: what nobody takes up, what ended badly, row by row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, case, func, or_, select

from alerts.outbox.delivery import PUSH, Outcome, State
from alerts.outbox.record import Record
from alerts.outbox.statements import WAITING
from alerts.tables import attempt as attempts
from alerts.tables import delivery as deliveries
from alerts.tier import Tier
from alerts.warning_message import Audience
from pipeline.database import within
from pipeline.instants import from_us, to_us
from pipeline.world import World

Counted = tuple[int, datetime]
"""How many, and the oldest of them (wall time)."""


def due(connection: Connection, world: World, *, now: datetime) -> dict[Tier, Counted]:
    """Return what is due and not taken up, by tier; a lease that has run out is due since then.

    A push is none: it waits behind those of its chain, and behind people.
    """
    leased = deliveries.c.state == State.LEASED.value
    since = case((leased, deliveries.c.lease_until), else_=deliveries.c.next_at)
    rows = connection.execute(
        select(deliveries.c.tier, func.count(), func.min(since))
        .where(
            within(deliveries, world),
            deliveries.c.ended_at.is_(None),
            deliveries.c.purpose != PUSH,
            or_(leased, deliveries.c.state.in_(WAITING)),
            since <= to_us(now),
        )
        .group_by(deliveries.c.tier)
    )
    return {Tier(tier): (count, from_us(oldest)) for tier, count, oldest in rows}


def ended_badly(connection: Connection, world: World, *, since: datetime) -> dict[State, Counted]:
    """Return what ended failed, expired or uncertain since an instant of the wall clock.

    A question that expired is none: its order has gone, or was answered.
    """
    bad = (State.FAILED_FINAL.value, State.EXPIRED.value, State.UNCERTAIN.value)
    rows = connection.execute(
        select(deliveries.c.state, func.count(), func.min(deliveries.c.ended_at))
        .where(
            within(deliveries, world),
            deliveries.c.state.in_(bad),
            deliveries.c.ended_at >= to_us(since),
            deliveries.c.purpose != Audience.APPROVER.value,
        )
        .group_by(deliveries.c.state)
    )
    return {State(state): (count, from_us(oldest)) for state, count, oldest in rows}


def records(connection: Connection, world: World, *, since: datetime) -> tuple[Record, ...]:
    """Return every delivery that was queued since an instant, or has not ended."""
    young = or_(deliveries.c.created_at >= to_us(since), deliveries.c.ended_at.is_(None))
    chosen = (within(deliveries, world), young)
    tried = connection.execute(
        select(attempts.c.delivery_key, attempts.c.outcome)
        .join(deliveries, deliveries.c.delivery_key == attempts.c.delivery_key)
        .where(*chosen)
        .order_by(attempts.c.delivery_key, attempts.c.number)
    )
    outcomes: dict[str, tuple[Outcome | None, ...]] = {}
    for key, outcome in tried:
        last = None if outcome is None else Outcome(outcome)
        outcomes[key] = (*outcomes.get(key, ()), last)
    return tuple(
        Record(
            key=row.delivery_key,
            message_id=row.message_id,
            contact_ref=row.contact_ref,
            channel=row.channel,
            purpose=row.purpose,
            state=State(row.state),
            attempts=row.attempts,
            created_at=from_us(row.created_at),
            expires_at=from_us(row.expires_at),
            ended_at=None if row.ended_at is None else from_us(row.ended_at),
            outcomes=outcomes.get(row.delivery_key, ()),
        )
        for row in connection.execute(select(deliveries).where(*chosen))
    )
