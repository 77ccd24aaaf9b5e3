"""What a rain grid says of the cell over each station: one witness more for a gauge.

A cell that was not seen is no witness, and a grid of another step than the gauge's neither: the
hour cannot be told from one of its parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from pipeline.observation import GridGeometry
from pipeline.quality.station_block import Floats, Ints, StationBlock
from pipeline.site.rain_cells import RainCells
from pipeline.units import Variable


class Grid(Protocol):
    """One grid at one time (pipeline.store.rows)."""

    @property
    def grid_id(self) -> str: ...
    @property
    def variable(self) -> str: ...
    @property
    def interval_s(self) -> int: ...
    @property
    def valid_us(self) -> int: ...
    @property
    def geometry(self) -> GridGeometry: ...
    @property
    def cells(self) -> npt.NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Overhead:
    """The rain over stations, as the grids of one reading have it.

    Attributes
    ----------
    column : of each station that lies on the grid
    told : by the length of the interval, s: its ends, microseconds UTC, rising, and mm
        [time, station]; NaN = not seen. The last column is nobody's, and NaN
    """

    column: Mapping[str, int]
    told: Mapping[int, tuple[Ints, Floats]]

    @classmethod
    def of(cls, grids: Iterable[Grid], over: RainCells) -> Self:
        """Return what grids say, in whatever order they come."""
        wanted = (over.grid_id, Variable.RAIN, over.shape)
        by_interval: dict[int, list[Grid]] = {}
        for grid in grids:
            if (grid.grid_id, grid.variable, grid.geometry.shape) == wanted:
                by_interval.setdefault(grid.interval_s, []).append(grid)
        cells = np.array(over.cells, np.intp)
        return cls(
            column={name: place for place, name in enumerate(over.stations)},
            told={interval_s: _sampled(own, cells) for interval_s, own in by_interval.items()},
        )

    def over(self, block: StationBlock) -> Floats | None:
        """Return the rain over each station of a block, mm [time, station]; None = no grid."""
        if block.interval_s not in self.told:
            return None
        times, rain = self.told[block.interval_s]
        rows = np.searchsorted(times, block.times).clip(max=len(times) - 1)
        columns = np.array([self.column.get(name, -1) for name in block.stations], np.intp)
        said = (times[rows] == block.times)[:, None]
        return np.where(said, rain[np.ix_(rows, columns)], np.nan)


def _sampled(grids: Sequence[Grid], cells: npt.NDArray[np.intp]) -> tuple[Ints, Floats]:
    """Return the times of grids and their rain at some cells.

    Where several feeds tell of one time, the wettest counts, as among neighbours.
    """
    valid_us = np.array([grid.valid_us for grid in grids], np.int64)
    times, rows = np.unique(valid_us, return_inverse=True)
    rain = np.full((len(times), len(cells) + 1), np.nan)
    for row, grid in zip(rows.tolist(), grids, strict=True):
        rain[row, :-1] = np.fmax(rain[row, :-1], grid.cells.ravel()[cells])
    return times, rain
