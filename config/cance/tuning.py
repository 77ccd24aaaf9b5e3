"""Critical rain from flows, and the choice of its two tuned numbers on the first floods alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
from recorded import FIRST, HOUR, Floats, Site

from pipeline.catchment.accumulation import accumulate_steps, time_of_concentration_h
from pipeline.runoff.critical_rain import STORAGE_RATIO, critical_rain_mm, threshold_runoff_mm
from pipeline.runoff.wetness import WetnessRule, antecedent_wetness, wetness_class

TUNED_BEFORE = datetime(2014, 10, 21, tzinfo=UTC)
DURATIONS_H = (1, 2, 3, 6, 12, 24)
LIMITS, MIN_WETNESS_COVERAGE, WINDOW_DAYS = (0.5, 0.8), 0.8, 30
K_PER_DAY, WM_MM = 0.95, 100.0  # the slow end of 0.85-0.95 (autumn), the middle of 80-120
CREDIT_H = 18  # an alarm counts as a warning in the 18 h before the flow is passed, not earlier
EXCLUDED_H = (6, 12, 24)
STORAGES_MM = tuple(float(s) for s in range(20, 201))


@dataclass(frozen=True)
class Choice:
    """What was tuned, with the range of S that would have done as well."""

    exclude_h: int
    storage_mm: float
    storage_range_mm: tuple[float, float]


def level_flows(site: Site) -> dict[str, tuple[float, float, float, float]]:
    """Return the flow of levels 1..4 at every place: a station's own, else from the area."""
    gauged = {site.station_at[row["station_id"]]: station_flows(row) for row in site.gauges}
    exponent, log_scale = np.polyfit(
        [math.log(site.outlets[v].area_km2) for v in gauged],
        [math.log(flows[2]) for flows in gauged.values()],
        1,
    )
    ratio = [float(np.mean([f[level] / f[2] for f in gauged.values()])) for level in range(4)]
    found = {}
    for village_id, outlet in site.outlets.items():
        two_year = math.exp(log_scale) * outlet.area_km2**exponent
        found[village_id] = gauged.get(village_id, tuple(r * two_year for r in ratio))
    return found


def station_flows(row: dict[str, str]) -> tuple[float, float, float, float]:
    """Return the flows of levels 1..4 at a station, m3/s."""
    once = float(row["once_a_year_m3s"])
    return once / 2.0, once, float(row["two_year_m3s"]), float(row["five_year_m3s"])


def thresholds_mm(flow: float, area_km2: float, storage_mm: float) -> Floats:
    """Return mm to 0.1, dims (duration, wetness)."""
    concentration = time_of_concentration_h(area_km2)
    table = [
        [
            critical_rain_mm(threshold_runoff_mm(flow, area_km2, d, concentration), r * storage_mm)
            for r in STORAGE_RATIO
        ]
        for d in DURATIONS_H
    ]
    return np.round(np.array(table), 1)


def classes(site: Site, column: int, exclude_h: int) -> npt.NDArray[np.int8]:
    """Return the wetness class of each hour; unknown counts as medium, as in site.toml."""
    rule = WetnessRule(K_PER_DAY, WM_MM, 24 * WINDOW_DAYS, exclude_h, 24)
    mean, coverage = site.rain[:, [column]], site.coverage[:, [column]]
    wetness, seen = antecedent_wetness(mean, coverage, rule, steps=len(mean))
    found = wetness_class(wetness, seen, WM_MM, LIMITS, MIN_WETNESS_COVERAGE)[:, 0]
    return np.where(found < 0, np.int8(1), found)


def reached(rain: Floats, wetness: npt.NDArray[np.int8], table: Floats) -> npt.NDArray[np.bool_]:
    """Return for each hour whether any duration [hour, duration] reaches its threshold."""
    return (rain >= table[:, wetness].T).any(axis=1)


def crossings(flow: Floats, level: float) -> list[int]:
    """Return the hours at which the flow first stands at or above a level."""
    return [int(i) + 1 for i in np.flatnonzero((flow[1:] >= level) & (flow[:-1] < level))]


def lead_h(on: npt.NDArray[np.bool_], crossing: int) -> int | None:
    """Return the hours between the first alarm of the credit window and the crossing.

    None if there was none, or if the alarm stood through the whole window: that is no warning.
    """
    window = on[crossing - CREDIT_H : crossing]
    if not window.any() or window.all():
        return None
    return CREDIT_H - int(window.argmax())


def tune(site: Site) -> Choice:
    """Choose the excluded hours and S from what was known before TUNED_BEFORE."""
    found = []
    for exclude_h in EXCLUDED_H:
        unfit = set().union(*(unfit_storages(site, gauge, exclude_h) for gauge in site.gauges))
        fit = sorted(set(STORAGES_MM) - unfit)
        if fit:
            found.append((fit[-1] / fit[0], exclude_h, fit))
    _, exclude_h, fit = max(found)
    return Choice(exclude_h, float(round(math.sqrt(fit[0] * fit[-1]))), (fit[0], fit[-1]))


def unfit_storages(site: Site, gauge: dict[str, str], exclude_h: int) -> set[float]:
    """Return the S that miss a flood at a station, or alarm in its hours before the floods."""
    end = (TUNED_BEFORE - FIRST) // HOUR
    village_id, two_year = site.station_at[gauge["station_id"]], float(gauge["two_year_m3s"])
    column = list(site.outlets).index(village_id)
    rain, wetness = hourly_sums(site, column)[:end], classes(site, column, exclude_h)[:end]
    starts = crossings(site.flow[gauge["station_id"]][:end], two_year)
    quiet = np.arange(end) < starts[0] - CREDIT_H
    unfit = set()
    for storage in STORAGES_MM:
        on = reached(
            rain, wetness, thresholds_mm(two_year, site.outlets[village_id].area_km2, storage)
        )
        if on[quiet].any() or any(lead_h(on, start) is None for start in starts):
            unfit.add(storage)
    return unfit


def hourly_sums(site: Site, column: int) -> Floats:
    """Return mm [hour, duration]."""
    mean, coverage = site.rain[:, [column]], site.coverage[:, [column]]
    return accumulate_steps(mean, coverage, DURATIONS_H, steps=len(mean))[0][:, :, 0]
