"""Door: one village's rain, accumulations, wetness and rivers, for plots.

Read as the assessment reads, at the same cutoff, so that a page never shows what its bulletin did
not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import xarray as xr

from pipeline import instants
from pipeline.assess import read_known
from pipeline.bulletin import RiskLevel
from pipeline.database import Engine, reading
from pipeline.errors import SiteError
from pipeline.risk.areal_cache import ArealCache
from pipeline.risk.as_read import AsRead
from pipeline.risk.indicators import RainIndicators, rain_indicators
from pipeline.risk.outlook import ForecastCase, Guidance, forecast_case, guidance
from pipeline.risk.rain import steps_seen
from pipeline.risk.rivers import series_rows
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.thresholds import LEVELS, Floats
from pipeline.runoff.wetness import WetnessClass
from pipeline.schema import CATCHMENT_RAIN, INDICATORS, dataset
from pipeline.site.model import RiskConfig
from pipeline.site.risk_settings import Wetness
from pipeline.units import THOUSANDTH, Variable

WETNESS = {
    WetnessClass.DRY: Wetness.DRY,
    WetnessClass.MEDIUM: Wetness.MEDIUM,
    WetnessClass.WET: Wetness.WET,
}


@dataclass(frozen=True, slots=True)
class Accumulation:
    """The areal rain of one duration up to the cutoff.

    Attributes
    ----------
    value : mm; None where nothing was seen
    coverage : 0..1
    thresholds : mm, those that apply at this wetness; a level without one is left out
    """

    duration_h: float
    value: float | None
    coverage: float
    thresholds: dict[RiskLevel, float]


@dataclass(frozen=True, slots=True)
class RiverSeries:
    """What one linked station said; values and levels in the variable's unit."""

    station_id: str
    variable: Variable
    times: tuple[datetime, ...]
    values: tuple[float | None, ...]
    levels: dict[RiskLevel, float]


@dataclass(frozen=True, slots=True)
class VillageSeries:
    """One village as its assessment saw it.

    Attributes
    ----------
    times : ends of the rain's steps, UTC; `rain_mm` and `coverage` (0..1) go with them
    wetness_mm : antecedent wetness Pa; None where nothing of its window was seen
    wetness_class : the one whose thresholds apply
    guidance : flash-flood guidance by duration; empty where no model speaks for the village
    forecast : None where there is no usable one
    """

    village_id: str
    times: tuple[datetime, ...]
    rain_mm: tuple[float | None, ...]
    coverage: tuple[float, ...]
    accumulations: tuple[Accumulation, ...]
    wetness_mm: float | None
    wetness_class: Wetness
    rivers: tuple[RiverSeries, ...]
    guidance: tuple[Guidance, ...] = ()
    forecast: ForecastCase | None = None


def village_series(  # noqa: PLR0913 - which village, and three bounds of what is read
    engine: Engine,
    config: RiskConfig,
    village_id: str,
    *,
    cutoff: datetime,
    slot: datetime | None = None,
    hours: int = 48,
    scenario: str = "",
) -> VillageSeries:
    """Return a village's series up to a slot, as known at the cutoff.

    Parameters
    ----------
    slot : None = the last one before the cutoff
    hours : how far back the plots go

    Raises
    ------
    SiteError
        The site has no such village.
    """
    site = SiteArrays.of(config)
    if village_id not in site.villages:
        raise SiteError(f"site {config.site} has no village {village_id}")
    if slot is None:
        slot = instants.floor_to(cutoff, timedelta(minutes=config.cycle_minutes))
    with reading(engine) as connection:
        known = read_known(connection, site, slot, cutoff, scenario=scenario)
    cache = ArealCache(site.weights)
    at = {"slot_us": instants.to_us(slot), "cutoff_us": instants.to_us(cutoff)}
    (rain,) = rain_indicators([steps_seen(known, site, cache, **at)], site, cache)
    return _series(rain, known, village_id, slot - timedelta(hours=hours))


