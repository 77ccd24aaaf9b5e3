"""Compaction: batches of points of whole days, rewritten as segments that read the same.

A segment keeps every revision of every row with its known_at, basis, payload, part and stored_at.
Grids stay in their batches: one is as large as a segment, and nothing is gained.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
)

from pipeline.instants import MICROSECOND, floor_to, from_us, to_us
from pipeline.store import blob, lists, log
from pipeline.store.blob import OF_POINTS
from pipeline.store.columns import StoredBatch, point_rows
from pipeline.store.keys import bits
from pipeline.store.log import Span
from pipeline.store.parts import HOUR_US
from pipeline.store.point_log import PointLog
from pipeline.store.tables import batch, segment

DAY = timedelta(days=1)
DAY_US = DAY // MICROSECOND

SEGMENT_ROWS = 1 << 19
"""A segment that holds more is ended at the hour: a window of two hours must not cost a day."""

LOCK = 0x636F6D70
"""PostgreSQL's advisory lock by which one compaction waits for another."""

DELETED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Compacted:
    """What one compaction did.

    Attributes
    ----------
    batches : batches that were replaced
    segments : segments that were written
    """

    batches: int
    segments: int


class _Day(NamedTuple):
    """One feed's batches of one kind and day that a compaction has to do with."""

    scenario: str
    feed_id: str
    kind: str
    start: int


class _Hours(NamedTuple):
    """Hours that are rewritten together, or not at all."""

    first: int
    last: int
    n_rows: int
    batches: int

    def with_(self, other: Self) -> Self:
        """Return these hours and others as one."""
        last, n_rows = max(self.last, other.last), self.n_rows + other.n_rows
        return type(self)(self.first, last, n_rows, self.batches + other.batches)


def compact(
    connection: Connection, *, site: str, before: datetime, stored_at: datetime
) -> Compacted:
    """Rewrite the batches of points of all days that ended by `before`; again changes nothing.

    It reads the same at every cutoff afterwards. Appenders may go on: what they add to a day
    that is compacted waits for the next compaction, which merges it. One transaction holds all;
    `pending` gives the instants to take one after another, each in a short one.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    replaced = written = 0
    for day in _days(connection, site, before):
        for hours in _groups(connection, site, day):
            if hours.batches:
                done = _rewrite(connection, site, day, hours, to_us(stored_at))
                replaced, written = replaced + done.batches, written + done.segments
    return Compacted(replaced, written)


def pending(connection: Connection, *, site: str, before: datetime) -> tuple[datetime, ...]:
    """Return the ends of the days that `compact` would rewrite, oldest first."""
    ends = {day.start + DAY_US for day in _days(connection, site, before)}
    return tuple(from_us(end) for end in sorted(ends))


def _days(connection: Connection, site: str, before: datetime) -> list[_Day]:
    found = connection.execute(
        select(batch.c.scenario, batch.c.feed_id, batch.c.kind, batch.c.hour)
        .where(
            batch.c.site == site,
            batch.c.hour < to_us(floor_to(before, DAY)),
            batch.c.kind.in_(sorted(OF_POINTS)),
        )
        .distinct()
    )
    return sorted({_Day(s, f, k, hour // DAY_US * DAY_US) for s, f, k, hour in found})


def _groups(connection: Connection, site: str, day: _Day) -> Iterator[_Hours]:
    """Return a day's hours in groups of at most SEGMENT_ROWS rows, or of one hour."""
    group: _Hours | None = None
    for hours in _units(connection, site, day):
        if group is None:
            group = hours
        elif hours.first <= group.last or group.n_rows + hours.n_rows <= SEGMENT_ROWS:
            group = group.with_(hours)
        else:
            yield group
            group = hours
    if group is not None:
        yield group


def _units(connection: Connection, site: str, day: _Day) -> list[_Hours]:
    """Return the hours of a day that batches hold, and those that segments hold, in order."""
    counts = func.sum(batch.c.n_rows), func.count()
    hour = batch.c.hour
    batches = connection.execute(select(hour, *counts).where(*_of(batch, site, day)).group_by(hour))
    columns = segment.c.hour, segment.c.last_hour, segment.c.n_rows
    segments = connection.execute(select(*columns).where(*_of(segment, site, day)))
    units = [_Hours(hour, hour, int(n_rows), count) for hour, n_rows, count in batches]
    return sorted([*units, *(_Hours(*row, 0) for row in segments)])


