"""Which rows of a payload may enter the log; the others go to quarantine with the reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import numpy as np

from pipeline.instants import HOUR, floor_to, text
from pipeline.observation import Decoded, Fault, GridReading, KnownBasis, Reading
from pipeline.store.blob import is_missing, plain_cells

AHEAD = timedelta(minutes=10)
"""How far a station's clock may run ahead of ours."""

CONTRADICTION = "contradicts a greater one in the same payload"

BACK = timedelta(days=40)
"""How old a reading of a scheduled fetch may be."""

Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One decoded payload on its way into the log.

    Attributes
    ----------
    known_at : of rows that state none; RECEIVED rows take it always, for it is our own clock
    valid_window : valid times to be expected, both ends included and widened to whole hours;
        see `scheduled_window`; None = whatever the payload holds
    scenario : '' = real
    """

    site: str
    feed_id: str
    basis: KnownBasis
    known_at: datetime
    payload_sha256: str
    stored_at: datetime
    decoded: Decoded
    scenario: str = ""
    valid_window: Window | None = None

    def known(self, row: Reading | GridReading) -> datetime:
        """Return when a row could have been used."""
        if row.known_at is None or self.basis is KnownBasis.RECEIVED:
            return self.known_at
        return row.known_at


@dataclass(frozen=True, slots=True)
class Admitted:
    """The rows that may enter, and the faults of all others."""

    readings: tuple[Reading, ...]
    grids: tuple[GridReading, ...]
    faults: tuple[Fault, ...]


def scheduled_window(now: datetime) -> Window:
    """Return the valid times that a scheduled fetch may bring: 40 days back, 10 minutes ahead."""
    return now - BACK, now + AHEAD


def admit(batch: Incoming) -> Admitted:
    """Return what may enter the log.

    A row enters unless its time lies more than ten minutes after it was known, or outside the
    window that was asked for, or its value is no finite number. Where a payload contradicts
    itself the greater value enters: the other could hide a flood. Source: DESIGN section 5.
    """
    window = None if batch.valid_window is None else _whole_hours(batch.valid_window)
    refused = list(batch.decoded.faults)
    readings = [r for r in batch.decoded.readings if not _refuse(batch, r, window, refused)]
    grids = [g for g in batch.decoded.grids if not _refuse(batch, g, window, refused)]
    return Admitted(
        readings=_one_each(batch, readings, _greater, refused),
        grids=_one_each(batch, grids, _wetter, refused),
        faults=tuple(refused),
    )


Row = TypeVar("Row", Reading, GridReading)


def _one_each(
    batch: Incoming, rows: Sequence[Row], rank: Callable[[Row], Any], refused: list[Fault]
) -> tuple[Row, ...]:
    chosen: dict[tuple[object, ...], Row] = {}
    for row in rows:
        key = _identity(batch, row)
        lesser, greater = sorted((chosen.get(key, row), row), key=rank)
        chosen[key] = greater
        if rank(lesser) != rank(greater):
            refused.append(_fault(lesser, ("value", CONTRADICTION)))
    return tuple(chosen.values())


def _identity(batch: Incoming, row: Reading | GridReading) -> tuple[object, ...]:
    return (*_series(row), row.valid_time, row.reference_time, row.member, batch.known(row))


def _series(row: Reading | GridReading) -> tuple[str, str, int]:
    place = row.station_id if isinstance(row, Reading) else row.grid_id
    return place, row.variable, row.interval_s


def _greater(reading: Reading) -> tuple[bool, float, int]:
    missing = is_missing(reading)
    return not missing, 0.0 if missing else reading.value or 0.0, reading.flag


def _wetter(grid: GridReading) -> tuple[float, bytes]:
    return float(np.nansum(grid.cells)), plain_cells(grid.cells).tobytes()


def _refuse(
    batch: Incoming, row: Reading | GridReading, window: Window | None, refused: list[Fault]
) -> bool:
    reason = _reason(batch, row, window)
    if reason is not None:
        refused.append(_fault(row, reason))
    return reason is not None


def _fault(row: Reading | GridReading, reason: tuple[str, str]) -> Fault:
    place, variable, _ = _series(row)
    return Fault(f"{place} {variable} {text(row.valid_time)}", reason[1], field=reason[0])


def _reason(
    batch: Incoming, row: Reading | GridReading, window: Window | None
) -> tuple[str, str] | None:
    # A forecast is about the future; it was made in the past.
    made = row.valid_time if row.reference_time is None else row.reference_time
    known_at = batch.known(row)
    if made > known_at + AHEAD:
        return "valid_time", f"lies after it was known, at {text(known_at)}"
    if window is not None and not window[0] <= made < window[1]:
        return "valid_time", f"lies outside {text(window[0])} to {text(window[1])}"
    if isinstance(row, Reading) and row.value is not None and math.isinf(row.value):
        return "value", "is not a finite number"
    return None


def _whole_hours(window: Window) -> Window:
    # A batch holds an hour; cut in the middle, the rest could not enter later under its identity.
    first, last = window
    return floor_to(first, HOUR), floor_to(last, HOUR) + HOUR
