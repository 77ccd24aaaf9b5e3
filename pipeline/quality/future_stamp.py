"""Future stamp: a reading that came before its own time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.quality.graded import graded
from pipeline.site.model import QualityRule


def future_stamp(
    latency_min: npt.NDArray[np.float64], _times: npt.NDArray[np.int64], rule: QualityRule
) -> npt.NDArray[np.uint8]:
    """Flag readings known earlier than their valid time by more than the rule allows.

    The clock of the logger is fast, or its zone is wrong; the water is that of another hour. It
    does not look ahead.

    Parameters
    ----------
    latency_min : dims (time, ...), known_at less valid_time, NaN = missing
    rule : `suspect`, `fail` in minutes

    Source: IOOS QARTOD, test 1 (timing).
    """
    return graded(-latency_min, latency_min, rule)
