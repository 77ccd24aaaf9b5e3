"""Rain ahead: the last hours' rain held for a while, and none after."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def held_rain(rain_mm: Floats, *, mean_of: int, held: int, ahead: int) -> Floats:
    """Return, at each step, the rain of the steps after it as foreseen then.

    On hourly radar sums of 1 km, held rain beats a displacement by optical flow at one to three
    hours; Germann and Zawadzki (2002), Mon. Wea. Rev. 130, 2859-2873, call it Eulerian persistence.

    Parameters
    ----------
    rain_mm : dims (time, catchment), mm in one step
    mean_of : steps whose mean is held; at the record's beginning fewer
    held, ahead : for so many steps it goes on, and so many are answered for

    Returns
    -------
    dims (time, step ahead, catchment), mm in one step
    """
    before = np.pad(rain_mm, ((mean_of - 1, 0), (0, 0)))
    total = np.zeros_like(rain_mm)
    for back in range(mean_of):
        total += before[mean_of - 1 - back : len(before) - back]
    future = np.zeros((len(rain_mm), ahead, rain_mm.shape[1]))
    future[:, :held] = (total / mean_of)[:, None]
    return future
