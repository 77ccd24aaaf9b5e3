"""What a series said before each of its readings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MINUTE_US = 60_000_000


def before(
    values: npt.NDArray[np.float64], times: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the last value that each series said before each time, and how long ago.

    Parameters
    ----------
    values : dims (time, ...), NaN = nothing said
    times : dims (time), microseconds, rising or falling, not equally spaced

    Returns
    -------
    the earlier value, and the minutes from it; NaN where nothing was said before
    """
    place = np.arange(len(times)).reshape(-1, *[1] * (values.ndim - 1))
    said = np.maximum.accumulate(np.where(np.isnan(values), -1, place), axis=0)
    last = np.full_like(said, -1)
    last[1:] = said[:-1]
    none = last < 0
    earlier = np.take_along_axis(values, np.maximum(last, 0), axis=0) if len(times) else values
    since = np.abs(times.reshape(place.shape) - times[last]) / MINUTE_US
    return np.where(none, np.nan, earlier), np.where(none, np.nan, since)
