"""What the members of an ensemble agree on, and how far they lie apart.

A single run is an ensemble of one member, which agrees with itself.
"""

from __future__ import annotations

from math import ceil
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.units import THOUSANDTH

Floats = npt.NDArray[np.float64]

SPREAD: Final = (0.1, 0.9)
ROUNDING: Final = 1e-9
"""A tenth of thirty members is three, and not the four of 3.0000000000000004."""


def agreed(values: Floats, share: float) -> Floats:
    """Return the greatest value that at least a share of the members reach, dims (...).

    It reaches a limit if, and only if, the probability of that limit is at least the share; so a
    level that it brings rises with every member, and falls with none that rises.

    Parameters
    ----------
    values : dims (member, ...)
    share : above 0, at most 1

    References
    ----------
    WMO-No. 1091, Guidelines on Ensemble Prediction Systems and Forecasting (2012): probability of
    exceeding a threshold as the share of the members beyond it.
    """
    needed = max(1, ceil(share * len(values) - ROUNDING))
    return np.asarray(np.sort(values, axis=0)[len(values) - needed])


def probability(values: Floats, limit: float) -> float:
    """Return the share of the members that reach a limit; `values` has dims (member)."""
    return float((values >= limit).mean())


def spread(values: Floats) -> tuple[float, float] | None:
    """Return the tenth and ninetieth percentile of the members; None where there is but one."""
    if len(values) == 1:
        return None
    low, high = np.quantile(values, SPREAD).round(THOUSANDTH).tolist()
    return low, high
