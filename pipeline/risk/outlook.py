"""What lies ahead of a village: what a forecast foresees, and how much more rain brings a level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from pipeline import instants
from pipeline.bulletin import RiskLevel
from pipeline.forecast.members import agreed, probability
from pipeline.risk.indicators import RainIndicators
from pipeline.risk.thresholds import LEVELS, Floats
from pipeline.runoff.guidance import guidance_mm

Number = float | None


@dataclass(frozen=True, slots=True)
class ForecastCase:
    """What the members of a forecast foresee, each as the least, the agreed and the most of them.

    Attributes
    ----------
    run : when the forecast began
    mm : by duration, the most of any span that ends ahead
    peak_m3s : None where no model speaks
    probability : of each level, by rain or flow
    """

    feed_id: str
    run: datetime
    members: int
    mm: dict[int, tuple[float, float, float]]
    peak_m3s: tuple[float, float, float] | None
    probability: dict[RiskLevel, float]


@dataclass(frozen=True, slots=True)
class Guidance:
    """The rain of the coming hours that brings the flow of a level, from what is wet now.

    Attributes
    ----------
    mm : by level; 0 where it comes without more rain, None where no rain is known to bring it
    """

    duration_h: int
    mm: dict[RiskLevel, Number]


def forecast_case(rain: RainIndicators, row: int) -> ForecastCase | None:
    """Return what the members of a forecast foresee for a village; None where there is none."""
    foreseen, share = rain.foreseen, rain.site.config.risk.forecast.share
    if foreseen is None:
        return None

    def middle(members: Floats) -> tuple[float, float, float]:
        return float(members.min()), float(agreed(members, share)), float(members.max())

    peak = foreseen.peak_m3s[:, row]
    reached = foreseen.member_level(row)
    return ForecastCase(
        feed_id=foreseen.ahead.feed_id,
        run=instants.from_us(foreseen.ahead.reference_us),
        members=len(peak),
        mm={
            hours: middle(foreseen.rain_mm[:, i, row])
            for i, hours in enumerate(foreseen.durations_h)
        },
        peak_m3s=None if np.isnan(peak).any() else middle(peak),
        probability={level: probability(reached, level) for level in LEVELS},
    )


def guidance(rain: RainIndicators, row: int) -> tuple[Guidance, ...]:
    """Return what brings the flow of each level, where a temporary factor makes it lower."""
    runoff = rain.site.runoff
    if rain.model is None or runoff is None or row not in runoff.villages:
        return ()
    own = np.flatnonzero(runoff.villages == row)
    pet_mm = runoff.evaporation_at(np.array([rain.seen.end_us]))
    limits = runoff.levels_m3s[own] / rain.factor[row] / runoff.flow_m3s[own]
    durations = rain.site.config.risk.durations_h
    depth = guidance_mm(
        runoff.parameters.of(own), rain.model.stores.of(own), pet_mm, limits.T, durations
    )
    return tuple(
        Guidance(hours, dict(zip(LEVELS, map(_number, depth[i, :, 0]), strict=True)))
        for i, hours in enumerate(durations)
    )


def _number(value: float) -> Number:
    return None if np.isnan(value) else float(value)
