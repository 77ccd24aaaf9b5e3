"""Deliveries that ask an approver: over once somebody answered, or something newer is said."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, exists, select, update

from alerts.outbox.delivery import State
from alerts.tables import attempt as attempts
from alerts.tables import delivery as deliveries
from alerts.tables import message as messages
from alerts.warning_message import Audience
from pipeline.database import within
from pipeline.instants import to_us
from pipeline.world import World

REASON = "nobody need be asked any more"


def withdraw(connection: Connection, world: World, village_id: str, *, at: datetime) -> None:
    """Ask nobody else of a village's orders; what is on its way is not tried again.

    Parameters
    ----------
    at : wall time
    """
    questions = select(messages.c.message_id).where(
        within(messages, world),
        messages.c.village_id == village_id,
        messages.c.audience == Audience.APPROVER.value,
    )
    asks = and_(deliveries.c.message_id.in_(questions), deliveries.c.ended_at.is_(None))
    on_its_way = exists().where(
        attempts.c.delivery_key == deliveries.c.delivery_key,
        attempts.c.number == deliveries.c.attempts,
        attempts.c.outcome.is_(None),
    )
    connection.execute(
        update(deliveries)
        .where(asks, ~on_its_way)
        .values(
            state=State.SUPERSEDED.value,
            ended_at=to_us(at),
            reason=REASON,
            lease_by=None,
            lease_until=None,
        )
    )
    connection.execute(update(deliveries).where(asks).values(expires_at=to_us(at)))
