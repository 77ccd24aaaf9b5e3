"""What spoke for a village's level at one slot, and what did not: every number beside its limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from pipeline import instants
from pipeline.bulletin import RiskLevel, VillageRisk
from pipeline.errors import NotKept
from pipeline.forecast.members import agreed, probability
from pipeline.risk.findings import Cycle, Findings
from pipeline.risk.judgement import findings, judge
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.thresholds import CLOSENESS_LEVEL, LEVELS, Floats
from pipeline.runoff.guidance import guidance_mm
from pipeline.runoff.wetness import WetnessClass
from pipeline.upstream import UpstreamThreat, upstream_threats

Number = float | None


@dataclass(frozen=True, slots=True)
class RainCase:
    """The rain of one duration.

    Attributes
    ----------
    mm, coverage : areal sum, and the share that was seen
    limit_mm : of the level of closeness; None where no threshold is in force
    """

    duration_h: int
    mm: Number
    coverage: float
    limit_mm: Number


@dataclass(frozen=True, slots=True)
class ModelCase:
    """What the rainfall-runoff model foresees.

    Attributes
    ----------
    filled : share of the production store
    now_m3s : simulated
    foreseen_m3s, limit_m3s : as the level of closeness foresees it, and what warns of it
    """

    filled: float
    now_m3s: float
    foreseen_m3s: float
    limit_m3s: Number


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


@dataclass(frozen=True, slots=True)
class VillageCase:
    """One village at one slot.

    Attributes
    ----------
    risk : as the bulletin has it
    closeness : the largest value over its limit
    wetness_mm, wetness : antecedent wetness Pa, and its class
    model : None where no model speaks for the village
    forecast : None where there is no usable one
    guidance : flash-flood guidance, likewise empty
    upstream : the places up the river that stand at orange or above
    lowered_by : by what its limits are divided, why and by whom; None where they are not
    """

    cycle: Cycle
    limit: RiskLevel
    risk: VillageRisk
    closeness: Number
    rain: tuple[RainCase, ...]
    wetness_mm: Number
    wetness: str
    model: ModelCase | None
    forecast: ForecastCase | None
    guidance: tuple[Guidance, ...]
    upstream: tuple[UpstreamThreat, ...]
    lowered_by: str | None


def village_case(cycle: Cycle, site: SiteArrays, village_id: str) -> VillageCase:
    """Return what spoke for a village's level, and what did not.

    Raises
    ------
    NotKept
        The site has no such village.
    """
    if village_id not in site.villages:
        raise NotKept(f"site {site.config.site} has no village {village_id!r}")
    (bulletin,) = judge([cycle], site, code_version="")
    found, row = findings(cycle, site), site.villages.index(village_id)
    rain = found.rain
    return VillageCase(
        cycle=cycle,
        limit=CLOSENESS_LEVEL,
        risk=bulletin.of(village_id),
        closeness=bulletin.closeness[row],
        rain=tuple(_rain(found, row)),
        wetness_mm=_number(rain.wetness_mm[row]),
        wetness=WetnessClass(int(rain.wetness_class[row])).name.lower(),
        model=_model(found, row),
        forecast=_forecast(found, row),
        guidance=tuple(_guidance(found, row)),
        upstream=upstream_threats(site.config.villages, bulletin.level_of).get(village_id, ()),
        lowered_by=site.factors.reason(rain.seen.end_us, row),
    )


def _rain(found: Findings, row: int) -> list[RainCase]:
    rain, column = found.rain, CLOSENESS_LEVEL - 1
    return [
        RainCase(
            duration_h=hours,
            mm=_number(rain.rain_mm[i, row]),
            coverage=float(rain.coverage[i, row]),
            limit_mm=_number(rain.thresholds_mm[row, i, column]),
        )
        for i, hours in enumerate(found.site.config.risk.durations_h)
    ]


def _model(found: Findings, row: int) -> ModelCase | None:
    model, column = found.rain.model, CLOSENESS_LEVEL - 1
    if model is None or np.isnan(model.filled[row]):
        return None
    return ModelCase(
        filled=float(model.filled[row]),
        now_m3s=float(model.now_m3s[row]),
        foreseen_m3s=float(model.peak_m3s[row, column]),
        limit_m3s=_number(model.triggers_m3s[row, column]),
    )


def _forecast(found: Findings, row: int) -> ForecastCase | None:
    foreseen, share = found.rain.foreseen, found.site.config.risk.forecast.share
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


def _guidance(found: Findings, row: int) -> list[Guidance]:
    """Return what brings the flow of each level, where a temporary factor makes it lower."""
    rain, runoff = found.rain, found.site.runoff
    if rain.model is None or runoff is None or row not in runoff.villages:
        return []
    own = np.flatnonzero(runoff.villages == row)
    pet_mm = runoff.evaporation_at(np.array([rain.seen.end_us]))
    limits = runoff.levels_m3s[own] / rain.factor[row] / runoff.flow_m3s[own]
    durations = found.site.config.risk.durations_h
    depth = guidance_mm(
        runoff.parameters.of(own), rain.model.stores.of(own), pet_mm, limits.T, durations
    )
    return [
        Guidance(hours, dict(zip(LEVELS, map(_number, depth[i, :, 0]), strict=True)))
        for i, hours in enumerate(durations)
    ]


def _number(value: float) -> Number:
    return None if np.isnan(value) else float(value)
