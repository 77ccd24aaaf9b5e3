"""Counter reset: a running total that fell, or that jumped."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.observation import QcFlag
from pipeline.quality.before import before
from pipeline.quality.graded import graded
from pipeline.site.model import QualityRule


def counter_reset(
    values: npt.NDArray[np.float64], times: npt.NDArray[np.int64], rule: QualityRule
) -> npt.NDArray[np.uint8]:
    """Flag totals from which no rain can be told: those that fell, and those that rose too far.

    A total that fell by more than `eps` was set back, by a person or a logger that started anew:
    SUSPECT, as the total itself may be right and its difference is not. It does not look ahead.

    Parameters
    ----------
    values : dims (time, ...), a total that only rises, NaN = missing
    rule : `suspect`, `fail` a rise from one reading to the next, in the variable's unit; `eps` is
        0 where not set

    Source: NWS SHEF, physical element PC (precipitation accumulator); `ioos_qc` has no such test.
    """
    earlier, _ = before(values, times)
    rise = values - earlier
    flags = graded(rise, values, rule)
    fell = rise < -(0.0 if rule.eps is None else rule.eps)
    return np.where(fell, QcFlag.SUSPECT, flags).astype(np.uint8)
