"""Where the cells of a CF grid lie, and in what order they are taken: north and west first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.observation import GridGeometry

TOLERANCE: Final = 0.01
"""Of a step: how far centres written in single precision lie from a regular grid's."""

HALF_TURN: Final = 180.0
TURN: Final = 360.0

Indices = npt.NDArray[np.intp]
Centres = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Axes:
    """A regular grid.

    Attributes
    ----------
    rows, columns : by which the file's own are taken
    """

    geometry: GridGeometry
    rows: Indices
    columns: Indices


def axes(y: Centres, x: Centres, crs: str, *, is_geographic: bool) -> Axes:
    """Return the grid of cells with these centres, in the units of the CRS.

    Longitudes of 180 to 360 degrees become -180 to 0.

    Raises
    ------
    ValueError
        The centres are not those of a regular grid.
    """
    if is_geographic:
        x = np.where(x >= HALF_TURN, x - TURN, x)
    rows, columns = np.argsort(-y, kind="stable"), np.argsort(x, kind="stable")
    top, dy = _regular(y[rows])
    left, dx = _regular(x[columns])
    transform = (dx, 0.0, left - dx / 2, 0.0, dy, top - dy / 2)
    return Axes(GridGeometry(crs, transform, (len(y), len(x))), rows, columns)


def _regular(centres: Centres) -> tuple[float, float]:
    """Return the first centre and the step."""
    if len(centres) <= 1 or not np.isfinite(centres).all():
        raise ValueError("an axis of fewer than two cells, or without numbers, has no step")
    step = float(centres[-1] - centres[0]) / (len(centres) - 1)
    ideal = centres[0] + step * np.arange(len(centres))
    if step == 0 or np.abs(centres - ideal).max() > TOLERANCE * abs(step):
        raise ValueError("its axes are not those of a regular grid")
    return float(centres[0]), step
