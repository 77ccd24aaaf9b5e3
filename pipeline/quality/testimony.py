"""What the witnesses around a station say of an hour: who was alive, and how much fell there.

The witnesses are its neighbours and, where there is one, the grid's cell over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from pipeline.quality.station_block import StationBlock

ALIVE: Final = 0.5
"""Share of a window's steps that a witness has to have read."""
SECOND_US: Final = 1_000_000
MINUTE_US: Final = 60 * SECOND_US

Counts = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]


class Rows(NamedTuple):
    """The rows of the window of each time.

    Attributes
    ----------
    first, end : dims (time), the first row and the row after the last
    steps : dims (time), how many readings a station makes in so much of the window as is past
    """

    first: npt.NDArray[np.intp]
    end: npt.NDArray[np.intp]
    steps: Floats


def rows_within(block: StationBlock, before_min: float, after_min: float) -> Rows:
    """Return the rows with time - before_min < row's time <= time + after_min, of each time."""
    times, step_us = block.times, block.interval_s * SECOND_US
    start = times - round(before_min * MINUTE_US)
    stop = times + round(after_min * MINUTE_US)
    seen = np.minimum(stop, times[-1:]) - np.maximum(start, times[:1] - step_us)
    return Rows(
        np.searchsorted(times, start, side="right"),
        np.searchsorted(times, stop, side="right"),
        seen / step_us,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """What was read in the window of each time, [time, station].

    Attributes
    ----------
    total, wettest : sum and greatest reading; 0 where there was none
    spoke : something was read
    alive : at least half of the window's steps were read
    """

    total: Floats
    wettest: Floats
    spoke: Truths
    alive: Truths

    @classmethod
    def of(cls, readings: Floats, rows: Rows) -> Self:
        """Return the windows of readings [time, station], NaN = none."""
        read = ~np.isnan(readings)
        values = np.where(read, readings, 0.0)
        count = _summed(read.astype(np.float64), rows)
        return cls(
            total=_summed(values, rows),
            wettest=_greatest(values, rows),
            spoke=count > 0,
            alive=(count > 0) & (count >= ALIVE * rows.steps[:, None]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Witnesses:
    """The neighbours of each station, and the grid over it, in the window of each time.

    Attributes
    ----------
    near : ones [column, column], whom each column of the block may ask
    told_of : ones [column, name]; a station that two feeds tell of is one witness, not two
    """

    near: csr_array
    told_of: csr_array
    own: Window
    grid: Window | None

    @classmethod
    def of(cls, block: StationBlock, near: csr_array, rows: Rows) -> Self:
        """Return the witnesses of a block; `near` are ones [column, column]."""
        grid = None if block.grid is None else Window.of(block.grid, rows)
        name = np.unique(block.stations, return_inverse=True)[1]
        told_of = csr_array((np.ones(len(name)), (np.arange(len(name)), name)))
        return cls(near, told_of, Window.of(block.values, rows), grid)

    def alive(self) -> Counts:
        """Return how many were alive, [time, station]."""
        return self._count(self.own.alive, None if self.grid is None else self.grid.alive)

    def spoke(self) -> Counts:
        """Return how many said anything."""
        return self._count(self.own.spoke, None if self.grid is None else self.grid.spoke)

    def wet(self, total_mm: float) -> Counts:
        """Return how many were alive and had more than that in the window."""
        above = self.own.alive & (self.own.total > total_mm)
        if self.grid is None:
            return self._count(above, None)
        return self._count(above, self.grid.alive & (self.grid.total > total_mm))

    def wettest(self, asked: Truths) -> Floats:
        """Return the greatest reading of any of them, where it is asked for; elsewhere 0."""
        found = np.zeros(asked.shape) if self.grid is None else self.grid.wettest.copy()
        for station in np.flatnonzero(asked.any(axis=0)):
            among = self.near.indices[self.near.indptr[station] : self.near.indptr[station + 1]]
            rows = np.flatnonzero(asked[:, station])
            wettest = self.own.wettest[np.ix_(rows, among)].max(axis=1, initial=0.0)
            found[rows, station] = np.maximum(found[rows, station], wettest)
        return np.where(asked, found, 0.0)

    def _count(self, columns: Truths, grid: Truths | None) -> Counts:
        said = self.told_of.T @ columns.T.astype(np.float64) > 0
        around = self.near @ self.told_of > 0
        count = np.asarray((around.astype(np.float64) @ said.astype(np.float64)).T)
        return count if grid is None else count + grid


def _summed(values: Floats, rows: Rows) -> Floats:
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    return np.asarray(total[rows.end] - total[rows.first])


def _greatest(values: Floats, rows: Rows) -> Floats:
    padded = np.concatenate([values, np.zeros((1, values.shape[1]))])
    bounds = np.stack([rows.first, rows.end], axis=1).ravel()
    greatest = np.maximum.reduceat(padded, bounds, axis=0)[::2]
    return np.where((rows.first < rows.end)[:, None], np.maximum(greatest, 0.0), 0.0)
