"""What was known at a cutoff: the only reader of the log.

Which revision of a reading is read is `point_log`'s rule: of those known at the cutoff a value
wins over MISSING, then the greatest (known_at, payload hash).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from pipeline.instants import to_us
from pipeline.risk.hand_fed import is_by_hand
from pipeline.store.blob import Kind
from pipeline.store.columns import EVERYTHING, Asked, StoredBatch, point_rows
from pipeline.store.grid_log import GridLog, forecast_records, grid_logs, records
from pipeline.store.point_log import PointLog, Rows
from pipeline.store.rows import ForecastPoints, GridRow, Points

__all__ = ["GridRow", "Known", "Points", "Revisions"]


@dataclass(frozen=True, eq=False)
class Known:
    """The readings with start < valid_time <= end, as known at the cutoff (None = all).

    Attributes
    ----------
    grids : sorted by valid_us, feed, grid, variable
    forecasts : grids foreseen; sorted likewise, and by run and member
    sha256 : digest of the rows as read; by which batches they came changes nothing
    """

    start: datetime
    end: datetime
    cutoff: datetime | None
    points: Points
    grids: tuple[GridRow, ...]
    forecasts: tuple[GridRow, ...]
    _log: PointLog = field(repr=False)
    _rows: Rows = field(repr=False)
    _grids_read: tuple[tuple[GridRow, ...], tuple[GridRow, ...]] = field(repr=False)

    def flagged(self, flag: npt.NDArray[np.uint8]) -> Self:
        """Return the same readings, judged otherwise; the digest stays that of the rows as read."""
        return replace(self, points=self.points.flagged(flag))

    def kept(self, rows: npt.NDArray[np.bool_]) -> Self:
        """Return some of the points, and all grids; the digest stays that of the rows as read."""
        return replace(self, points=self.points.kept(rows))

    @cached_property
    def by_hand(self) -> frozenset[str]:
        """The feeds by hand of which something was read."""
        grids = {grid.feed_id for grid in (*self.grids, *self.forecasts)}
        listed = filter(is_by_hand, self._log.catalogue.lists)
        points = {feed for feed in listed if self._rows_of(feed).any()}
        return frozenset(points).union(filter(is_by_hand, grids))

    @property
    def fetched(self) -> Self:
        """The readings without those fed by hand; the digest stays that of the rows as read."""
        own = np.ones(len(self.points), bool)
        for feed in self.by_hand & self._log.catalogue.lists.keys():
            own &= ~self._rows_of(feed)
        return replace(
            self.kept(own), grids=_fetched(self.grids), forecasts=_fetched(self.forecasts)
        )

    def _rows_of(self, feed_id: str) -> npt.NDArray[np.bool_]:
        first, series = self._log.catalogue.first[feed_id], self.points.series
        found = (series >= first) & (series < first + len(self._log.catalogue.lists[feed_id]))
        return np.asarray(found)

    @cached_property
    def sha256(self) -> str:
        observed, foreseen = self._grids_read
        counts = len(self._log.known_us[self._rows]), len(observed)
        digest = hashlib.sha256(b"floodwarn.rows/1 %d %d\n" % counts)
        for piece in self._log.records(self._rows):
            digest.update(piece.data)
        digest.update(records(observed).data)
        digest.update(forecast_records(foreseen))
        return digest.hexdigest()


def _fetched(grids: tuple[GridRow, ...]) -> tuple[GridRow, ...]:
    return tuple(grid for grid in grids if not is_by_hand(grid.feed_id))


@dataclass(frozen=True, slots=True, eq=False)
class Revisions:
    """Every revision of the readings of a window, and of its forecasts if they were asked for."""

    _points: PointLog
    _grids: GridLog
    _point_forecasts: PointLog | None
    _grid_forecasts: GridLog | None

    @classmethod
    def of(
        cls,
        batches: Sequence[StoredBatch],
        *,
        asked: Asked = EVERYTHING,
        window_us: tuple[int, int] | None = None,
        forecasts: bool = True,
    ) -> Self:
        """Return the revisions that stored batches hold, in whatever order they come.

        Parameters
        ----------
        asked : rows of a segment are left out one by one; a batch is to be asked for already
        window_us : start and end; points outside start < valid_time <= end are left out
        """
        rows = [
            one.asked(asked) if "origin" in one.columns else one
            for one in point_rows(batches, window_us)
        ]
        observed = [one for one in rows if one.kind is Kind.POINTS]
        ahead = [one for one in rows if one.kind is Kind.FORECAST_POINTS]
        grids, grids_ahead = grid_logs(batches, forecasts=forecasts)
        return cls(
            PointLog.of(observed),
            grids,
            PointLog.of(ahead) if forecasts else None,
            grids_ahead if forecasts else None,
        )

    def at(
        self,
        cutoff: datetime | None,
        start: datetime,
        end: datetime,
        *,
        ahead: timedelta = timedelta(0),
    ) -> Known:
        """Return what was known at `cutoff` (None = now) of start < valid_time <= end.

        Parameters
        ----------
        ahead : also what was forecast, until so long after `end`, and as long before it
        """
        window = _window(cutoff, start, end)
        rows = self._points.pick(*window)
        points, grids = self._points.take(rows), self._grids.pick(*window)
        foreseen = self.forecasts(cutoff, end - ahead, end + ahead) if ahead else ()
        return Known(
            start, end, cutoff, points, grids, foreseen, self._points, rows, (grids, foreseen)
        )

    def forecasts(
        self, cutoff: datetime | None, start: datetime, end: datetime
    ) -> tuple[GridRow, ...]:
        """Return the grids forecast for start < valid_time <= end, as known at `cutoff`.

        Of each series and member those of its newest reference_time that speaks of the window.

        Raises
        ------
        ValueError
            The revisions were loaded without forecasts.
        """
        if self._grid_forecasts is None:
            raise ValueError("these revisions were loaded without forecasts")
        return self._grid_forecasts.forecasts(*_window(cutoff, start, end))

    def point_forecasts(
        self, cutoff: datetime | None, start: datetime, end: datetime
    ) -> ForecastPoints:
        """Return the points forecast for start < valid_time <= end, chosen as `forecasts` are.

        Raises
        ------
        ValueError
            The revisions were loaded without forecasts.
        """
        if self._point_forecasts is None:
            raise ValueError("these revisions were loaded without forecasts")
        return self._point_forecasts.forecasts(*_window(cutoff, start, end))


def _window(cutoff: datetime | None, start: datetime, end: datetime) -> tuple[int, int, int | None]:
    return to_us(start), to_us(end), None if cutoff is None else to_us(cutoff)
