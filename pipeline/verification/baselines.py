"""What a county would otherwise use: one number, and one threshold that it is compared with.

| method | what is compared | fitted |
|---|---|---|
| static rain | areal rain of one duration, mm | threshold, and the duration |
| single station | rain at the nearest station or grid cell, mm | threshold, and the duration |
| own-gauge persistence | the newest known value over the level, as a share of it | threshold |

One threshold serves all gauges, as in a county's table. It is the one with the highest CSI on the
training folds; of several, one in their widest stretch, for the edge of what just met the floods of
the past will not meet those to come: a quarter from its lower end, for a late alarm costs more than
a false one. Of durations as good, the one that warned earlier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.catchment.accumulation import accumulate_steps
from pipeline.verification.floods import Flood, Matched, Rules, matched
from pipeline.verification.folds import Fold
from pipeline.verification.record import Record

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DURATIONS_H: Final = (1, 3, 6, 12, 24)
RAIN_MM: Final = np.geomspace(5.0, 200.0, 76).round(1)
"""5 % apart: the middle of a stretch is then as far from either end as a share of the rain."""
FROM_LOWER_END: Final = 0.25
"""Where in a stretch of thresholds as good as one another the chosen one lies."""
SHARES: Final = np.arange(0.1, 1.01, 0.05)


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """One number to compare.

    Attributes
    ----------
    values : dims (time, gauge); NaN is never over a threshold
    candidates : thresholds to choose among, in order
    """

    name: str
    values: Floats
    candidates: Floats

    def alarms(self, threshold: float) -> Bools:
        """Tell where the value is at the threshold or over it, dims (time, gauge)."""
        return np.asarray(self.values >= threshold)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The variant and threshold that training preferred.

    Attributes
    ----------
    csi, lead : that they had there; the lead is the mean of the hits', in steps
    candidates : thresholds next to one another that had that CSI too
    """

    variant: Variant
    threshold: float
    csi: float
    lead: float
    candidates: int


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The floods of one level at every gauge, and how alarms are matched with them."""

    floods: tuple[tuple[Flood, ...], ...]
    rules: Rules

    def matched(self, alarms: Bools, within: Bools) -> list[Matched]:
        """Match the alarms, dims (time, gauge), gauge by gauge."""
        return [
            matched(alarms[:, column], own, self.rules, within)
            for column, own in enumerate(self.floods)
        ]

    def csi(self, alarms: Bools, within: Bools) -> float:
        """Return the CSI of all gauges together; 0 where nothing was to be counted."""
        found = self.matched(alarms, within)
        hits = sum(one.hits for one in found)
        counted = sum(one.hits + one.late + one.missed + one.false for one in found)
        return hits / counted if counted else 0.0


def baselines(record: Record, levels: Floats) -> dict[str, tuple[Variant, ...]]:
    """Return the methods that need no model, each with its variants.

    Parameters
    ----------
    levels : dims (gauge), the level that is warned of, in the unit of the flow
    """
    flow = record.known_flow()
    areal = {h: _over(record.rain_mm, h, record.step_s) for h in DURATIONS_H}
    point = {h: _over(record.point_mm, h, record.step_s) for h in DURATIONS_H}
    found: dict[str, tuple[Variant, ...]] = {"static rain": _rain(areal)}
    found |= {f"static {h} h rain": _rain({h: areal[h]}) for h in DURATIONS_H}
    found["single station"] = _rain(point)
    found["own-gauge persistence"] = (Variant("share of the level", flow / levels, SHARES),)
    return found


def choose(variants: Sequence[Variant], truth: Truth, training: Bools) -> Chosen:
    """Return what did best on the training part: by CSI, then by lead, then by how surely."""
    chosen = [_threshold(variant, truth, training) for variant in variants]
    return max(chosen, key=lambda one: (one.csi, one.lead, one.candidates))


Method = Callable[[Fold], Sequence[Variant]]
"""The variants that a method has where a fold is judged: of its own floods they know nothing."""


def out_of_fold(
    method: Method, truth: Truth, folds: Sequence[Fold]
) -> Iterator[tuple[Fold, Chosen, list[Matched]]]:
    """Yield for each fold what the others chose, and what that met in it."""
    for fold in folds:
        chosen = choose(method(fold), truth, ~fold.within)
        yield fold, chosen, truth.matched(chosen.variant.alarms(chosen.threshold), fold.within)


def _threshold(variant: Variant, truth: Truth, training: Bools) -> Chosen:
    csi = np.array([truth.csi(variant.alarms(t), training) for t in variant.candidates.tolist()])
    best = np.flatnonzero(csi == csi.max())
    stretches = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    widest = max(stretches, key=len)
    low = float(variant.candidates[widest[int(FROM_LOWER_END * (len(widest) - 1))]])
    met = truth.matched(variant.alarms(low), training)
    leads = [lead for one in met for lead in one.leads]
    lead = float(np.mean(leads)) if leads else 0.0
    return Chosen(variant, low, float(csi.max()), lead, len(widest))


def _rain(sums: Mapping[int, Floats]) -> tuple[Variant, ...]:
    return tuple(Variant(f"{h} h", values, RAIN_MM) for h, values in sums.items())


def _over(rain: Floats, hours: int, step_s: int) -> Floats:
    """Return the sums that end with each step, dims (time, gauge)."""
    steps = hours * 3600 // step_s
    seen = (~np.isnan(rain)).astype(np.float64)
    return np.asarray(accumulate_steps(rain, seen, (steps,), steps=len(rain))[0][:, 0, :])