def _rewrite(
    connection: Connection, site: str, day: _Day, hours: _Hours, compacted_us: int
) -> Compacted:
    span = Span(site, day.scenario, hours.first, hours.last, day.feed_id)
    batches = [one for one in _locked(connection, batch, span, day) if not _has_both(one)]
    if not batches:
        return Compacted(0, 0)
    segments = _locked(connection, segment, span, day)
    _delete(connection, batch, [_batch_key(span, one) for one in batches])
    _delete(connection, segment, [_segment_key(span, one) for one in segments])
    held = [*batches, *segments]
    _insert(connection, span, day, PointLog.of([*point_rows(held)]), compacted_us)
    return Compacted(len(batches), 1)


def _has_both(one: StoredBatch) -> bool:
    # An old batch of what was observed and what was forecast: it stays as it is.
    return len([*point_rows([one])]) > 1


def _locked(connection: Connection, table: Table, span: Span, day: _Day) -> list[StoredBatch]:
    """Return the rows of one table, which none but this transaction may delete."""
    columns = log.batch_columns() if table is batch else log.segment_columns()
    within = table.c.hour.between(span.first_hour, span.last_hour)
    query = select(*columns).where(*_of(table, span.site, day), within).with_for_update()
    return log.stored(connection, span, connection.execute(query).all())


def _of(table: Table, site: str, day: _Day) -> list[ColumnElement[bool]]:
    return [
        table.c.site == site,
        table.c.scenario == day.scenario,
        table.c.feed_id == day.feed_id,
        table.c.kind == day.kind,
        table.c.hour >= day.start,
        table.c.hour < day.start + DAY_US,
    ]


def _batch_key(span: Span, one: StoredBatch) -> dict[str, Any]:
    origin = {"known_at": one.known_us, "known_basis": one.basis, "part": one.part}
    return {**_segment_key(span, one), **origin, "payload_sha256": one.payload_sha256}


def _segment_key(span: Span, one: StoredBatch) -> dict[str, Any]:
    key = {"site": span.site, "scenario": span.scenario, "feed_id": one.feed_id}
    return {**key, "kind": one.kind, "hour": one.first_us}


def _delete(connection: Connection, table: Table, keys: Sequence[dict[str, Any]]) -> None:
    """Delete exactly the rows that were read: an appender may have added others since."""
    if not keys:
        return
    wanted = [column == bindparam(f"key_{column.name}") for column in table.primary_key]
    named = [{f"key_{name}": value for name, value in key.items()} for key in keys]
    connection.execute(delete(table).where(*wanted), named)


def _insert(
    connection: Connection, span: Span, day: _Day, rows: PointLog, compacted_us: int
) -> None:
    """Write rows as a segment, with the list that they name their series by."""
    series = rows.catalogue.lists[day.feed_id]
    lists.keep(
        connection,
        site=span.site,
        scenario=span.scenario,
        feed_id=day.feed_id,
        series=series,
        stored_us=compacted_us,
    )
    key = {name: getattr(day, name) for name in ("scenario", "feed_id", "kind")}
    values = {"site": span.site, "compacted_at": compacted_us, "series_sha256": series.sha256}
    connection.execute(insert(segment).values(**key, **values, **_content(rows)))


def _content(rows: PointLog) -> dict[str, Any]:
    origins, number = rows.origins.without_doubles()
    columns = {**rows.columns, "origin": number[rows.columns["origin"]]}
    # Rows stand twice where an appender took a payload again while a compaction moved it.
    new = np.ones(len(rows), bool)
    new[1:] = np.any([_steps(column) for column in columns.values()], axis=0)
    columns = {name: column[new] for name, column in columns.items()}
    hours = columns["valid_time"][[0, -1]] // HOUR_US * HOUR_US
    return {
        "hour": int(hours[0]),
        "last_hour": int(hours[1]),
        "known_at": int(origins.known_us.min()),
        "stored_at": int(origins.stored_us.min()),
        "n_rows": int(new.sum()),
        "content": blob.write_segment(columns),
        "origins": origins.content,
    }


def _steps(column: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    # A missing value is not equal to itself, but it is the same bytes.
    column = bits(column) if column.dtype == np.float64 else column
    found: npt.NDArray[np.bool_] = column[1:] != column[:-1]
    return found
