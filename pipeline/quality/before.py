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
    missing, shape = np.isnan(values), (-1, *[1] * (values.ndim - 1))
    if not missing.any():
        return _shifted(values), np.broadcast_to(_since(times).reshape(shape), values.shape)
    earlier, since = _shifted(values), np.empty(values.shape)
    since[:] = _since(times).reshape(shape)
    place = np.where(missing, -1, np.arange(len(times)).reshape(shape))
    last = np.maximum.accumulate(place, axis=0)
    # Only what follows a missing reading has to be looked up, and that is little.
    after, *series = missing[:-1].nonzero()
    row = last[after, *series]
    earlier[after + 1, *series] = np.where(row < 0, np.nan, values[row, *series])
    minutes = np.abs(times[after + 1] - times[row]) / MINUTE_US
    since[after + 1, *series] = np.where(row < 0, np.nan, minutes)
    return earlier, since


def _shifted(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    earlier = np.full_like(values, np.nan)
    earlier[1:] = values[:-1]
    return earlier


def _since(times: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    since = np.full(len(times), np.nan)
    since[1:] = np.abs(np.diff(times)) / MINUTE_US
    return since
