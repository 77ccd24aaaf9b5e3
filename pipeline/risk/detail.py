"""The detail of one village: level, signal, onset, confidence and evidence."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from pipeline import instants
from pipeline.bulletin import Onset, RiskLevel, VillageRisk
from pipeline.risk.as_read import SECOND_US
from pipeline.risk.confidence import confidence
from pipeline.risk.evidence import (
    forecast_evidence,
    in_order,
    loss_evidence,
    model_evidence,
    rain_evidence,
    river_evidence,
)
from pipeline.risk.findings import Findings
from pipeline.risk.onset import MINUTE, crossing_offsets_h, travel_offsets_h
from pipeline.risk.reported import evidence as report_evidence
from pipeline.risk.reported import offsets_h as reported_offsets_h
from pipeline.risk.site_arrays import HOUR_S
from pipeline.risk.thresholds import Floats


def detail(found: Findings, village: int, rain_h: Floats) -> VillageRisk:
    """Return the detail of one village; `rain_h` is when its rain's water is expected."""
    site, at = found.site, found.cutoff_us
    level = RiskLevel(int(found.levels[village]))
    state = found.sight.states[village]
    evidence = in_order(
        [
            *rain_evidence(found.rain, village, cutoff_us=at),
            *model_evidence(found.rain, village, cutoff_us=at),
            *forecast_evidence(found.rain, village, cutoff_us=at),
            *river_evidence(found.rivers, site, village, cutoff_us=at),
            *loss_evidence(found.sight.lost, village, level, cutoff_us=at),
            *found.warned.evidence(village, cutoff_us=at),
            *(
                report_evidence(
                    report,
                    site.config.risk.reports.level_of(report.saw),
                    cutoff=found.cycle.cutoff,
                )
                for report in found.reports_of(village)
            ),
        ]
    )
    return VillageRisk(
        village_id=site.villages[village],
        level=level,
        signal=site.config.risk.signals.advice(level),
        onset=_onset(found, village, rain_h) if level > RiskLevel.NONE else None,
        confidence=confidence(level, state, evidence),
        data_state=state,
        cause=found.sight.causes[village],
        evidence=evidence,
    )


def _onset(found: Findings, village: int, rain_h: Floats) -> Onset:
    """Return the earliest onset: of the rain, the model, a linked river above level 3, a report.

    Where a forecast alone brings the level, the water is that of the rain foreseen.
    """
    site, hours, model = found.site, rain_h, found.rain.model
    water_h = found.foreseen_h(village)
    if water_h is not None:
        hours = water_h if found.only_foreseen[village] else np.minimum(hours, water_h)
    if model is not None and not np.isnan(model.crossing_h[village]):
        hours = np.minimum(hours, crossing_offsets_h(float(model.crossing_h[village])))
    slot_us = instants.to_us(found.cycle.slot)
    for link in np.flatnonzero(site.link_village == village):
        for row in site.station_series[site.link_station[link]]:
            for column in np.flatnonzero(found.rivers.ratio[row] >= 1.0):
                age_us = slot_us - int(found.rivers.readings.valid_us[row, column])
                age_h, travel_h = age_us / SECOND_US / HOUR_S, site.link_travel_s[link] / HOUR_S
                hours = np.minimum(hours, travel_offsets_h(float(travel_h), age_h))
    hours = _reported(found, village, hours)
    earliest, likely, latest = (
        found.cycle.slot + timedelta(hours=h) // MINUTE * MINUTE for h in hours.tolist()
    )
    return Onset(earliest, likely, latest)


def _reported(found: Findings, village: int, hours: Floats) -> Floats:
    """Return the hours until the water, or the fewer that a person at the water brings."""
    response_h, slot_us = float(found.site.response_h[village]), instants.to_us(found.cycle.slot)
    for report in found.reports_of(village):
        since_h = (slot_us - instants.to_us(report.seen_at)) / SECOND_US / HOUR_S
        offsets = reported_offsets_h(report, response_h, since_h=since_h)
        hours = hours if offsets is None else np.minimum(hours, offsets)
    return hours
