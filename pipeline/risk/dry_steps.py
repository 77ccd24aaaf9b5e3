"""Stations that report rain only when it rains: no row is dry while something else shows life.

No row is not zero rain: a step without rows is dry only where the station's signs of life (rain,
voltage, stage, whatever has a value) reach from its beginning to its end without a silence longer
than the station's own. The steps after its last sign are not seen.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.risk.as_read import NEVER_US, SECOND_US, PointColumns
from pipeline.risk.rain_gauges import GaugeNews, GaugeSteps
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.thresholds import Bools, Ints
from pipeline.site.model import Station


def with_dry_steps(
    steps: GaugeSteps, points: PointColumns, step_ends_us: Ints, site: SiteArrays
) -> GaugeSteps:
    """Return the steps, dry and whole where such a station was silent of rain and yet alive.

    Parameters
    ----------
    step_ends_us : dims (step)
    """
    gauges = _event_gauges(site)
    if not gauges:
        return steps
    value, whole = steps.value.copy(), steps.whole.copy()
    starts_us = step_ends_us - site.step_s * SECOND_US
    for column, station in gauges.items():
        alive = _alive(_signs_us(points, station), starts_us, step_ends_us, station)
        value[alive & np.isnan(value[:, column]), column] = 0.0
        whole[alive & ~steps.suspect[:, column], column] = True
    return replace(steps, value=value, whole=whole)


def with_signs(news: GaugeNews, points: PointColumns, site: SiteArrays) -> GaugeNews:
    """Return the news, such a station being heard by whatever it last said."""
    newest_us = news.newest_us.copy()
    for column, station in _event_gauges(site).items():
        last = int(_signs_us(points, station).max(initial=NEVER_US))
        newest_us[column] = max(newest_us[column], last)
    return replace(news, newest_us=newest_us)


def _event_gauges(site: SiteArrays) -> dict[int, Station]:
    stations = {s.station_id: s for s in site.config.stations if s.reports == "events"}
    return {i: stations[name] for i, name in enumerate(site.gauges) if name in stations}


def _signs_us(points: PointColumns, station: Station) -> Ints:
    own = (points.station_id == station.station_id) & ~np.isnan(points.value)
    return np.unique(points.valid_us[own])


def _alive(signs_us: Ints, starts_us: Ints, ends_us: Ints, station: Station) -> Bools:
    """Return the steps over which the signs follow one another closely enough, dims (step)."""
    if not len(signs_us):
        return np.zeros(len(ends_us), dtype=np.bool_)
    silences = np.diff(signs_us) > 60 * station.silent_after_min * SECOND_US
    before = np.concatenate(([0], np.cumsum(silences)))
    first = np.searchsorted(signs_us, starts_us, side="right") - 1
    last = np.searchsorted(signs_us, ends_us, side="left")
    spanned = (first >= 0) & (last < len(signs_us))
    unbroken = before[np.minimum(last, len(before) - 1)] == before[np.maximum(first, 0)]
    return np.asarray(spanned & unbroken)
