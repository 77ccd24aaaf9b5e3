"""What the judgement asks of the rows as read: columns of points, and grids by digest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from pipeline.quality.overhead import Grid
from pipeline.quality.verdict import Rows

Objects = npt.NDArray[np.object_]
SECOND_US = 1_000_000
NEVER_US = -(2**62)
"""Before every instant: a station that was never heard."""


class PointColumns(Rows, Protocol):
    """Rows of stations, column by column; NaN is missing, instants are microseconds UTC."""

    @property
    def feed_id(self) -> Objects: ...
    @property
    def station_id(self) -> Objects: ...
    @property
    def variable(self) -> Objects: ...
    @property
    def interval_s(self) -> npt.NDArray[np.int64]: ...


class GridRow(Grid, Protocol):
    """One grid at one time; `digest` names its cells."""

    @property
    def feed_id(self) -> str: ...
    @property
    def digest(self) -> bytes: ...
    @property
    def reference_us(self) -> int | None: ...
    @property
    def member(self) -> int | None: ...


class AsRead(Protocol):
    """The rows of one window as known at one cutoff (pipeline.store.known)."""

    @property
    def points(self) -> PointColumns: ...
    @property
    def grids(self) -> Sequence[GridRow]: ...
    @property
    def forecasts(self) -> Sequence[GridRow]: ...
    @property
    def sha256(self) -> str: ...
    @property
    def by_hand(self) -> frozenset[str]: ...
    @property
    def fetched(self) -> Self: ...
    def flagged(self, flag: npt.NDArray[np.uint8]) -> Self: ...
    def kept(self, rows: npt.NDArray[np.bool_]) -> Self: ...
