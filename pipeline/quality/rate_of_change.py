"""Rate of change: a value that moved faster than the river, or the sensor, can."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.quality.before import before
from pipeline.quality.graded import graded
from pipeline.site.model import QualityRule

HOUR_MIN = 60


def rate_of_change(
    values: npt.NDArray[np.float64], times: npt.NDArray[np.int64], rule: QualityRule
) -> npt.NDArray[np.uint8]:
    """Flag values that rose or fell from the one before by more than the rule allows an hour.

    A true flash flood often does: a rule states `suspect`, and `fail` only where no water can be
    so fast. It does not look ahead.

    Parameters
    ----------
    values : dims (time, ...), NaN = missing
    times : dims (time), microseconds
    rule : `suspect`, `fail` in the variable's unit per hour; a reading further back than
        `window_min` is compared with none

    Source: IOOS QARTOD, test 7 (rate of change). `ioos_qc` differences whole seconds and rows that
    are beside one another, so that a missing row hides the step behind it.
    """
    earlier, since = before(values, times)
    limit = np.inf if rule.window_min is None else rule.window_min
    speed = np.where(since <= limit, np.abs(values - earlier) / since * HOUR_MIN, np.nan)
    return graded(speed, values, rule)
