"""Gap: a reading that comes after a silence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.quality.before import before
from pipeline.quality.graded import graded
from pipeline.site.model import QualityRule


def gap(
    values: npt.NDArray[np.float64], times: npt.NDArray[np.int64], rule: QualityRule
) -> npt.NDArray[np.uint8]:
    """Flag the first reading after a silence longer than the rule allows.

    What a sensor says when it comes back is often a start-up value; the second reading confirms or
    corrects it. The first of a series follows nothing and is UNKNOWN. It does not look ahead.

    Parameters
    ----------
    values : dims (time, ...), NaN = missing
    times : dims (time), microseconds
    rule : `suspect`, `fail` in minutes

    Source: IOOS QARTOD, test 1 (timing and gap), of the valid times.
    """
    return graded(before(values, times)[1], values, rule)
