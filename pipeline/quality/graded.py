"""From what a check measures to flags, by the thresholds of its rule."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.observation import QcFlag
from pipeline.site.model import QualityRule


def graded(
    measure: npt.NDArray[np.float64], values: npt.NDArray[np.float64], rule: QualityRule
) -> npt.NDArray[np.uint8]:
    """Flag what lies above the rule's thresholds; one that is None is never passed, zero is one.

    Parameters
    ----------
    measure : any dims, in the rule's unit; NaN = cannot be judged
    values : same dims, NaN = missing

    Returns
    -------
    QARTOD primary flags: MISSING without a value, UNKNOWN without a measure or where the value is
    not above the rule's `above`, else FAIL, SUSPECT or GOOD
    """
    judged = ~np.isnan(measure)
    if rule.above is not None:
        judged &= values > rule.above
    flags = np.where(judged, np.uint8(QcFlag.GOOD), np.uint8(QcFlag.UNKNOWN))
    for threshold, flag in ((rule.suspect, QcFlag.SUSPECT), (rule.fail, QcFlag.FAIL)):
        if threshold is not None:
            flags[judged & (measure > threshold)] = flag
    flags[np.isnan(values)] = QcFlag.MISSING
    return flags
