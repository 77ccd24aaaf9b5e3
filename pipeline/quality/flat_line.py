"""Flat line: a sensor that no longer moves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.quality.before import MINUTE_US, before
from pipeline.quality.graded import graded
from pipeline.site.model import QualityRule

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def flat_line(values: Floats, times: Ints, rule: QualityRule) -> npt.NDArray[np.uint8]:
    """Flag values of a series that has stayed within `eps` for longer than the rule allows.

    A slow recession moves less than `eps` from reading to reading and still is not flat: what
    counts is the range of all values since. It does not look ahead, so the first hours of a
    stuck sensor stay as they are.

    Parameters
    ----------
    values : dims (time, ...), NaN = missing
    times : dims (time), microseconds
    rule : `suspect`, `fail` in minutes; `eps` (0 where not set) and `above` in the variable's
        unit (dry hours are flat, and true); a silence longer than `window_min` ends a line

    Source: IOOS QARTOD, test 8 (flat line). `ioos_qc` counts rows by their median step, and its
    tolerance of zero flags nothing.
    """
    earlier, since = before(values, times)
    eps = 0.0 if rule.eps is None else rule.eps
    limit = np.inf if rule.window_min is None else rule.window_min
    moved = ~(np.abs(values - earlier) <= eps) | (since > limit)
    moved &= ~np.isnan(values)
    place = np.arange(len(times)).reshape(-1, *[1] * (values.ndim - 1))
    first = np.maximum.accumulate(np.where(moved, place, 0), axis=0)
    # Small steps alone do not make a line; where they would not suffice, the range is not asked.
    if eps > 0 and _may_be_flat(times, first, rule):
        first = _within(np.where(np.isnan(values), earlier, values), first, eps)
    minutes = (times.reshape(place.shape) - times[first]) / MINUTE_US
    return graded(minutes, values, rule)


def _may_be_flat(times: Ints, first: Ints, rule: QualityRule) -> bool:
    shortest = min(t for t in (rule.suspect, rule.fail, np.inf) if t is not None)
    longest = (times.reshape(-1, *[1] * (first.ndim - 1)) - times[first]).max(initial=0)
    return bool(longest > shortest * MINUTE_US)


def _within(values: Floats, first: Ints, eps: float) -> Ints:
    """Return the earliest place, not before `first`, since when all values lie within `eps`.

    Widened by halves: a window grows backwards by the greatest power of two that keeps its range.
    """
    lows, highs = [values], [values]
    while 2 ** len(lows) <= len(values):
        half = 2 ** (len(lows) - 1)
        lows.append(np.fmin(lows[-1][half:], lows[-1][:-half]))
        highs.append(np.fmax(highs[-1][half:], highs[-1][:-half]))
    place = np.arange(len(values)).reshape(-1, *[1] * (values.ndim - 1))
    start = np.broadcast_to(place, values.shape)
    low, high = values, values
    for power in range(len(lows) - 1, -1, -1):
        wider = start - 2**power
        at = np.clip(wider, 0, len(lows[power]) - 1)
        new_low = np.fmin(low, np.take_along_axis(lows[power], at, axis=0))
        new_high = np.fmax(high, np.take_along_axis(highs[power], at, axis=0))
        fits = (wider >= first) & (new_high - new_low <= eps)
        start = np.where(fits, wider, start)
        low, high = np.where(fits, new_low, low), np.where(fits, new_high, high)
    return start
