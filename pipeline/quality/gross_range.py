"""Gross range: values that no instrument on Earth can have measured."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.observation import QcFlag
from pipeline.units import Variable

HOUR_S = 3600
RAIN_HOUR_MM = 500.0
"""Above the highest sums measured in up to an hour (401 mm, Shangdi 1975; unofficial)."""

LIMITS: Final[dict[Variable, tuple[float, float]]] = {
    Variable.RAIN: (0.0, 2000.0),  # one day: 1825 mm at Foc-Foc, La Reunion, 1966
    Variable.STAGE: (-50.0, 9000.0),  # a stage may count from its own zero or from the sea
    Variable.DISCHARGE: (0.0, 400_000.0),
    Variable.STORAGE: (0.0, 2.0e11),
    Variable.SOIL_MOISTURE: (0.0, 1.0),
    Variable.DEPTH: (0.0, 100.0),
    Variable.VOLTAGE: (0.0, 100.0),
    Variable.OFFICIAL: (0.0, 4.0),
}


def limits(variable: Variable, interval_s: int) -> tuple[float, float]:
    """Return the smallest and the largest value that can be true, in the variable's unit."""
    low, high = LIMITS[variable]
    return (low, RAIN_HOUR_MM) if variable.is_sum and interval_s <= HOUR_S else (low, high)


def gross_range(
    values: npt.NDArray[np.float64], variable: Variable, interval_s: int
) -> npt.NDArray[np.uint8]:
    """Flag values MISSING (not a number), FAIL (outside the limits) or GOOD.

    Parameters
    ----------
    values : [n], in the variable's unit, NaN = missing
    interval_s : length of the interval that a sum belongs to, seconds

    Returns
    -------
    QARTOD primary flags [n]

    Source: IOOS QARTOD, Manual for Real-Time Quality Control, test 4 (gross range).
    """
    low, high = limits(variable, interval_s)
    outside = (values < low) | (values > high)
    flags = np.where(outside, QcFlag.FAIL, QcFlag.GOOD)
    return np.where(np.isnan(values), QcFlag.MISSING, flags).astype(np.uint8)
