"""Which rows of a payload may enter the log; the others go to quarantine with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from pipeline.instants import HOUR, MICROSECOND, floor_to, from_us, text, to_us
from pipeline.observation import Decoded, Fault, GridReading, KnownBasis, Reading
from pipeline.store.blob import plain_cells
from pipeline.store.keys import packed
from pipeline.store.offered import Offered
from pipeline.store.origins import Mask
from pipeline.store.rows import Indices

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


@dataclass(frozen=True, slots=True, eq=False)
class Admitted:
    """The rows that may enter, and the faults of all others.

    Attributes
    ----------
    points : in columns, as they will be stored
    payload : all readings of the payload, of which `points.row` may enter
    """

    points: Offered
    payload: tuple[Reading, ...]
    grids: tuple[GridReading, ...]
    faults: tuple[Fault, ...]

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The readings that may enter, as the payload has them."""
        return tuple(self.payload[row] for row in self.points.row.tolist())

    def __len__(self) -> int:
        return len(self.points) + len(self.grids)


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
    readings = batch.decoded.readings
    stated = batch.basis is not KnownBasis.RECEIVED
    points = Offered.of(readings, batch.known_at, stated=stated)
    entering, faults = _possible(points, readings, window)
    refused = [*batch.decoded.faults, *faults]
    grids = [g for g in batch.decoded.grids if not _refuse(batch, g, window, refused)]
    points, contradicted = _one_each(points.take(entering))
    refused.extend(_fault(readings[row], ("value", CONTRADICTION)) for row in contradicted)
    wettest = _wettest(batch, grids, refused)
    return Admitted(points, readings, wettest, tuple(refused))


def admit_warnings(decoded: Decoded, known_at: datetime) -> Decoded:
    """Return it without the warnings sent more than ten minutes after they were known.

    One that is dated years ahead would stand for years, and end whatever it refers to.
    """
    last = known_at + AHEAD
    kept = tuple(warning for warning in decoded.warnings if warning.sent <= last)
    late = [warning for warning in decoded.warnings if warning.sent > last]
    _, why = _late(known_at)
    faults = (Fault(warning.identity, why, field="sent") for warning in late)
    return replace(decoded, warnings=kept, faults=(*decoded.faults, *faults))


def _possible(
    points: Offered, readings: Sequence[Reading], window: Window | None
) -> tuple[Mask, list[Fault]]:
    # A forecast is about the future; it was made in the past.
    made = np.where(points.forecast, points.reference_us, points.valid_us)
    late = made > points.known_us + AHEAD // MICROSECOND
    outside = np.zeros(len(points), bool)
    if window is not None:
        outside = (made < to_us(window[0])) | (made >= to_us(window[1]))
    refused = late | outside | np.isinf(points.value)
    faults = []
    for row in np.flatnonzero(refused).tolist():
        if late[row]:
            reason = _late(from_us(int(points.known_us[row])))
        elif window is not None and outside[row]:
            reason = _outside(window)
        else:
            reason = "value", "is not a finite number"
        faults.append(_fault(readings[row], reason))
    return ~refused, faults


def _one_each(points: Offered) -> tuple[Offered, list[int]]:
    """Return each reading once, its greatest value, and the rows that say something less."""
    key = packed(points.code, points.valid_us, points.reference_us, points.member, points.known_us)
    order = np.argsort(key, kind="stable")
    if (np.diff(key[order]) > 0).all():
        return points, []
    rank = np.stack([~np.isnan(points.value), np.nan_to_num(points.value), points.flag])
    order = np.lexsort((*rank[::-1], key))
    last = np.concatenate((key[order][1:] != key[order][:-1], [True]))
    lesser = np.flatnonzero(~last)
    below = (rank[:, order[lesser]] != rank[:, order[lesser + 1]]).any(axis=0)
    chosen: Indices = np.sort(order[last])
    return points.take(chosen), points.row[order[lesser[below]]].tolist()


def _wettest(
    batch: Incoming, grids: Sequence[GridReading], refused: list[Fault]
) -> tuple[GridReading, ...]:
    chosen: dict[tuple[object, ...], GridReading] = {}
    for grid in grids:
        series = grid.grid_id, grid.variable, grid.interval_s
        key = *series, grid.valid_time, grid.reference_time, grid.member, batch.known(grid)
        lesser, greater = sorted((chosen.get(key, grid), grid), key=_wetness)
        chosen[key] = greater
        if _wetness(lesser) != _wetness(greater):
            refused.append(_fault(lesser, ("value", CONTRADICTION)))
    return tuple(chosen.values())


def _wetness(grid: GridReading) -> tuple[float, bytes]:
    return float(np.nansum(grid.cells)), plain_cells(grid.cells).tobytes()


def _refuse(
    batch: Incoming, grid: GridReading, window: Window | None, refused: list[Fault]
) -> bool:
    made = grid.valid_time if grid.reference_time is None else grid.reference_time
    if made > batch.known(grid) + AHEAD:
        refused.append(_fault(grid, _late(batch.known(grid))))
    elif window is not None and not window[0] <= made < window[1]:
        refused.append(_fault(grid, _outside(window)))
    else:
        return False
    return True


def _late(known_at: datetime) -> tuple[str, str]:
    return "valid_time", f"lies after it was known, at {text(known_at)}"


def _outside(window: Window) -> tuple[str, str]:
    return "valid_time", f"lies outside {text(window[0])} to {text(window[1])}"


def _fault(row: Reading | GridReading, reason: tuple[str, str]) -> Fault:
    place = row.station_id if isinstance(row, Reading) else row.grid_id
    where = f"{place} {row.variable} {text(row.valid_time)}"
    station_id = row.station_id if isinstance(row, Reading) else None
    return Fault(where, reason[1], field=reason[0], station_id=station_id)


def _whole_hours(window: Window) -> Window:
    # A batch holds an hour; cut in the middle, the rest could not enter later under its identity.
    first, last = window
    return floor_to(first, HOUR), floor_to(last, HOUR) + HOUR
