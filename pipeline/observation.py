"""What is observed: raw payloads, decoded readings, quality flags."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt

from pipeline.units import Variable


class QcFlag(IntEnum):
    """QARTOD primary flags (IOOS QARTOD, Manual for Real-Time Quality Control, 2020)."""

    GOOD = 1
    UNKNOWN = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


class KnownBasis(StrEnum):
    """How we know when a reading could have been used."""

    RECEIVED = "received"
    SOURCE = "source"
    DECLARED = "declared"


@dataclass(frozen=True, slots=True)
class RawPayload:
    """The bytes of one answer of a feed, as they came."""

    feed_id: str
    source_url: str
    fetched_at: datetime
    content: bytes
    media_type: str

    @property
    def sha256(self) -> str:
        """The content's address in the archive."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one station.

    Attributes
    ----------
    valid_time : END of the interval (sums) or the instant itself, UTC
    interval_s : length of the interval; 0 for instant values
    value : in the variable's unit; None with flag MISSING
    known_at : stated by the source or by the decoder's rule; None = by the feed's basis
    reference_time, member : of forecasts; None = observed
    """

    station_id: str
    variable: Variable
    interval_s: int
    valid_time: datetime
    value: float | None
    flag: QcFlag = QcFlag.UNKNOWN
    known_at: datetime | None = None
    reference_time: datetime | None = None
    member: int | None = None


@dataclass(frozen=True, slots=True)
class GridGeometry:
    """Where a grid's cells lie.

    Attributes
    ----------
    crs : WKT or authority code
    transform : affine (a, b, c, d, e, f), x = a*col + b*row + c, y = d*col + e*row + f
    shape : (rows, cols)
    """

    crs: str
    transform: tuple[float, float, float, float, float, float]
    shape: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class GridReading:
    """One grid of one variable at one time.

    Attributes
    ----------
    cells : float32 [rows, cols] in the variable's unit, NaN where nothing was seen
    """

    grid_id: str
    variable: Variable
    interval_s: int
    valid_time: datetime
    cells: npt.NDArray[np.float32]
    geometry: GridGeometry
    known_at: datetime | None = None
    reference_time: datetime | None = None
    member: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One row or field of a payload that could not be used; the rest goes on.

    Attributes
    ----------
    where : file or address, without credentials
    row : line of the payload as an editor counts it, so the first row below a header is 2
    """

    where: str
    message: str
    row: int | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a decoder makes of one payload."""

    readings: tuple[Reading, ...] = ()
    grids: tuple[GridReading, ...] = ()
    faults: tuple[Fault, ...] = field(default=())
