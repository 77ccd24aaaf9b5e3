"""Sentinel: a constant that a logger or a gateway writes in place of a measurement."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.quality.graded import graded
from pipeline.site.model import QualityRule

ROUNDING = 1e-6


def sentinel(
    values: npt.NDArray[np.float64], _times: npt.NDArray[np.int64], rule: QualityRule
) -> npt.NDArray[np.uint8]:
    """Flag the constants of the rule (-99.9, 999.9, 6553.5), by how many came before in a row.

    A value that equals one by chance comes once: `suspect = 0, fail = 1` doubts the first and
    rejects from the second on. It does not look ahead.

    Parameters
    ----------
    values : dims (time, ...), NaN = missing, and breaks no row
    rule : `values`, the constants; `suspect`, `fail` a number of readings; `eps` 1e-6 where not set

    The constants are those of the loggers in use, so the rule names its source. `ioos_qc` has no
    such test.
    """
    eps = ROUNDING if rule.eps is None else rule.eps
    equal = np.zeros(values.shape, dtype=np.bool_)
    for constant in rule.values:
        equal |= np.abs(values - constant) <= eps
    count = np.cumsum(equal, axis=0)
    other = ~equal & ~np.isnan(values)
    in_a_row: npt.NDArray[np.int64] = count - np.maximum.accumulate(
        np.where(other, count, 0), axis=0
    )
    return graded(in_a_row.astype(np.float64), values, rule)
