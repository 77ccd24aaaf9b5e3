"""The reasons for a village's level, each with its station, value, threshold and age."""

from __future__ import annotations

import numpy as np

from pipeline import instants
from pipeline.bulletin import Evidence, Indicator, RiskLevel
from pipeline.forecast.members import agreed, probability, spread
from pipeline.risk.as_read import SECOND_US
from pipeline.risk.indicators import RainIndicators
from pipeline.risk.river_levels import RiverIndicators
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.watch import Watched
from pipeline.units import THOUSANDTH, Variable

STATION_BASIS = "empirical"
LOSS_BASIS = "rule"
MODEL_BASIS = "computed"
_OWN = {Variable.STAGE: Indicator.STAGE, Variable.DISCHARGE: Indicator.DISCHARGE}


def rain_evidence(rain: RainIndicators, village: int, *, cutoff_us: int) -> list[Evidence]:
    """Return one evidence for each duration whose areal rain reaches a level."""
    site, found = rain.site, []
    for i in np.flatnonzero(rain.levels[village]).tolist():
        level = RiskLevel(int(rain.levels[village, i]))
        table = float(rain.tables_mm[village, i, level - 1])
        hours = float(site.config.risk.durations_h[i])
        found.append(
            Evidence(
                indicator=Indicator.RAIN,
                station_id=rain.source(village, site.config.risk.durations_h[i]),
                duration_h=hours,
                value=round(float(rain.rain_mm[i, village]), THOUSANDTH),
                threshold=float(rain.thresholds_mm[village, i, level - 1]),
                unit=Variable.RAIN.unit,
                valid_time=instants.from_us(rain.seen.end_us),
                age_s=(cutoff_us - rain.seen.end_us) // SECOND_US,
                basis=site.basis.get((site.villages[village], hours, level, table), ""),
                level=level,
                lowered_by=_lowered_by(rain, village),
            )
        )
    return found


def model_evidence(rain: RainIndicators, village: int, *, cutoff_us: int) -> list[Evidence]:
    """Return the flow that the model foresees, if it warns; its time is that of the newest rain."""
    model = rain.model
    if model is None or not model.levels[village]:
        return []
    level = RiskLevel(int(model.levels[village]))
    return [
        Evidence(
            indicator=Indicator.MODEL,
            station_id=rain.source(village, max(rain.site.config.risk.durations_h)),
            duration_h=None,
            value=float(model.peak_m3s[village, level - 1]),
            threshold=float(model.triggers_m3s[village, level - 1]),
            unit=Variable.DISCHARGE.unit,
            valid_time=instants.from_us(rain.seen.end_us),
            age_s=(cutoff_us - rain.seen.end_us) // SECOND_US,
            basis=MODEL_BASIS,
            level=level,
            lowered_by=_lowered_by(rain, village),
        )
    ]


def forecast_evidence(rain: RainIndicators, village: int, *, cutoff_us: int) -> list[Evidence]:
    """Return what members agree on: a sum of rain, and a flow; their time is that of the run."""
    found = rain.foreseen
    if found is None:
        return []
    run_us, share = found.ahead.reference_us, rain.site.config.risk.forecast.share
    return [
        Evidence(
            indicator=Indicator.FORECAST,
            station_id=found.ahead.feed_id,
            duration_h=crossing.duration_h,
            value=float(agreed(crossing.members, share)),
            threshold=crossing.limit,
            unit=crossing.variable.unit,
            valid_time=instants.from_us(run_us),
            age_s=(cutoff_us - run_us) // SECOND_US,
            basis=MODEL_BASIS,
            level=RiskLevel(min(crossing.level, found.at_most)),
            lowered_by=_lowered_by(rain, village),
            probability=round(probability(crossing.members, crossing.limit), THOUSANDTH),
            spread=spread(crossing.members),
        )
        for crossing in found.crossings(village)
    ]


def river_evidence(
    rivers: RiverIndicators, site: SiteArrays, village: int, *, cutoff_us: int
) -> list[Evidence]:
    """Return one evidence for each series of a linked station that stands at a level."""
    found = []
    for link in np.flatnonzero(site.link_village == village):
        for row in site.station_series[site.link_station[link]]:
            if rivers.level[row].max() > 0:
                own = _OWN[Variable(site.series[row][1])]
                kind = Indicator.UPSTREAM if site.link_travel_s[link] > 0 else own
                found.append(
                    _at_level(rivers, site, (row, int(site.link_cap[link])), kind, cutoff_us)
                )
    return found


def loss_evidence(
    lost: tuple[Watched, ...], village: int, level: RiskLevel, *, cutoff_us: int
) -> list[Evidence]:
    """Return one evidence for each station whose loss raised the village."""
    return [
        Evidence(
            indicator=Indicator.GAUGE_LOST,
            station_id=watched.station.station_id,
            duration_h=None,
            value=None,
            threshold=None,
            unit="",
            valid_time=instants.from_us(watched.newest_us),
            age_s=(cutoff_us - watched.newest_us) // SECOND_US,
            basis=LOSS_BASIS,
            level=level,
        )
        for watched in lost
        if village in watched.villages
    ]


def in_order(found: list[Evidence]) -> tuple[Evidence, ...]:
    """Return evidence in its one order: the highest level first, then kind, station, duration."""
    return tuple(
        sorted(
            found,
            key=lambda e: (-e.level, e.indicator, e.station_id, e.duration_h or 0.0, e.unit),
        )
    )


def _lowered_by(rain: RainIndicators, village: int) -> str | None:
    return rain.site.factors.reason(rain.seen.end_us, village)


def _at_level(
    rivers: RiverIndicators,
    site: SiteArrays,
    at: tuple[int, int],
    kind: Indicator,
    cutoff_us: int,
) -> Evidence:
    """Return the evidence of a series; it supports no more than its link can bring."""
    row, cap = at
    column = int(rivers.level[row].argmax())
    reached = int(rivers.level[row, column])
    valid_us = int(rivers.readings.valid_us[row, column])
    station_id, variable = site.series[row]
    rate = float(rivers.readings.rise_per_h[row])
    return Evidence(
        indicator=kind,
        station_id=station_id,
        duration_h=None,
        value=float(rivers.readings.value[row, column]),
        threshold=float(site.series_levels[row, reached - 1]),
        unit=Variable(variable).unit,
        valid_time=instants.from_us(valid_us),
        age_s=(cutoff_us - valid_us) // SECOND_US,
        basis=STATION_BASIS,
        level=RiskLevel(min(reached, cap)),
        rise_per_h=None if np.isnan(rate) else rate,
    )
