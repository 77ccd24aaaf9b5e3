"""Spike: one value that stands out from both its neighbours in time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.quality.before import before
from pipeline.quality.graded import graded
from pipeline.site.model import QualityRule


def spike(
    values: npt.NDArray[np.float64], times: npt.NDArray[np.int64], rule: QualityRule
) -> npt.NDArray[np.uint8]:
    """Flag values above both neighbours, or below both, by more than the rule allows.

    Measured against the nearer of the two, so a limb however steep is no spike, and a crest is one
    only by how much it falls again at once. It looks one reading ahead: the newest one is UNKNOWN
    until the next has come, as it is for the person who watches.

    Parameters
    ----------
    values : dims (time, ...), NaN = missing, and then the next reading said is the neighbour
    times : dims (time), microseconds
    rule : `suspect`, `fail` in the variable's unit; neighbours further off than `window_min` are
        none

    Source: IOOS QARTOD, test 6 (spike); as `ioos_qc.qartod.spike_test` of method "differential",
    which takes a threshold of zero for none, and rows for times.
    """
    earlier, since = before(values, times)
    later, until = (each[::-1] for each in before(values[::-1], times[::-1]))
    up, down = values - earlier, values - later
    height = np.where(up * down > 0, np.minimum(np.abs(up), np.abs(down)), 0.0)
    apart = np.maximum(since, until)
    limit = np.inf if rule.window_min is None else rule.window_min
    return graded(np.where(apart <= limit, height, np.nan), values, rule)
