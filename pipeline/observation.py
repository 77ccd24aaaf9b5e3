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
    """QARTOD primary flags (IOOS QARTOD, Manual for Real-Time Quality Control, 2020), and one more.

    WITHDRAWN is our own: its source took a reading back. It has no value, and unlike MISSING it
    supersedes one.
    """

    GOOD = 1
    UNKNOWN = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9
    WITHDRAWN = 10


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
    station_id : our name of the station that it is about, where the decoder could tell
    """

    where: str
    message: str
    row: int | None = None
    field: str | None = None
    station_id: str | None = None


@dataclass(frozen=True, slots=True)
class WarningArea:
    """One area of an official warning, with the colour that is its own.

    Attributes
    ----------
    level : 1 blue .. 4 red, of this area; the headline's is not used
    geocodes : (valueName, value) as sent
    polygons : rings of (lon, lat), WGS 84
    """

    description: str
    level: int
    geocodes: tuple[tuple[str, str], ...] = ()
    polygons: tuple[tuple[tuple[float, float], ...], ...] = ()


class WarningKind(StrEnum):
    """What a message does to those before it (CAP 1.2, msgType)."""

    ALERT = "alert"
    UPDATE = "update"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class OfficialWarning:
    """One message of another authority, as evidence of kind `official`.

    Attributes
    ----------
    event : its own words, e.g. "Flash flood warning"
    references : identity of every message that this one replaces or ends
    expires : of the whole message: the latest of its parts; None = stays until ended
    chain : identity of the first message, where a form names only that one (GB/T 35965.1): what
        is newest of a chain stands alone
    """

    sender: str
    identifier: str
    sent: datetime
    kind: WarningKind
    event: str
    onset: datetime | None
    expires: datetime | None
    references: tuple[str, ...] = ()
    areas: tuple[WarningArea, ...] = ()
    chain: str | None = None

    @property
    def identity(self) -> str:
        """Sender and identifier: what a later message refers to, whatever it says of `sent`."""
        return f"{self.sender},{self.identifier}"


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a decoder makes of one payload."""

    readings: tuple[Reading, ...] = ()
    grids: tuple[GridReading, ...] = ()
    warnings: tuple[OfficialWarning, ...] = ()
    faults: tuple[Fault, ...] = field(default=())
