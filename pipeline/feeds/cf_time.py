"""Times as CF files write them: numbers since an instant, in a calendar (CF 1.11, 4.4)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import netCDF4
import numpy as np
import numpy.typing as npt

from pipeline.feeds.stamp import YEARS, in_zone

CALENDARS: Final = frozenset({"standard", "gregorian", "proleptic_gregorian"})
"""Those of clocks; a day of a model's 360-day year is no instant."""

STATES_ZONE: Final = re.compile(r"since.*(?:\b(?:utc|gmt)|\dz|:\d\d(?:\.\d*)?\s*[+-]\d.*)\s*$")
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
    try:
        written = netCDF4.num2date(
            numbers.ravel(), units, calendar.lower(),
            only_use_cftime_datetimes=False, only_use_python_datetimes=True,
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001 - of units that are none it raises what it meets
        raise ValueError(f"not times since an instant ({type(error).__name__})") from None
    own = "UTC" if STATES_ZONE.search(units.lower()) else zone
    found = np.empty(len(written), dtype=object)
    found[:] = [_instant(at, own) for at in written]
    return found.reshape(numbers.shape)


def _instant(written: datetime, zone: str) -> datetime:
    if written.year not in YEARS:
        raise ValueError(f"no reading is from the year {written.year}")
    at = (written + HALF).replace(microsecond=0)
    return at.replace(tzinfo=UTC) if zone == "UTC" else in_zone(at, zone)
