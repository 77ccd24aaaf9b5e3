"""What became of every delivery of an exercise, to be scored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from alerts.drill_score import Sent
from alerts.outbox.delivery import PUSH, Outcome, State
from alerts.outbox.receipts import NOT_BROUGHT
from alerts.tables import attempt as attempts
from alerts.tables import delivery as deliveries
from pipeline.database import within
from pipeline.instants import from_us
from pipeline.world import World

TAKEN = frozenset({Outcome.ACCEPTED.value, Outcome.UNCERTAIN.value})
"""Outcomes of which the other side has, or may have, the text."""


def sent_in(connection: Connection, world: World) -> tuple[Sent, ...]:
    """Return every delivery of a world to people, in the order in which they were queued."""
    own = within(deliveries, world) & (deliveries.c.purpose != PUSH)
    tried: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(
        select(attempts)
        .join(deliveries, deliveries.c.delivery_key == attempts.c.delivery_key)
        .where(own)
        .order_by(attempts.c.number)
    ):
        tried[row.delivery_key].append(row)
    rows = connection.execute(
        select(deliveries).where(own).order_by(deliveries.c.created_at, deliveries.c.delivery_key)
    )
    return tuple(_sent(row, tried) for row in rows)


def _sent(row: Row[Any], attempted: Mapping[str, list[Row[Any]]]) -> Sent:
    tried = attempted[row.delivery_key]
    taken = [each for each in tried if each.outcome in TAKEN]
    state = State(row.state)
    brought = state is State.DELIVERED and row.ended_at is not None
    return Sent(
        key=row.delivery_key,
        message_id=row.message_id,
        contact_ref=row.contact_ref,
        channel=row.channel,
        purpose=row.purpose,
        queued_at=from_us(row.created_at),
        handed_over=len(taken),
        calls=tuple(
            each.reference if each.reference in attempted else row.delivery_key for each in taken
        ),
        first_taken_at=from_us(taken[0].started_at) if taken else None,
        brought_at=from_us(row.ended_at) if brought else None,
        is_not_brought=state is State.FAILED_FINAL and row.reason == NOT_BROUGHT,
        is_refused=any(each.outcome == Outcome.PERMANENT.value for each in tried),
    )
