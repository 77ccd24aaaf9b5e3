"""What the store holds, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Column, ColumnElement, Table, func, select

from pipeline.database import Connection
from pipeline.instants import from_us
from pipeline.store.tables import batch, cycle, fetch, payload, quarantine, segment


@dataclass(frozen=True, slots=True)
class FeedHoldings:
    """What the log keeps of one feed.

    Attributes
    ----------
    first, last : hours in which its valid times lie
    quarantined : rows that could not be used
    """

    feed_id: str
    batches: int
    segments: int
    rows: int
    first: datetime | None
    last: datetime | None
    quarantined: int


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
    attempts : of the fetch log
    feeds : of each that the log or the quarantine knows, by its id
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
    attempts: int
    feeds: tuple[FeedHoldings, ...]


def holdings(connection: Connection, site: str) -> Holdings:
    """Count what the store keeps of a site."""
    payloads, size = connection.execute(
        select(func.count(), func.coalesce(func.sum(payload.c.size_bytes), 0))
    ).one()
    feeds = _feeds(connection, site)
    hours = [hour for feed in feeds for hour in (feed.first, feed.last) if hour is not None]
    cycles = _count(connection, cycle, site, cycle.c.decision_sha256.is_not(None))
    return Holdings(
        payloads=payloads,
        payload_bytes=int(size),
        batches=sum(feed.batches for feed in feeds),
        segments=sum(feed.segments for feed in feeds),
        rows=sum(feed.rows for feed in feeds),
        first=min(hours, default=None),
        last=max(hours, default=None),
        cycles=cycles,
        quarantined=sum(feed.quarantined for feed in feeds),
        attempts=_count(connection, fetch, site),
        feeds=feeds,
    )


class _Extent(NamedTuple):
    """What one table of the log holds of a feed, and its first and last hour."""

    blobs: int = 0
    rows: int = 0
    first: int | None = None
    last: int | None = None


def _feeds(connection: Connection, site: str) -> tuple[FeedHoldings, ...]:
    in_batches = _extents(connection, site, batch, batch.c.hour)
    in_segments = _extents(connection, site, segment, segment.c.last_hour)
    refused = _refused(connection, site)
    return tuple(
        _feed(feed_id, in_batches.get(feed_id), in_segments.get(feed_id), refused.get(feed_id, 0))
        for feed_id in sorted(in_batches.keys() | in_segments.keys() | refused.keys())
    )


def _feed(
    feed_id: str, batches: _Extent | None, segments: _Extent | None, refused: int
) -> FeedHoldings:
    one, other = batches or _Extent(), segments or _Extent()
    firsts = [hour for hour in (one.first, other.first) if hour is not None]
    lasts = [hour for hour in (one.last, other.last) if hour is not None]
    return FeedHoldings(
        feed_id=feed_id,
        batches=one.blobs,
        segments=other.blobs,
        rows=one.rows + other.rows,
        first=from_us(min(firsts)) if firsts else None,
        last=from_us(max(lasts)) if lasts else None,
        quarantined=refused,
    )


def _extents(
    connection: Connection, site: str, table: Table, last: Column[int]
) -> dict[str, _Extent]:
    counts = func.count(), func.sum(table.c.n_rows), func.min(table.c.hour), func.max(last)
    found = connection.execute(
        select(table.c.feed_id, *counts).where(table.c.site == site).group_by(table.c.feed_id)
    )
    return {row[0]: _Extent(row[1], int(row[2]), row[3], row[4]) for row in found}


def _refused(connection: Connection, site: str) -> dict[str, int]:
    counted = select(quarantine.c.feed_id, func.count()).where(quarantine.c.site == site)
    rows = connection.execute(counted.group_by(quarantine.c.feed_id))
    return {feed_id: count for feed_id, count in rows}  # noqa: C416 - rows are not plain tuples


def _count(connection: Connection, table: Table, site: str, *wanted: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(table).where(table.c.site == site, *wanted)
    return int(connection.execute(counted).scalar_one())
