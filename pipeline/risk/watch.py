"""Which stations are listened to, how old their newest reading is, and which of them are lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from pipeline.risk.as_read import NEVER_US, SECOND_US
from pipeline.risk.indicators import RainIndicators
from pipeline.risk.rain_gauges import GaugeNews
from pipeline.risk.rivers import RiverReadings
from pipeline.risk.site_arrays import HOUR_S, SiteArrays
from pipeline.risk.thresholds import Ints
from pipeline.site.model import Station

MAIN_SHARE = 0.5
"""A rain gauge that is lost speaks for the villages of whose rain it carries half or more."""


class Heard(StrEnum):
    """How long ago a station last said something usable, by its own rhythm."""

    FRESH = "fresh"
    LATE = "late"
    SILENT = "silent"
    NEVER = "never"


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """One station in one role, at one cutoff: a rain gauge, or one series of a river station.

    A river station is watched by every series that has a level, each on its own: a stage that died
    is not alive because the discharge beside it still speaks. Without any level it is watched by
    the series heard last, and never counts as seen.

    Attributes
    ----------
    name : what causes call it; with the variable where several are watched
    feed_id : the feed of its newest reading, empty where it was never heard
    newest_us : microseconds UTC; NEVER_US where the window holds nothing of it
    rising : its last readings went up (a river), or it was catching a downpour (a rain gauge)
    villages : rows of the villages that it speaks for
    series : its row of `SiteArrays.series`; None for a rain gauge of the weights
    rated : it has a level, so it can raise its villages
    """

    station: Station
    name: str
    feed_id: str
    newest_us: int
    heard: Heard
    rising: bool
    villages: Ints
    series: int | None
    rated: bool

    @property
    def is_river(self) -> bool:
        """A river station of links.csv; else a rain gauge of the weights."""
        return self.series is not None


def watched(
    site: SiteArrays, rivers: RiverReadings, gauges: GaugeNews | None, *, cutoff_us: int
) -> tuple[Watched, ...]:
    """Return every series of the linked rivers and every rain gauge, sorted by station."""
    found = [
        watched
        for row in range(len(site.river_stations))
        for watched in _river(site, rivers, row, cutoff_us)
    ]
    if gauges is not None:
        found += _gauges(site, gauges, cutoff_us)
    return tuple(sorted(found, key=lambda w: (w.station.station_id, not w.is_river)))


def lost(station: Watched, site: SiteArrays, rain: RainIndicators, *, cutoff_us: int) -> bool:
    """Tell whether a station was lost when it mattered.

    It was heard in the window, is silent by its own `silent_after_min`, and either was rising
    when last heard, or `rain_around_mm` or more has fallen since on one of its villages. What was
    not seen of that rain counts as nothing: our own dead feed on a dry day pages nobody. A loss
    speaks for `lost_hold_h` after the silence began; a station never heard is blind, not lost.

    Source: DESIGN section 7, blindness by cause.
    """
    if station.heard is not Heard.SILENT:
        return False
    silent_s = (cutoff_us - station.newest_us) // SECOND_US - 60 * station.station.silent_after_min
    if silent_s > site.config.risk.lost_hold_h * HOUR_S:
        return False
    return station.rising or rained_around(station, rain)


def rained_around(station: Watched, rain: RainIndicators) -> bool:
    """Tell whether `rain_around_mm` fell on one of a station's villages since it was heard."""
    around = rain.since(station.newest_us)[station.villages]
    return bool((around >= rain.site.config.risk.rain_around_mm).any())


def heard(newest_us: int, *, cutoff_us: int, fresh_s: int, silent_s: int) -> Heard:
    """Return how long ago the newest reading was, against the station's rhythm."""
    if newest_us <= NEVER_US:
        return Heard.NEVER
    age_s = (cutoff_us - newest_us) / SECOND_US
    if age_s <= min(fresh_s, silent_s):
        return Heard.FRESH
    return Heard.LATE if age_s <= silent_s else Heard.SILENT


def _station_heard(site: SiteArrays, station: Station, newest_us: int, feed: str, at: int) -> Heard:
    latency_s = site.feed_latency_s.get(feed, 0)
    return heard(
        newest_us,
        cutoff_us=at,
        fresh_s=60 * (station.interval_min + site.config.cycle_minutes) + latency_s,
        silent_s=60 * station.silent_after_min,
    )


def _river(site: SiteArrays, rivers: RiverReadings, row: int, cutoff_us: int) -> Iterator[Watched]:
    station = site.river_stations[row]
    own = site.station_series[row]
    rated = [i for i in own if site.rated[i]]
    for i in rated or [max(own, key=lambda i: int(rivers.newest_us[i]))]:
        newest_us, feed = int(rivers.newest_us[i]), rivers.feeds[i]
        name = f"station {station.station_id}"
        yield Watched(
            station=station,
            name=f"{name} {site.series[i][1]}" if len(rated) > 1 else name,
            feed_id=feed,
            newest_us=newest_us,
            heard=_station_heard(site, station, newest_us, feed, cutoff_us),
            rising=bool(rivers.rising[i]),
            villages=site.station_villages[row],
            series=i,
            rated=bool(rated),
        )


def _gauges(site: SiteArrays, news: GaugeNews, cutoff_us: int) -> Iterator[Watched]:
    stations = {station.station_id: station for station in site.config.stations}
    for column, station_id in enumerate(site.config.weights.sources):
        station = stations.get(station_id)
        if station is None:
            continue
        newest_us, feed = int(news.newest_us[column]), news.feeds[column]
        yield Watched(
            station=station,
            name=f"station {station_id}",
            feed_id=feed,
            newest_us=newest_us,
            heard=_station_heard(site, station, newest_us, feed, cutoff_us),
            rising=bool(news.burst_mm[column] >= site.config.risk.rain_around_mm),
            villages=_villages_of(site, column),
            series=None,
            rated=False,
        )


def _villages_of(site: SiteArrays, column: int) -> Ints:
    own = (site.weights.indices == column) & (site.weights.data >= MAIN_SHARE)
    return np.searchsorted(site.weights.indptr, np.flatnonzero(own), side="right") - 1
