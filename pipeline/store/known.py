"""What was known at a cutoff: the one rule that chooses among the revisions of a reading.

Of all revisions of one reading (feed, station, variable, interval, valid_time) that were known
at the cutoff, a value wins over MISSING, then the greatest (known_at, payload hash).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pipeline.instants import to_us
from pipeline.store.columns import GridLog, PointLog, Records, StoredBatch
from pipeline.store.rows import GridRow, Points

__all__ = ["GridRow", "Known", "Points", "Revisions"]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The readings with start < valid_time <= end, as known at the cutoff (None = all).

    Attributes
    ----------
    grids : sorted by valid_us, feed, grid, variable
    sha256 : digest of the rows as read; by which batches they came changes nothing
    """

    start: datetime
    end: datetime
    cutoff: datetime | None
    points: Points
    grids: tuple[GridRow, ...]
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Revisions:
    """Every revision of the observed readings of a window; forecasts are left out as yet."""

    _points: PointLog
    _grids: GridLog

    @classmethod
    def of(cls, batches: Sequence[StoredBatch]) -> Self:
        """Return the revisions that stored batches hold, in whatever order they come."""
        return cls(PointLog.of(batches), GridLog.of(batches))

    def at(self, cutoff: datetime | None, start: datetime, end: datetime) -> Known:
        """Return what was known at `cutoff` (None = now) of start < valid_time <= end."""
        window = to_us(start), to_us(end), None if cutoff is None else to_us(cutoff)
        points = self._points.order.pick(*window)
        grids = self._grids.order.pick(*window)
        return Known(
            start=start,
            end=end,
            cutoff=cutoff,
            points=self._points.take(points),
            grids=tuple(self._grids.rows[i] for i in grids),
            sha256=_digest(self._points.records[points], self._grids.records[grids]),
        )


def _digest(points: Records, grids: Records) -> str:
    digest = hashlib.sha256(b"floodwarn.rows/1 %d %d\n" % (len(points), len(grids)))
    digest.update(points.data)
    digest.update(grids.data)
    return digest.hexdigest()
