"""What the store holds, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Column, Table, func, select

from pipeline.database import Connection
from pipeline.instants import from_us
from pipeline.store.tables import batch, cycle, payload, quarantine, segment


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is kept of one site.

    Attributes
    ----------
    payloads, payload_bytes : raw answers, of all sites, by content
    batches, segments : of the log; a segment holds what many batches held
    rows : readings and grids in the log
    first, last : hours that the log covers; None where it is empty
    cycles : judged slots, of all worlds
    quarantined : rows that could not be used
    """

    payloads: int
    payload_bytes: int
    batches: int
    segments: int
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
    in_batches = _extent(connection, site, batch, batch.c.hour)
    in_segments = _extent(connection, site, segment, segment.c.last_hour)
    hours = [hour for extent in (in_batches, in_segments) for hour in extent.hours]
    cycles = connection.execute(
        select(func.count()).where(cycle.c.site == site, cycle.c.decision_sha256.is_not(None))
    ).scalar_one()
    quarantined = connection.execute(
        select(func.count()).where(quarantine.c.site == site)
    ).scalar_one()
    return Holdings(
        payloads=payloads,
        payload_bytes=int(size),
        batches=in_batches.blobs,
        segments=in_segments.blobs,
        rows=in_batches.rows + in_segments.rows,
        first=from_us(min(hours)) if hours else None,
        last=from_us(max(hours)) if hours else None,
        cycles=cycles,
        quarantined=quarantined,
    )


class _Extent(NamedTuple):
    """What one table of the log holds, and its first and last hour if it holds anything."""

    blobs: int
    rows: int
    hours: tuple[int, ...]


def _extent(connection: Connection, site: str, table: Table, last: Column[int]) -> _Extent:
    counts = func.count(), func.coalesce(func.sum(table.c.n_rows), 0)
    blobs, rows, *hours = connection.execute(
        select(*counts, func.min(table.c.hour), func.max(last)).where(table.c.site == site)
    ).one()
    return _Extent(blobs, int(rows), tuple(hour for hour in hours if hour is not None))
