"""The last check that each person was sent, and whether it left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from alerts.outage import CHECK
from alerts.outbox.delivery import State
from alerts.tables import delivery as deliveries
from pipeline.database import within
from pipeline.instants import from_us, to_us
from pipeline.world import World


@dataclass(frozen=True, slots=True)
class Checked:
    """The last check of one person.

    Attributes
    ----------
    notice_id : of the text that went to the person
    at : when it was queued (wall time)
    unanswered : when the first of the checks was queued that the person may still answer, and has
        not; None where the last one is answered
    failed : by no channel did a provider take it, and none is tried any more
    """

    ref: str
    notice_id: str
    at: datetime
    failed: bool
    unanswered: datetime | None


def last_checks(
    connection: Connection, world: World, answered: Mapping[str, datetime], *, open_for: timedelta
) -> tuple[Checked, ...]:
    """Return the last check of each person who was ever asked, by reference.

    Parameters
    ----------
    answered : when each person last answered anything (wall time)
    open_for : an older check than the last by more is forgiven; one a day is not
    """
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
    heard = {ref: to_us(at) for ref, at in answered.items()}
    first: dict[str, datetime] = {}
    for row in rows:
        newest = from_us(last[row.contact_ref].created_at)
        is_open = newest - from_us(row.created_at) <= open_for
        if is_open and row.created_at > heard.get(row.contact_ref, row.created_at - 1):
            first.setdefault(row.contact_ref, from_us(row.created_at))
    return tuple(
        Checked(ref, row.message_id, from_us(row.created_at), ref not in left, first.get(ref))
        for ref, row in last.items()
    )
