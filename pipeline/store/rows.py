"""Readings as read from the store: points in columns, grids one by one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from pipeline.observation import GridGeometry

Objects = npt.NDArray[np.object_]
Integers = npt.NDArray[np.int64]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class SeriesNames:
    """What each series of points is called, by its number."""

    feed_id: Objects
    station_id: Objects
    variable: Objects
    interval_s: Integers


@dataclass(frozen=True, eq=False)
class Points:
    """Point readings in columns of equal length, sorted by valid_us, feed, station, variable.

    Attributes
    ----------
    names : of all series that may occur
    series : number of each row's series
    valid_us, known_us : microseconds since 1970-01-01T00:00Z
    value : in the variable's unit; NaN = missing
    flag : QARTOD
    feed_id, station_id, variable : str; made when asked for, since that takes longer than to read
    interval_s : length of the interval; 0 for instant values
    """

    names: SeriesNames
    series: Integers
    valid_us: Integers
    known_us: Integers
    value: npt.NDArray[np.float64]
    flag: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.value)

    def flagged(self, flag: npt.NDArray[np.uint8]) -> Self:
        """Return the same rows with other flags."""
        return replace(self, flag=flag)

    def kept(self, rows: npt.NDArray[np.bool_]) -> Self:
        """Return some of the rows."""
        columns = ("series", "valid_us", "known_us", "value", "flag")
        return replace(self, **{name: getattr(self, name)[rows] for name in columns})

    @cached_property
    def feed_id(self) -> Objects:
        return self.names.feed_id[self.series]

    @cached_property
    def station_id(self) -> Objects:
        return self.names.station_id[self.series]

    @cached_property
    def variable(self) -> Objects:
        return self.names.variable[self.series]

    @cached_property
    def interval_s(self) -> Integers:
        return self.names.interval_s[self.series]


@dataclass(frozen=True, eq=False)
class ForecastPoints(Points):
    """Point forecasts: besides what a reading has, when each was made, and its member.

    Attributes
    ----------
    reference_us : microseconds since 1970-01-01T00:00Z
    member : of the ensemble; -1 where it is none
    """

    reference_us: Integers
    member: Integers


@dataclass(frozen=True, slots=True, eq=False)
class GridRow:
    """One grid as read.

    Attributes
    ----------
    digest : sha256 of all of it but known_us: equal digests have equal cells
    cells : float32 [rows, cols] in the variable's unit, NaN where nothing was seen; read-only
    reference_us, member : of forecasts; None = observed
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
    reference_us: int | None = None
    member: int | None = None


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
