"""Accumulation: a sum that disagrees with its parts."""

from __future__ import annotations

import numpy as np

from pipeline.quality.graded import graded
from pipeline.quality.station_block import Flags, Floats, Ints, StationBlock
from pipeline.site.model import QualityRule

SECOND_US = 1_000_000
EXACT = 6
"""Decimals of a difference of sums: what lies beyond is rounding."""


def accumulation(whole: StationBlock, parts: StationBlock, rule: QualityRule) -> Flags:
    """Flag sums that differ from what the same station said in shorter intervals of them.

    Where a part is missing, the others are still a lower bound: a sum below it disagrees, one
    above it cannot be judged. A sum that fails is not used, and its parts are. It looks at what
    came by then: parts that come later may yet change a flag.

    Parameters
    ----------
    whole, parts : of one variable, the intervals of `parts` shorter
    rule : `suspect`, `fail` the difference, in the variable's unit

    Returns
    -------
    flags of `whole`

    Source: WMO-No. 8, volume V, chapter 1 (internal consistency); `ioos_qc` has no such test.
    """
    first = {name: column for column, name in reversed([*enumerate(parts.stations)])}
    measure = np.full(whole.values.shape, np.nan)
    own = [column for column, name in enumerate(whole.stations) if name in first]
    if own and len(parts.times):
        told = parts.values[:, [first[whole.stations[column]] for column in own]]
        measure[:, own] = _differences(whole.values[:, own], whole, told, parts)
    return graded(measure, whole.values, rule)


def _differences(sums: Floats, whole: StationBlock, told: Floats, parts: StationBlock) -> Floats:
    """Return by how much each sum and its parts differ; NaN where they may well agree."""
    begin, end = whole.times - whole.interval_s * SECOND_US, whole.times
    total = _between(np.nan_to_num(told), parts.times, (begin, end))
    count = _between((~np.isnan(told)).astype(np.float64), parts.times, (begin, end))
    complete = count * parts.interval_s >= whole.interval_s
    missing = np.round(total - sums, EXACT)
    return np.where(complete, np.abs(missing), np.where(missing > 0, missing, np.nan))


def _between(values: Floats, times: Ints, span: tuple[Ints, Ints]) -> Floats:
    running = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    first, last = (np.searchsorted(times, at, side="right") for at in span)
    return np.asarray(running[last] - running[first])
