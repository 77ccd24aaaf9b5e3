"""The last check that each person was sent, and whether it left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from alerts.outage import CHECK
from alerts.outbox.delivery import State
from alerts.tables import delivery as deliveries
from pipeline.database import within
from pipeline.instants import from_us
from pipeline.world import World


@dataclass(frozen=True, slots=True)
class Checked:
    """The last check of one person.

    Attributes
    ----------
    notice_id : of the text that went to the person
    at : when it was queued (wall time)
    failed : by no channel did a provider take it, and none is tried any more
    """

    ref: str
    notice_id: str
    at: datetime
    failed: bool


def last_checks(connection: Connection, world: World) -> tuple[Checked, ...]:
    """Return the last check of each person who was ever asked, by reference."""
    rows = connection.execute(
        select(deliveries)
        .where(within(deliveries, world), deliveries.c.purpose == CHECK)
        .order_by(deliveries.c.contact_ref, deliveries.c.created_at)
    ).all()
    last = {row.contact_ref: row for row in rows}
    left = {
        row.contact_ref
        for row in rows
        if row.created_at == last[row.contact_ref].created_at
        and row.state != State.FAILED_FINAL.value
    }
    return tuple(
        Checked(ref, row.message_id, from_us(row.created_at), ref not in left)
        for ref, row in last.items()
    )
