"""The log of batches: append what came, load the revisions of a window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from pipeline.database import insert_absent
from pipeline.instants import HOUR, MICROSECOND, floor_to, to_us
from pipeline.observation import GridReading, KnownBasis, Reading
from pipeline.store import blob
from pipeline.store.admission import Admitted, Incoming, admit
from pipeline.store.blob import Kind
from pipeline.store.columns import StoredBatch
from pipeline.store.known import Known, Revisions
from pipeline.store.quarantine import quarantine
from pipeline.store.repeats import without_repeats
from pipeline.store.tables import batch as log

__all__ = ["Appended", "Incoming", "append", "load"]

Identity = tuple[int, int, Kind]
"""Hour and known_at in microseconds, and kind: with the payload's own columns, a batch's key."""

Groups = dict[Identity, list[blob.Row]]
Part = tuple[Identity, int, list[blob.Row]]


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of one payload.

    Attributes
    ----------
    rows : rows that are new in the log
    repeated : rows that the log held already, or that say nothing new
    refused : rows and fields of the payload that are in quarantine
    """

    rows: int
    repeated: int
    refused: int


def append(connection: Connection, batch: Incoming) -> Appended:
    """Append one decoded payload to the log; appending it again changes nothing.

    Rows are grouped by the hour of their valid_time and by known_at. A RECEIVED row that says
    nothing new is not stored again.
    """
    admitted = admit(batch)
    _quarantine(connection, batch, admitted)
    offered = len(admitted.readings) + len(admitted.grids)
    if batch.basis is KnownBasis.RECEIVED and offered:
        admitted = without_repeats(admitted, _current(connection, batch, admitted))
    stored = _insert(connection, batch, admitted)
    return Appended(stored, offered - stored, len(admitted.faults))


def load(  # noqa: PLR0913 - one window, two clocks, and ways to leave batches out
    connection: Connection,
    *,
    site: str,
    start: datetime,
    end: datetime,
    known_before: datetime | None,
    scenario: str = "",
    stored_before: datetime | None = None,
    basis: KnownBasis | None = None,
) -> Revisions:
    """Return the revisions of start < valid_time <= end, to be read with `Revisions.at`.

    Parameters
    ----------
    known_before : leave out what became known after it; None = nothing
    stored_before : leave out what was stored after it (to explain a cycle that was lived);
        None = nothing
    basis : rows of one basis only (RECEIVED for an as-received replay); None = all
    """
    wanted = [log.c.site == site, log.c.scenario == scenario, _hours(start, end)]
    if known_before is not None:
        wanted.append(log.c.known_at <= to_us(known_before))
    if stored_before is not None:
        wanted.append(log.c.stored_at <= to_us(stored_before))
    if basis is not None:
        wanted.append(log.c.known_basis == basis)
    return Revisions.of(_stored(connection, wanted))


def _hours(start: datetime, end: datetime) -> ColumnElement[bool]:
    return log.c.hour.between(_hour(start), _hour(end))


def _hour(valid_time: datetime) -> int:
    return to_us(floor_to(valid_time, HOUR))


def _stored(connection: Connection, wanted: list[ColumnElement[bool]]) -> list[StoredBatch]:
    columns = log.c.feed_id, log.c.known_at, log.c.payload_sha256, log.c.kind, log.c.content
    found = connection.execute(select(*columns, log.c.part).where(*wanted))
    return [StoredBatch(*row) for row in found]


def _of(batch: Incoming, rows: Admitted) -> list[ColumnElement[bool]]:
    return [
        log.c.site == batch.site,
        log.c.scenario == batch.scenario,
        log.c.feed_id == batch.feed_id,
        _hours(*_span(rows)),
    ]


def _current(connection: Connection, batch: Incoming, rows: Admitted) -> list[Known]:
    # Two views: an as-received replay reads received rows only, and must not miss any.
    first, last = _span(rows)
    of_feed = _of(batch, rows)
    views = of_feed, [*of_feed, log.c.known_basis == KnownBasis.RECEIVED]
    return [
        Revisions.of(_stored(connection, view)).at(batch.known_at, first - MICROSECOND, last)
        for view in views
    ]


def _span(rows: Admitted) -> tuple[datetime, datetime]:
    times = [r.valid_time for r in rows.readings] + [g.valid_time for g in rows.grids]
    return min(times), max(times)


def _insert(connection: Connection, batch: Incoming, admitted: Admitted) -> int:
    groups: Groups = {}
    for reading in admitted.readings:
        groups.setdefault(_identity(batch, reading), []).append(blob.point_row(reading))
    for grid in admitted.grids:
        groups.setdefault(_identity(batch, grid), []).append(blob.grid_row(grid))
    if not groups:
        return 0
    parts = _parts(groups, _held(connection, batch, admitted))
    # In one order everywhere, so that two writers of one archive cannot deadlock.
    insert_absent(connection, log, [_row(batch, *part) for part in sorted(parts, key=_key)])
    return sum(len(rows) for _, _, rows in parts)


def _key(part: Part) -> tuple[Identity, int]:
    return part[:2]


def _identity(batch: Incoming, row: Reading | GridReading) -> Identity:
    kind = Kind.POINTS if isinstance(row, Reading) else Kind.GRIDS
    return _hour(row.valid_time), to_us(batch.known(row)), kind


def _parts(groups: Groups, held: dict[Identity, list[bytes]]) -> list[Part]:
    parts = []
    for identity, rows in groups.items():
        before = held.get(identity, [])
        known = {row for content in before for row in blob.rows(identity[2], content)}
        new = [row for row in rows if row not in known]
        if new:
            parts.append((identity, len(before), new))
    return parts


def _held(
    connection: Connection, batch: Incoming, admitted: Admitted
) -> dict[Identity, list[bytes]]:
    # A payload is seldom decoded twice; if it is, a station map or a decoder may have changed,
    # and what it says now that it did not say then is a part of its own.
    kept = connection.execute(
        select(log.c.hour, log.c.known_at, log.c.kind, log.c.content).where(
            *_of(batch, admitted),
            log.c.known_basis == batch.basis,
            log.c.payload_sha256 == batch.payload_sha256,
        )
    )
    held: dict[Identity, list[bytes]] = {}
    for row in kept:
        held.setdefault((row.hour, row.known_at, Kind(row.kind)), []).append(row.content)
    return held


def _row(batch: Incoming, identity: Identity, part: int, rows: list[blob.Row]) -> dict[str, Any]:
    hour, known_at, kind = identity
    return {
        "site": batch.site,
        "scenario": batch.scenario,
        "feed_id": batch.feed_id,
        "hour": hour,
        "known_at": known_at,
        "known_basis": batch.basis,
        "payload_sha256": batch.payload_sha256,
        "kind": kind,
        "part": part,
        "stored_at": to_us(batch.stored_at),
        "n_rows": len(rows),
        "content": blob.write(kind, rows),
    }


def _quarantine(connection: Connection, batch: Incoming, admitted: Admitted) -> None:
    quarantine(
        connection,
        batch.site,
        batch.feed_id,
        admitted.faults,
        payload_sha256=batch.payload_sha256,
        stored_at=batch.stored_at,
    )
