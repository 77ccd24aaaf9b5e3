"""Deliveries that no sender may take up again by itself: those of a database that was restored.

When the backup was taken they were waiting. What became of them since, nobody here can know.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from alerts.outbox.delivery import State
from alerts.tables import delivery as deliveries
from pipeline.instants import to_us

REASON = "restored from a backup; it may have been sent since, a person must ask"


def hold(connection: Connection, *, now: datetime) -> int:
    """End every delivery that was waiting or on its way, in all worlds, as UNCERTAIN."""
    held = connection.execute(
        update(deliveries)
        .where(deliveries.c.ended_at.is_(None))
        .values(
            state=State.UNCERTAIN.value,
            ended_at=to_us(now),
            reason=REASON,
            lease_by=None,
            lease_until=None,
        )
    )
    return held.rowcount
