"""Times as CF files write them: numbers since an instant, in a calendar (CF 1.11, 4.4)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import netCDF4
import numpy as np
import numpy.typing as npt

from pipeline.feeds.stamp import YEARS, in_zone

CALENDARS: Final = frozenset({"standard", "gregorian", "proleptic_gregorian"})
"""Those of clocks; a day of a model's 360-day year is no instant."""

UNITS: Final = re.compile(
    r"(?P<plain>[a-z]+ since \d{1,4}-\d{1,2}-\d{1,2}(?:[ t]\d{1,2}(?::\d{1,2}){0,2}(?:\.\d*)?)?)"
    r"\s*(?P<zone>z|utc|gmt|(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?)?",
    re.IGNORECASE,
)
"""Read here, for the library passes over an offset that it does not know."""

HALF: Final = timedelta(seconds=0.5)


def instants(
    numbers: npt.NDArray[np.float64], units: str, calendar: str, zone: str
) -> npt.NDArray[np.object_]:
    """Return the instants, aware and in UTC, to the second; of the same shape.

    Units without an offset are UTC, as CF says, unless feeds.toml states another zone.

    Raises
    ------
    ValueError
        Not times of a clock's calendar, or of a year that no reading is from.
    """
    if calendar.lower() not in CALENDARS:
        raise ValueError("its calendar is not that of clocks")
    if not np.isfinite(numbers).all():
        raise ValueError("a time is missing")
    stated = UNITS.fullmatch(units.strip())
    if stated is None:
        raise ValueError("its units are not those of a time")
    try:
        written: Any = netCDF4.num2date(
            numbers.ravel(), stated["plain"], calendar.lower(),
            only_use_cftime_datetimes=False, only_use_python_datetimes=True,
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001 - of units that are none it raises what it meets
        raise ValueError(f"not times since an instant ({type(error).__name__})") from None
    offset = _offset(stated)
    found: npt.NDArray[np.object_] = np.array(
        [_instant(at, offset, zone) for at in written], np.object_
    )
    return found.reshape(numbers.shape)


def _offset(stated: re.Match[str]) -> timedelta | None:
    """Return how far the stated times are before UTC; None where no offset is stated."""
    if stated["zone"] is None:
        return None
    ahead = timedelta(hours=int(stated["hours"] or 0), minutes=int(stated["minutes"] or 0))
    return -ahead if stated["sign"] == "-" else ahead


def _instant(written: datetime, offset: timedelta | None, zone: str) -> datetime:
    if written.year not in YEARS:
        raise ValueError(f"no reading is from the year {written.year}")
    at = (written + HALF).replace(microsecond=0)
    return in_zone(at, zone) if offset is None else at.replace(tzinfo=UTC) - offset
