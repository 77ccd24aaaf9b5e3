"""When the orders of some slots were taken by a provider."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, func, select

from alerts.outbox.delivery import Outcome, State
from alerts.tables import attempt, delivery, message
from pipeline.database import within
from pipeline.instants import from_us, to_us
from pipeline.world import World

ORDERS: Final = ("villager", "officer")
"""Purposes of what a cycle sends; the ladder's calls and the watch's words are others."""


def orders_of(
    connection: Connection, world: World, channel: str, slots: Sequence[datetime]
) -> list[tuple[datetime, int, datetime | None]]:
    """Return slot, tier and the time at which it was taken of each order by a channel.

    The time is None where no provider took it. Left out is what a newer order overtook before, and
    what the ladder sends once more: that has a clock of its own.
    """
    taken = and_(
        attempt.c.delivery_key == delivery.c.delivery_key,
        attempt.c.outcome == Outcome.ACCEPTED.value,
    )
    of = and_(within(message, world), message.c.message_id == delivery.c.message_id)
    found = (
        select(message.c.slot, delivery.c.tier, delivery.c.state, func.min(attempt.c.ended_at))
        .select_from(delivery.join(message, of).outerjoin(attempt, taken))
        .where(
            within(delivery, world),
            delivery.c.channel == channel,
            delivery.c.purpose.in_(ORDERS),
            message.c.slot.in_([to_us(slot) for slot in slots]),
            delivery.c.created_at == message.c.created_at,
        )
        .group_by(delivery.c.delivery_key, message.c.slot, delivery.c.tier, delivery.c.state)
    )
    return [
        (from_us(slot), tier, None if at is None else from_us(at))
        for slot, tier, state, at in connection.execute(found)
        if at is not None or state != State.SUPERSEDED.value
    ]
