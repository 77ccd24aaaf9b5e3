"""Rain accumulated over durations, the time a catchment takes to answer, and what was not seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.errors import SchemaError
from pipeline.units import THOUSANDTH

FloatArray = npt.NDArray[np.float64]


def accumulate(
    mean: FloatArray, coverage: FloatArray, durations: Sequence[int]
) -> tuple[FloatArray, FloatArray]:
    """Sum the rain of the last steps of the window, for each duration.

    Parameters
    ----------
    mean : [time, village], mm in one step; NaN where nothing was seen
    coverage : [time, village], 0..1, share of the catchment seen in each step
    durations : steps, e.g. 1, 2, 3, 6, 12, 24 of one hour

    Returns
    -------
    rain : float64 [duration, village], mm to 0.001; the sum of what was seen, NaN if nothing was
    coverage : float64 [duration, village], 0..1; mean share seen, steps before the window being 0

    Raises
    ------
    SchemaError
        Shapes differ, the window is empty, or a duration is below one step.
    """
    rain, seen = accumulate_steps(mean, coverage, durations, steps=1)
    return rain[0], seen[0]


def accumulate_steps(
    mean: FloatArray, coverage: FloatArray, durations: Sequence[int], *, steps: int
) -> tuple[FloatArray, FloatArray]:
    """Sum the rain up to each of the last `steps` steps of the window: `accumulate` as a block.

    Every sum runs from its newest step backwards, so a block gives the same bytes as the steps one
    by one; rounding to 0.001 mm makes thresholds meet equal numbers on every machine.

    Returns
    -------
    rain : float64 [step, duration, village], mm to 0.001; NaN where nothing was seen
    coverage : float64 [step, duration, village], 0..1

    Raises
    ------
    SchemaError
        Shapes differ, the window is shorter than `steps`, or a duration is below one step.
    """
    if mean.shape != coverage.shape or not 1 <= steps <= len(mean) or min(durations) < 1:
        raise SchemaError(f"cannot accumulate {mean.shape}, {coverage.shape} over {durations}")
    longest = max(durations)
    seen = ~np.isnan(mean)
    pad = ((longest - 1, 0), (0, 0))
    fall = np.pad(np.where(seen, mean, 0.0), pad)
    share = np.pad(np.where(seen, coverage, 0.0), pad)
    rain = np.full((steps, len(durations), mean.shape[1]), np.nan)
    covered = np.zeros_like(rain)
    total = np.zeros((steps, mean.shape[1]))
    part = np.zeros_like(total)
    for back in range(longest):
        stop = len(fall) - back
        total += fall[stop - steps : stop]
        part += share[stop - steps : stop]
        for i in [i for i, duration in enumerate(durations) if duration == back + 1]:
            rain[:, i] = np.where(part > 0.0, total.round(THOUSANDTH), np.nan)
            covered[:, i] = np.minimum(1.0, (part / (back + 1)).round(2 * THOUSANDTH))
    return rain, covered


def time_of_concentration_h(area_km2: float) -> float:
    """Return the hours that water takes from the catchment's far end to its outlet.

    tc = 0.76 A^0.38, from the area alone: the duration of rain that counts, and so a first guess of
    the water's travel. Fitted on rural catchments of up to 250 km2 in eastern New South Wales.

    Raises
    ------
    ValueError
        The area is not above 0.

    Source: McDermott and Pilgrim (1982); Australian Rainfall and Runoff (1987), book IV.
    """
    if not area_km2 > 0.0:
        raise ValueError(f"a catchment of {area_km2} km2 has no time of concentration")
    return float(0.76 * area_km2**0.38)
