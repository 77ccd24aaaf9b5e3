"""Ancient stamp: a reading that came long after its own time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.quality.graded import graded
from pipeline.site.model import QualityRule


def ancient_stamp(
    latency_min: npt.NDArray[np.float64], _times: npt.NDArray[np.int64], rule: QualityRule
) -> npt.NDArray[np.uint8]:
    """Flag readings known later than their valid time by more than the rule allows.

    A logger that lost its clock stamps today's water with an old date. What was filled by hand or
    by `fill_gaps` is late as well, and true: a rule for such stations states `suspect` only. It
    does not look ahead.

    Parameters
    ----------
    latency_min : dims (time, ...), known_at less valid_time, NaN = missing
    rule : `suspect`, `fail` in minutes

    Source: IOOS QARTOD, test 1 (timing).
    """
    return graded(latency_min, latency_min, rule)
