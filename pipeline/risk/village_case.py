"""What spoke for a village's level at one slot, and what did not: every number beside its limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.bulletin import RiskLevel, VillageRisk
from pipeline.errors import NotKept
from pipeline.risk.findings import Cycle, Findings
from pipeline.risk.judgement import findings, judge
from pipeline.risk.outlook import ForecastCase, Guidance, forecast_case, guidance
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.thresholds import CLOSENESS_LEVEL
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
        forecast=forecast_case(rain, row),
        guidance=guidance(rain, row),
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


def _number(value: float) -> Number:
    return None if np.isnan(value) else float(value)
