"""Rows that have had their time: counted, and deleted a few at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Table,
    bindparam,
    delete,
    func,
    select,
    union,
)

from pipeline.database import insert_absent
from pipeline.instants import to_us
from pipeline.store import log
from pipeline.store.parts import HOUR_US
from pipeline.store.spans import Hours
from pipeline.store.tables import (
    batch,
    cycle,
    fetch,
    official_warning,
    payload,
    pruned,
    quarantine,
    segment,
)
from pipeline.world import Mode

DAY_US = 24 * HOUR_US
TABLES = fetch, quarantine, cycle, payload, batch, segment
"""Those of which something may go."""


class Old(NamedTuple):
    """Rows of one table."""

    table: Table
    where: tuple[ColumnElement[bool], ...]


def fetches(site: str, before: datetime) -> Old:
    """Return the attempts that began before; not an exercise's, whose clock is the flood's."""
    lived = fetch.c.mode != Mode.EXERCISE.value
    return Old(fetch, (fetch.c.site == site, lived, fetch.c.started_at < to_us(before)))


def refused(site: str, before: datetime) -> Old:
    """Return what went to quarantine before."""
    return Old(quarantine, (quarantine.c.site == site, quarantine.c.stored_at < to_us(before)))


def replayed(site: str, before: datetime) -> Old:
    """Return the cycles of replays that were judged before."""
    judged = func.coalesce(cycle.c.assessed_at, cycle.c.cutoff)
    where = cycle.c.site == site, cycle.c.mode == Mode.REPLAY.value, judged < to_us(before)
    return Old(cycle, where)


def payloads(connection: Connection, site: str, before: datetime) -> Old:
    """Return the payloads stored before: of this site alone, and of which nothing is refused."""
    kept = select(quarantine.c.payload_sha256).where(quarantine.c.payload_sha256.is_not(None))
    where = payload.c.stored_at < to_us(before), payload.c.sha256.not_in(kept)
    if not _has_neighbours(connection, site):
        return Old(payload, where)
    own, others = (_named(site, is_own=one) for one in (True, False))
    return Old(payload, (*where, payload.c.sha256.in_(own), payload.c.sha256.not_in(others)))


def batches(site: str, hours: Hours) -> Old:
    """Return the batches of a span of hours."""
    return Old(batch, (batch.c.site == site, batch.c.hour.between(*hours)))


def segments(site: str, hours: Hours) -> Old:
    """Return the segments that lie in a span of hours as a whole."""
    first, last = hours
    where = segment.c.site == site, segment.c.hour >= first, segment.c.last_hour <= last
    return Old(segment, where)


def count(connection: Connection, old: Old) -> int:
    """Return how many rows there are."""
    counted = select(func.count()).select_from(old.table).where(*old.where)
    return int(connection.execute(counted).scalar_one())


def delete_some(connection: Connection, old: Old, at_most: int) -> int:
    """Delete at most so many of the rows; return how many."""
    key = list(old.table.primary_key)
    chosen = connection.execute(select(*key).where(*old.where).limit(at_most)).mappings().all()
    if not chosen:
        return 0
    wanted = [column == bindparam(f"key_{column.name}") for column in key]
    keys = [{f"key_{name}": value for name, value in row.items()} for row in chosen]
    connection.execute(delete(old.table).where(*wanted), keys)
    return len(chosen)


def days(connection: Connection, site: str, spans: Iterable[Hours]) -> list[Hours]:
    """Return the spans cut at midnight, those alone in which the log holds something."""
    held = union(
        select(batch.c.hour).where(batch.c.site == site),
        select(segment.c.hour).where(segment.c.site == site),
    )
    midnights = {hour // DAY_US * DAY_US for hour in connection.execute(held).scalars()}
    return [
        (max(first, midnight), min(last, midnight + DAY_US - HOUR_US))
        for first, last in spans
        for midnight in sorted(midnights)
        if midnight <= last and midnight + DAY_US > first
    ]


def delete_hours(connection: Connection, site: str, hours: Hours, *, at: datetime) -> None:
    """Delete what the log holds of a span of hours, and keep that it was there."""
    olds = batches(site, hours), segments(site, hours)
    if any(connection.execute(delete(o.table).where(*o.where)).rowcount for o in olds):
        first, last = hours
        row = {"site": site, "first_hour": first, "last_hour": last, "pruned_at": to_us(at)}
        insert_absent(connection, pruned, [row])


def was_pruned(connection: Connection, site: str, start: datetime, end: datetime) -> bool:
    """Tell whether something was pruned of start < valid_time <= end."""
    found = select(func.count()).where(
        pruned.c.site == site,
        pruned.c.first_hour <= log.hour_us(end),
        pruned.c.last_hour >= log.hour_us(start),
    )
    return bool(connection.execute(found).scalar_one())


def _has_neighbours(connection: Connection, site: str) -> bool:
    tables = fetch, batch, segment, quarantine
    other = union(*(select(table.c.site).where(table.c.site != site) for table in tables)).limit(1)
    return connection.execute(other).first() is not None


def _named(site: str, *, is_own: bool) -> CompoundSelect[Any]:
    """Select the payloads that the log or the fetch log of this site names, or of the others."""
    return union(*(
        select(table.c.payload_sha256).where(
            table.c.site == site if is_own else table.c.site != site,
            table.c.payload_sha256.is_not(None),
        )
        for table in (fetch, batch, quarantine, official_warning)
    ))  # fmt: skip
