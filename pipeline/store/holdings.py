"""What the store holds, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from pipeline.database import Connection
from pipeline.instants import from_us
from pipeline.store.tables import batch, cycle, payload, quarantine


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is kept of one site.

    Attributes
    ----------
    payloads, payload_bytes : raw answers, of all sites, by content
    rows : readings and grids in the log
    first, last : hours that the log covers; None where it is empty
    cycles : judged slots, of all worlds
    quarantined : rows that could not be used
    """

    payloads: int
    payload_bytes: int
    batches: int
    rows: int
    first: datetime | None
    last: datetime | None
    cycles: int
    quarantined: int


def holdings(connection: Connection, site: str) -> Holdings:
    """Count what the store keeps of a site."""
    payloads, size = connection.execute(
        select(func.count(), func.coalesce(func.sum(payload.c.size_bytes), 0))
    ).one()
    batches, rows, first, last = connection.execute(
        select(
            func.count(),
            func.coalesce(func.sum(batch.c.n_rows), 0),
            func.min(batch.c.hour),
            func.max(batch.c.hour),
        ).where(batch.c.site == site)
    ).one()
    cycles = connection.execute(
        select(func.count()).where(cycle.c.site == site, cycle.c.decision_sha256.is_not(None))
    ).scalar_one()
    quarantined = connection.execute(
        select(func.count()).where(quarantine.c.site == site)
    ).scalar_one()
    return Holdings(
        payloads=payloads,
        payload_bytes=int(size),
        batches=batches,
        rows=int(rows),
        first=None if first is None else from_us(first),
        last=None if last is None else from_us(last),
        cycles=cycles,
        quarantined=quarantined,
    )
