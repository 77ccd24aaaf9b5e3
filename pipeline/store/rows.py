"""Readings as read from the store: points in columns, grids one by one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.observation import GridGeometry

Objects = npt.NDArray[np.object_]
Integers = npt.NDArray[np.int64]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Point readings in columns of equal length, sorted by valid_us, feed, station, variable.

    Attributes
    ----------
    feed_id, station_id, variable : str
    interval_s : length of the interval; 0 for instant values
    valid_us, known_us : microseconds since 1970-01-01T00:00Z
    value : in the variable's unit; NaN = missing
    flag : QARTOD
    """

    feed_id: Objects
    station_id: Objects
    variable: Objects
    interval_s: Integers
    valid_us: Integers
    known_us: Integers
    value: npt.NDArray[np.float64]
    flag: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.value)


@dataclass(frozen=True, slots=True, eq=False)
class GridRow:
    """One grid as read.

    Attributes
    ----------
    digest : sha256 of all of it but known_us: equal digests have equal cells
    cells : float32 [rows, cols] in the variable's unit, NaN where nothing was seen; read-only
    """

    feed_id: str
    grid_id: str
    variable: str
    interval_s: int
    valid_us: int
    known_us: int
    digest: bytes
    geometry: GridGeometry
    cells: npt.NDArray[np.float32]


def series_digest(feed_id: str, station_id: str, variable: str, interval_s: int) -> bytes:
    """Return 16 bytes that stand for a series of points in a record."""
    names = "\0".join((feed_id, station_id, variable, str(interval_s)))
    return hashlib.sha256(names.encode()).digest()[:16]


def grid_digest(
    feed_id: str, grid_id: str, stamp: tuple[str, int, int], geometry: GridGeometry, cells: bytes
) -> bytes:
    """Return the sha256 of one grid; `stamp` is variable, interval_s and valid_us."""
    names = (feed_id, grid_id, *stamp, geometry.crs, *geometry.transform, *geometry.shape)
    digest = hashlib.sha256("\0".join(map(str, names)).encode() + b"\0")
    digest.update(cells)
    return digest.digest()