def catchment_rain(rain: RainIndicators, since: datetime) -> xr.Dataset:
    """Return the areal rain of every village in the steps that end after an instant."""
    first = rain.site.rain_steps - rain.steps_after(instants.to_us(since))
    rows = rain.seen.rows[first:]
    arrays = {
        "time": rain.step_ends_us()[first:].astype("datetime64[us]"),
        "village": np.array(rain.site.villages, dtype=np.str_),
        "rain_mm": rain.cache.mean_mm[rows].round(THOUSANDTH),
        "coverage": rain.cache.coverage[rows],
    }
    return dataset(CATCHMENT_RAIN, arrays)


def indicators(rain: RainIndicators) -> xr.Dataset:
    """Return every village's rain by duration, its wetness, and the thresholds that apply."""
    arrays = {
        "duration_h": np.array(rain.site.config.risk.durations_h),
        "village": np.array(rain.site.villages, dtype=np.str_),
        "level": np.array(LEVELS, dtype=np.int64),
        "rain_mm": rain.rain_mm,
        "coverage": rain.coverage,
        "threshold_mm": rain.thresholds_mm,
        "wetness_mm": rain.wetness_mm,
    }
    return dataset(INDICATORS, arrays)


def _series(rain: RainIndicators, known: AsRead, village_id: str, since: datetime) -> VillageSeries:
    site = rain.site
    village = site.villages.index(village_id)
    wetness = WetnessClass(int(rain.wetness_class[village]))
    fell = catchment_rain(rain, since).sel(village=village_id)
    today = indicators(rain).sel(village=village_id)
    ends_us = fell["time"].to_numpy().astype("datetime64[us]").astype(np.int64)
    return VillageSeries(
        village_id=village_id,
        times=tuple(instants.from_us(us) for us in ends_us.tolist()),
        rain_mm=_optional(fell["rain_mm"].to_numpy()),
        coverage=tuple(fell["coverage"].to_numpy().tolist()),
        accumulations=tuple(_accumulation(today.sel(duration_h=h)) for h in today["duration_h"]),
        wetness_mm=_optional(today["wetness_mm"].to_numpy())[0],
        wetness_class=WETNESS.get(wetness, site.config.risk.wetness.unknown),
        rivers=_rivers(site, known, village, instants.to_us(since)),
        guidance=guidance(rain, village),
        forecast=forecast_case(rain, village),
    )


def _accumulation(one: xr.Dataset) -> Accumulation:
    return Accumulation(
        duration_h=float(one["duration_h"]),
        value=_optional(one["rain_mm"].to_numpy())[0],
        coverage=float(one["coverage"]),
        thresholds=_levels(one["threshold_mm"].to_numpy()),
    )


def _rivers(
    site: SiteArrays, known: AsRead, village: int, since_us: int
) -> tuple[RiverSeries, ...]:
    stations = site.link_station[site.link_village == village]
    linked = {site.river_stations[station].station_id for station in stations}
    found = []
    for row, rows in enumerate(series_rows(known.points, site)):
        station_id, variable = site.series[row]
        if station_id not in linked:
            continue
        recent = rows[known.points.valid_us[rows] > since_us]
        found.append(
            RiverSeries(
                station_id=station_id,
                variable=Variable(variable),
                times=tuple(instants.from_us(us) for us in known.points.valid_us[recent].tolist()),
                values=_optional(known.points.value[recent]),
                levels=_levels(site.series_levels[row]),
            )
        )
    return tuple(found)


def _levels(row: Floats) -> dict[RiskLevel, float]:
    pairs = zip(LEVELS, row.tolist(), strict=True)
    return {level: value for level, value in pairs if not np.isnan(value)}


def _optional(values: Floats) -> tuple[float | None, ...]:
    rounded = np.atleast_1d(values).round(THOUSANDTH).tolist()
    return tuple(None if np.isnan(value) else value for value in rounded)
