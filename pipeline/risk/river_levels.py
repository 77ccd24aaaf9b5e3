"""What linked rivers say of each village: levels and closeness, of readings young enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.risk.as_read import SECOND_US
from pipeline.risk.rivers import RiverReadings, levels
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.thresholds import CLOSENESS_LEVEL, Bools, Floats, Ints
from pipeline.risk.watch import Watched


@dataclass(frozen=True, slots=True, eq=False)
class RiverIndicators:
    """The rivers of one cycle.

    Attributes
    ----------
    readings : the newest of each series
    level, ratio : dims (series, trusted/suspect); level 0 and ratio NaN where not used;
        ratio is the value over the station's level 3
    village_level, village_closeness : dims (village); 0 and NaN without a usable reading
    """

    readings: RiverReadings
    level: Ints
    ratio: Floats
    village_level: Ints
    village_closeness: Floats


def river_indicators(
    readings: RiverReadings, site: SiteArrays, lost: tuple[Watched, ...], *, cutoff_us: int
) -> RiverIndicators:
    """Return levels by the readings that count.

    A reading counts up to `river_max_age_min`; that of a series lost while it mattered counts as
    long as the loss does, because a missing value lowers nothing.
    """
    used = _used(readings, site, lost, cutoff_us)
    level = np.where(used, levels(readings, site), 0)
    limit = site.series_levels[:, CLOSENESS_LEVEL - 1, None]
    ratio = np.where(used & (limit > 0), readings.value / np.where(limit > 0, limit, 1), np.nan)
    series_station = _series_station(site)
    station_level = np.zeros(len(site.river_stations), dtype=np.int64)
    np.maximum.at(station_level, series_station, level.max(axis=1, initial=0))
    station_ratio = np.full(len(site.river_stations), np.nan)
    np.fmax.at(station_ratio, series_station, np.fmax.reduce(ratio, axis=1, initial=np.nan))
    village_level = np.zeros(len(site.villages), dtype=np.int64)
    brought = np.minimum(station_level[site.link_station], site.link_cap)
    np.maximum.at(village_level, site.link_village, brought)
    village_closeness = np.full(len(site.villages), np.nan)
    np.fmax.at(village_closeness, site.link_village, station_ratio[site.link_station])
    return RiverIndicators(readings, level, ratio, village_level, village_closeness)


def _used(
    readings: RiverReadings, site: SiteArrays, lost: tuple[Watched, ...], cutoff_us: int
) -> Bools:
    limit_us = 60 * site.config.risk.river_max_age_min * SECOND_US
    held: Bools = np.zeros(len(site.series), dtype=np.bool_)
    held[[watched.series for watched in lost if watched.series is not None]] = True
    young = cutoff_us - readings.valid_us <= limit_us
    return np.asarray((young | held[:, None]) & ~np.isnan(readings.value))


def _series_station(site: SiteArrays) -> Ints:
    row = {station.station_id: i for i, station in enumerate(site.river_stations)}
    return np.array([row[station] for station, _ in site.series], dtype=np.int64)
