"""Rain gauges: their readings by step, and what each of them last said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.observation import QcFlag
from pipeline.risk.as_read import NEVER_US, SECOND_US, Objects, PointColumns
from pipeline.risk.site_arrays import HOUR_S, SiteArrays
from pipeline.risk.thresholds import Bools, Floats, Ints
from pipeline.units import THOUSANDTH, Variable

BURST_S = 3 * HOUR_S
SECONDS_BITS = 40
"""Room for an instant in seconds, so that the times of one gauge stay apart from another's."""


@dataclass(frozen=True, slots=True, eq=False)
class GaugeReadings:
    """The usable readings of the gauges in the weights: one entry a reading.

    Readings longer than the site's step, or without an interval, cannot be placed: unknown.
    """

    gauge: Ints
    feed_id: Objects
    disfavour: Ints
    interval_s: Ints
    valid_us: Ints
    value: Floats
    suspect: Bools


@dataclass(frozen=True, slots=True, eq=False)
class GaugeSteps:
    """Rain by step, dims (step, gauge).

    Attributes
    ----------
    value : mm, NaN where nothing usable was said; a step said in part holds the part, a lower bound
    whole : all of the step was said, and none of it is suspect
    suspect : some of what was said is
    """

    value: Floats
    whole: Bools
    suspect: Bools


@dataclass(frozen=True, slots=True, eq=False)
class GaugeNews:
    """What each gauge last said, dims (gauge).

    Attributes
    ----------
    newest_us : NEVER_US where the window holds nothing
    burst_mm : its own rain in the three hours up to then
    feeds : of the newest reading, empty where there is none
    """

    newest_us: Ints
    burst_mm: Floats
    feeds: tuple[str, ...]


def gauge_readings(points: PointColumns, site: SiteArrays) -> GaugeReadings:
    """Return the usable rain readings, the preferred feed's last among those of one time.

    Of a gauge that one feed tells by the hour and by the minute as well, every interval counts
    once: where they overlap, the longer one.
    """
    index = {station_id: i for i, station_id in enumerate(site.gauges)}
    rows = np.flatnonzero(
        (points.variable == Variable.RAIN)
        & (points.flag <= QcFlag.SUSPECT)
        & ~np.isnan(points.value)
        & (points.interval_s > 0)
        & (points.interval_s <= site.step_s)
    )
    gauge = np.array([index.get(str(s), -1) for s in points.station_id[rows]], dtype=np.int64)
    rows, gauge = rows[gauge >= 0], gauge[gauge >= 0]
    rank, last = site.feed_rank, len(site.feed_rank)
    disfavour = np.array([-rank.get(str(f), last) for f in points.feed_id[rows]], dtype=np.int64)
    told_by = gauge * (last + 1) - disfavour
    once = ~_inside_longer(told_by, points.valid_us[rows] // SECOND_US, points.interval_s[rows])
    order = np.lexsort((disfavour, points.valid_us[rows]))
    order = order[once[order]]
    rows = rows[order]
    return GaugeReadings(
        gauge=gauge[order],
        feed_id=points.feed_id[rows],
        disfavour=disfavour[order],
        interval_s=points.interval_s[rows],
        valid_us=points.valid_us[rows],
        value=points.value[rows],
        suspect=points.flag[rows] == QcFlag.SUSPECT,
    )


def _inside_longer(told_by: Ints, end_s: Ints, interval_s: Ints) -> Bools:
    """Return where a longer interval, told by the same, ends no earlier and begins before."""
    ends = (told_by << SECONDS_BITS) + end_s
    inside: Bools = np.zeros(len(ends), dtype=np.bool_)
    for longer_s in np.unique(interval_s)[1:].tolist():
        longer = np.sort(ends[interval_s == longer_s])
        shorter = np.flatnonzero(interval_s < longer_s)
        at = np.searchsorted(longer, ends[shorter])
        next_end = longer[np.minimum(at, len(longer) - 1)]
        inside[shorter] |= (at < len(longer)) & (next_end - longer_s < ends[shorter])
    return inside


def gauge_steps(
    readings: GaugeReadings, places: Ints, inside: Bools, site: SiteArrays
) -> GaugeSteps:
    """Sum the readings of each gauge into steps; of several feeds the one that saw most counts."""
    shape = (site.rain_steps, len(site.gauges))
    value, best_s = np.full(shape, np.nan), np.zeros(shape, dtype=np.int64)
    whole, doubt = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    for feed in np.unique(readings.disfavour):
        own = inside & (readings.disfavour == feed)
        at = (places[own], readings.gauge[own])
        total, seen_s = np.zeros(shape), np.zeros(shape, dtype=np.int64)
        suspect = np.zeros(shape, dtype=np.bool_)
        np.add.at(total, at, readings.value[own])
        np.add.at(seen_s, at, readings.interval_s[own])
        np.logical_or.at(suspect, at, readings.suspect[own])
        better = (seen_s > 0) & (seen_s >= best_s)
        value[better], best_s[better] = total[better], seen_s[better]
        whole[better] = ((seen_s >= site.step_s) & ~suspect)[better]
        doubt[better] = suspect[better]
    return GaugeSteps(value, whole, doubt)


def gauge_news(
    readings: GaugeReadings, steps: GaugeSteps, end_us: int, site: SiteArrays
) -> GaugeNews:
    """Return what each gauge last said, and how hard it was raining on it then."""
    gauges = len(site.gauges)
    newest_us = np.full(gauges, NEVER_US, dtype=np.int64)
    np.maximum.at(newest_us, readings.gauge, readings.valid_us)
    feeds = np.full(gauges, "", dtype=object)
    feeds[readings.gauge] = readings.feed_id
    step_us = site.step_s * SECOND_US
    ends = end_us - step_us * np.arange(site.rain_steps - 1, -1, -1)
    burst = (ends[:, None] > newest_us - BURST_S * SECOND_US) & (
        ends[:, None] - step_us < newest_us
    )
    burst_mm = np.nansum(np.where(burst, steps.value, 0.0), axis=0).round(THOUSANDTH)
    return GaugeNews(newest_us, burst_mm, tuple(str(feed) for feed in feeds))
