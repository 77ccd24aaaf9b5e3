"""Antecedent wetness Pa (前期影响雨量): how much of the catchment's storage is already full."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from pipeline.errors import SchemaError
from pipeline.units import THOUSANDTH

FloatArray = npt.NDArray[np.float64]


class WetnessClass(IntEnum):
    """Class of antecedent wetness (SL 767-2018: dry, medium, wet); UNKNOWN is no class of soil."""

    UNKNOWN = -1
    DRY = 0
    MEDIUM = 1
    WET = 2


@dataclass(frozen=True, slots=True)
class WetnessRule:
    """How wetness follows from rain.

    Attributes
    ----------
    decay_per_day : K, share of Pa that is left after a dry day
    cap_mm : Wm, the storage that rain can fill
    window_steps : steps of rain that count; before them Pa is taken as 0
    exclude_steps : the newest steps, which belong to the running storm and are not counted
    steps_per_day : 24 for hourly steps
    """

    decay_per_day: float
    cap_mm: float
    window_steps: int
    exclude_steps: int
    steps_per_day: int

    @property
    def decay_per_step(self) -> float:
        """Share of Pa that is left after one dry step."""
        return float(self.decay_per_day ** (1.0 / self.steps_per_day))


def antecedent_wetness(
    mean: FloatArray, coverage: FloatArray, rule: WetnessRule, *, steps: int = 1
) -> tuple[FloatArray, FloatArray]:
    """Return Pa for each of the last `steps` steps of the window.

    Pa(t+1) = min(Wm, K (Pa(t) + P)), step by step over the `rule.window_steps` steps that end
    `rule.exclude_steps` before t: the rain of the storm itself is compared with thresholds and is
    not counted a second time as wetness, up to durations of that length. A longer sum shares its
    older part with Pa, which the thresholds of that duration must allow for.
    What was not seen adds nothing, so Pa is then a lower bound and coverage says so.

    Parameters
    ----------
    mean : [time, village], mm in one step, NaN where nothing was seen
    coverage : [time, village], 0..1
    rule : decay, cap and window
    steps : how many of the newest steps to answer for; a block gives the same bytes as one by one

    Returns
    -------
    wetness : float64 [step, village], mm to 0.001; NaN if nothing was seen
    coverage : float64 [step, village], 0..1; mean share seen, weighted by how much of a step's
        rain would be left, steps before the window's beginning being 0

    Raises
    ------
    SchemaError
        Shapes differ or the window is shorter than `steps`.

    Source: SL 767-2018, antecedent precipitation index with K and Wm.
    """
    if mean.shape != coverage.shape or not 1 <= steps <= len(mean):
        raise SchemaError(f"no wetness from {mean.shape} and {coverage.shape} for {steps} steps")
    keep = rule.decay_per_step
    seen = ~np.isnan(mean)
    span = rule.window_steps
    # as much as is missing of the window of the oldest answer: a month of steps of thousands of
    # villages is not laid out a second time for nothing
    short = max(0, span + rule.exclude_steps + steps - 1 - len(mean))
    fall = _after_none(short, np.where(seen, mean, 0.0))
    share = _after_none(short, np.where(seen, coverage, 0.0))
    wetness = np.zeros((steps, mean.shape[1]))
    part = np.zeros_like(wetness)
    whole = 0.0
    for back in range(span - 1, -1, -1):
        stop = len(fall) - rule.exclude_steps - back
        wetness = np.minimum(rule.cap_mm, keep * (wetness + fall[stop - steps : stop]))
        part = keep * part + share[stop - steps : stop]
        whole = keep * whole + 1.0
    covered = np.minimum(1.0, (part / whole).round(2 * THOUSANDTH))
    return np.where(part > 0.0, wetness.round(THOUSANDTH), np.nan), covered


def _after_none(steps: int, seen: FloatArray) -> FloatArray:
    """Return rows with steps before them in which nothing was seen."""
    return np.pad(seen, ((steps, 0), (0, 0))) if steps else seen


def wetness_class(
    wetness: FloatArray,
    coverage: FloatArray,
    cap_mm: float,
    limits: tuple[float, float],
    min_coverage: float,
) -> npt.NDArray[np.int8]:
    """Return the class of each Pa: dry below `limits[0]` of Wm, wet from `limits[1]` on.

    Parameters
    ----------
    wetness : [...], mm
    coverage : [...], 0..1
    cap_mm : Wm
    limits : shares of Wm (SL 767-2018: 0.5 and 0.8)
    min_coverage : below it the class is UNKNOWN: the site says which thresholds stand in, and the
        village's data are degraded

    Returns
    -------
    int8 [...], values of `WetnessClass`
    """
    dry_below, wet_from = limits
    found = np.where(
        wetness >= wet_from * cap_mm,
        WetnessClass.WET,
        np.where(wetness >= dry_below * cap_mm, WetnessClass.MEDIUM, WetnessClass.DRY),
    )
    known = ~np.isnan(wetness) & (coverage >= min_coverage)
    return np.where(known, found, WetnessClass.UNKNOWN).astype(np.int8)
