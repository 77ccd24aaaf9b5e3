"""Skill of warnings from their counts, with exact intervals: POD, FAR, CSI and lead times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.stats import binomtest
from scores.categorical import BasicContingencyManager

from pipeline.verification.floods import Matched, Rules, storms

CONFIDENCE = 0.95
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Skill:
    """What a method's warnings were worth at some stations.

    The floods of nested stations in one storm are not independent: `storms` says how few the
    samples are, and the intervals, which take them for independent, are too narrow.

    Attributes
    ----------
    n : floods at all stations
    storms : that made them
    pod, far, csi : 0..1; None where nothing could be counted
    pod_interval, csi_interval : Clopper-Pearson at 95 %
    leads_h, leads_to_peak_h : of each hit
    outside_h : hours of alarm outside of the floods
    """

    n: int
    storms: int
    hits: int
    late: int
    missed: int
    false: int
    pod: float | None
    far: float | None
    csi: float | None
    pod_interval: Interval | None
    csi_interval: Interval | None
    leads_h: tuple[float, ...]
    leads_to_peak_h: tuple[float, ...]
    outside_h: float

    @property
    def median_h(self) -> float | None:
        """The median lead, of the hits."""
        return _quantile(self.leads_h, 0.5)

    @property
    def p10_h(self) -> float | None:
        """The lead that nine of ten hits had at least."""
        return _quantile(self.leads_h, 0.1)

    @property
    def median_to_peak_h(self) -> float | None:
        """The median time from the alarm to the flood's peak, of the hits."""
        return _quantile(self.leads_to_peak_h, 0.5)


def skill(found: Sequence[Matched], rules: Rules, step_s: int) -> Skill:
    """Return the skill of a method from what was counted at each station.

    POD = hits / (hits + late + missed); FAR = false / (hits + late + false), for a late alarm was
    an alarm of a flood; CSI = hits / (hits + late + missed + false).

    Source: Jolliffe and Stephenson (2012), Forecast Verification, ch. 3; intervals: Clopper and
    Pearson (1934), Biometrika 26, 404-413.
    """
    hits = sum(one.hits for one in found)
    late, missed, false = (
        sum(getattr(one, count) for one in found) for count in ("late", "missed", "false")
    )
    warned = _table(hits, false, late + missed)
    hour = step_s / 3600
    return Skill(
        n=hits + late + missed,
        storms=storms([start for one in found for start in one.starts], rules),
        hits=hits,
        late=late,
        missed=missed,
        false=false,
        pod=_number(warned.probability_of_detection()),
        far=_number(_table(hits + late, false, missed).false_alarm_ratio()),
        csi=_number(warned.critical_success_index()),
        pod_interval=_interval(hits, hits + late + missed),
        csi_interval=_interval(hits, hits + late + missed + false),
        leads_h=tuple(hour * lead for one in found for lead in one.leads),
        leads_to_peak_h=tuple(hour * lead for one in found for lead in one.leads_to_peak),
        outside_h=hour * sum(one.outside for one in found),
    )


def _table(hits: int, false: int, misses: int) -> BasicContingencyManager:
    """Return a table without correct negatives: an hour in which nothing happens is no success."""
    counts = {"tp_count": hits, "fp_count": false, "fn_count": misses, "tn_count": 0}
    counts["total_count"] = sum(counts.values())
    return BasicContingencyManager({k: xr.DataArray(float(n)) for k, n in counts.items()})


def _number(value: object) -> float | None:
    number = float(np.asarray(value))
    return None if np.isnan(number) else number


def _quantile(hours: Sequence[float], q: float) -> float | None:
    return float(np.quantile(hours, q)) if hours else None


def _interval(hits: int, n: int) -> Interval | None:
    if n == 0:
        return None
    found = binomtest(hits, n).proportion_ci(CONFIDENCE, method="exact")
    return float(found.low), float(found.high)
