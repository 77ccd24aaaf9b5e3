"""The log of batches: append what came, load the revisions of a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from pipeline.database import insert_absent
from pipeline.instants import from_us, to_us
from pipeline.observation import KnownBasis
from pipeline.store import lists, log
from pipeline.store.admission import Admitted, Incoming, admit
from pipeline.store.blob import OBSERVED, OF_POINTS, Kind
from pipeline.store.columns import Asked, StoredBatch
from pipeline.store.known import Revisions
from pipeline.store.log import Span
from pipeline.store.parts import HOUR_US, New, Part, new_grids, new_points
from pipeline.store.quarantine import quarantine
from pipeline.store.series_list import SeriesList
from pipeline.store.tables import batch as table

__all__ = ["Appended", "Incoming", "append", "load", "unstored"]


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
    offered, rows = len(admitted), 0
    if offered:
        held = _held(connection, batch, admitted)
        parts = new_grids(batch, admitted, held)
        points = new_points(batch, admitted, held)
        if points:
            series = _series(connection, batch, points[0], held)
            parts += [part for new in points for part in new.parts(series)]
        rows = _insert(connection, batch, parts)
    return Appended(rows, offered - rows, len(admitted.faults))


def unstored(batch: Incoming) -> list[StoredBatch]:
    """Return what the log would hold of a payload, without storing it."""
    admitted = admit(batch)
    parts = new_grids(batch, admitted, ())
    for new in new_points(batch, admitted, ()):
        parts += new.parts(SeriesList.of(new.points.series.series))
    return [
        StoredBatch(
            batch.feed_id,
            part.known_us,
            batch.payload_sha256,
            part.kind,
            part.content,
            part.number,
            batch.basis,
            to_us(batch.stored_at),
            part.series,
            first_us=part.hour_us,
        )
        for part in parts
    ]


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
    forecasts: bool = False,
    beside: Sequence[StoredBatch] = (),
) -> Revisions:
    """Return the revisions of start < valid_time <= end, to be read with `Revisions.at`.

    Parameters
    ----------
    known_before : leave out what became known after it; None = nothing
    stored_before : leave out what was stored after it (to explain a cycle that was lived);
        None = nothing
    basis : rows of one basis only (RECEIVED for an as-received replay); None = all
    forecasts : also what was forecast, for `Revisions.forecasts`
    beside : batches that are not in the log, read as if they were (`unstored`)
    """
    span = Span(site, scenario, log.hour_us(start), log.hour_us(end))
    asked = Asked(
        known_us=None if known_before is None else to_us(known_before),
        stored_us=None if stored_before is None else to_us(stored_before),
        basis=basis,
    )
    held = log.held(connection, span, frozenset(Kind) if forecasts else OBSERVED, asked)
    held += beside
    # Whole hours, of a segment as of batches.
    window = span.first_hour - 1, span.last_hour + HOUR_US - 1
    return Revisions.of(held, asked=asked, window_us=window, forecasts=forecasts)


def _held(connection: Connection, batch: Incoming, admitted: Admitted) -> list[StoredBatch]:
    """Return what the log holds of the feed, so far as it may say what the payload says."""
    first, last = _hours(admitted)
    span = Span(batch.site, batch.scenario, first, last, batch.feed_id)
    if batch.basis is KnownBasis.RECEIVED:
        asked = Asked(known_us=to_us(batch.known_at))
    else:
        asked = Asked(basis=batch.basis, payload_sha256=batch.payload_sha256)
    return log.held(connection, span, _kinds(admitted), asked)


def _hours(admitted: Admitted) -> tuple[int, int]:
    times = [grid.valid_time for grid in admitted.grids]
    if len(admitted.points):
        valid = admitted.points.valid_us
        times += [from_us(int(valid.min())), from_us(int(valid.max()))]
    return log.hour_us(min(times)), log.hour_us(max(times))


def _kinds(admitted: Admitted) -> frozenset[Kind]:
    # An old batch may hold forecasts beside what was observed.
    kinds: set[Kind] = set()
    if len(admitted.points):
        kinds |= OF_POINTS if admitted.points.forecast.any() else {Kind.POINTS}
    if admitted.grids:
        kinds |= {Kind.GRIDS, Kind.FORECAST_GRIDS}
    return frozenset(kinds)


def _series(
    connection: Connection, batch: Incoming, new: New, held: Sequence[StoredBatch]
) -> SeriesList:
    """Return the list that the payload's points name their series by, and keep it if it is new."""
    series = new.points.series
    fitting = lists.fitting((one.series for one in held if one.series is not None), series)
    if fitting is not None:
        return fitting
    longest = lists.longest(connection, batch.site, batch.scenario, batch.feed_id)
    grown = lists.grown(longest, series)
    if grown is longest:
        return grown
    return lists.keep(
        connection,
        site=batch.site,
        scenario=batch.scenario,
        feed_id=batch.feed_id,
        series=grown,
        stored_us=to_us(batch.stored_at),
    )


def _insert(connection: Connection, batch: Incoming, parts: Sequence[Part]) -> int:
    # In one order everywhere, so that two writers of one archive cannot deadlock.
    ordered = sorted(parts, key=lambda part: part[:4])
    insert_absent(connection, table, [_row(batch, part) for part in ordered])
    return sum(part.n_rows for part in ordered)


def _row(batch: Incoming, part: Part) -> dict[str, Any]:
    return {
        "site": batch.site,
        "scenario": batch.scenario,
        "feed_id": batch.feed_id,
        "hour": part.hour_us,
        "known_at": part.known_us,
        "known_basis": batch.basis,
        "payload_sha256": batch.payload_sha256,
        "kind": part.kind,
        "part": part.number,
        "stored_at": to_us(batch.stored_at),
        "n_rows": part.n_rows,
        "content": part.content,
        "series_sha256": None if part.series is None else part.series.sha256,
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
