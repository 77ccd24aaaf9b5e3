"""Which step of rain each cycle saw: from grids, or from gauges, as the weights are made for.

Every cycle looks at one window of equal steps. A step is named by a row of the areal cache, so a
block of cycles shares its arithmetic and each of them keeps what was known at its own cutoff.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np

from pipeline.risk.areal_cache import NOT_OURS, UNKNOWN, UNSEEN, ArealCache
from pipeline.risk.as_read import NEVER_US, SECOND_US, AsRead, GridRow
from pipeline.risk.dry_steps import with_dry_steps, with_signs
from pipeline.risk.rain_ahead import RainAhead, rain_ahead
from pipeline.risk.rain_gauges import (
    GaugeNews,
    GaugeReadings,
    GaugeSteps,
    gauge_news,
    gauge_readings,
    gauge_steps,
)
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.thresholds import Bools, Ints
from pipeline.units import Variable

VALID_US, FEED_ID = attrgetter("valid_us"), attrgetter("feed_id")


@dataclass(frozen=True, slots=True, eq=False)
class RainSteps:
    """The steps of rain that one cycle saw.

    Attributes
    ----------
    end_us : end of the newest step
    rows : dims (step), rows of the areal cache, oldest first; UNSEEN where nothing was read
    feed_id : the feed of the newest grid; empty where there is none
    gauges : None where rain comes as a grid
    of_grid : the rows as the grid alone gave them, where gauges stand in for it; else None
    ahead : what is foreseen; None where there is no usable forecast
    """

    end_us: int
    rows: Ints
    feed_id: str
    gauges: GaugeNews | None
    of_grid: Ints | None = None
    ahead: RainAhead | None = None


def steps_seen(
    as_read: AsRead, site: SiteArrays, cache: ArealCache, *, slot_us: int, cutoff_us: int
) -> RainSteps:
    """Return the rain steps of one cycle; content that is new enters the cache."""
    of_source = _from_grids if site.config.weights.source_kind == "grid" else _from_gauges
    seen = of_source(as_read, site, cache, (slot_us, cutoff_us))
    ahead = rain_ahead(as_read.forecasts, site.forecasts, end_us=seen.end_us, cutoff_us=cutoff_us)
    return seen if ahead is None else replace(seen, ahead=ahead)


def window_end_us(site: SiteArrays, newest_us: int, at: tuple[int, int]) -> int:
    """Return the end of the newest step that a cycle at (slot, cutoff) looks at.

    The slot, where rain of it was read; before that, the last step that a feed with the stated
    latency could have delivered, so that a feed which is always an hour late is not always blind.
    """
    slot_us, cutoff_us = at
    step_us = site.step_s * SECOND_US
    slot_us -= slot_us % step_us
    due_us = min(slot_us, cutoff_us - site.rain_latency_s * SECOND_US)
    read_us = min(-(-newest_us // step_us) * step_us, slot_us)
    return max(due_us - due_us % step_us, read_us)


def _from_grids(
    as_read: AsRead, site: SiteArrays, cache: ArealCache, at: tuple[int, int]
) -> RainSteps:
    grids = as_read.grids
    keys = [g.digest for g in grids]
    found = cache.rows(keys)
    if (found == UNKNOWN).any():
        _learn([grids[i] for i in np.flatnonzero(found == UNKNOWN).tolist()], site, cache)
        found = cache.rows(keys)
    ours = np.flatnonzero(found != NOT_OURS)
    disfavour = _disfavour([grids[i] for i in ours.tolist()], site)
    valid_us = np.fromiter(map(VALID_US, grids), dtype=np.int64, count=len(grids))[ours]
    end_us = window_end_us(site, int(valid_us.max(initial=NEVER_US)), at)
    places, inside = step_places(valid_us, end_us, site)
    rows = np.full(site.rain_steps, UNSEEN, dtype=np.int64)
    for feed in np.unique(disfavour):  # the preferred feed last: of equals it counts
        own = inside & (disfavour == feed)
        rows[places[own]] = cache.fuller(rows[places[own]], found[ours][own])
    newest = np.lexsort((disfavour, valid_us))
    feed_id = grids[int(ours[newest[-1]])].feed_id if len(ours) else ""
    if site.stand_in is None:
        return RainSteps(end_us, rows, feed_id, None)
    stand_in, _ = _gauge_rows(gauge_readings(as_read.points, site), as_read, site, cache, end_us)
    return RainSteps(end_us, cache.fuller(stand_in, rows), feed_id, None, of_grid=rows)


def _learn(new: Sequence[GridRow], site: SiteArrays, cache: ArealCache) -> None:
    """Put new grids into the cache.

    What is not on the weights' grid, or not an aligned step long, is not rain that can be placed.
    """
    wanted, step_us = site.config.weights.grid_id, site.step_s * SECOND_US
    ours = [
        g
        for g in new
        if g.grid_id == wanted
        and g.variable == Variable.RAIN
        and g.interval_s == site.step_s
        and not g.valid_us % step_us
        and g.cells.size == site.weights.n_sources
    ]
    cache.refuse([g.digest for g in new])
    if ours:
        cache.add([g.digest for g in ours], np.stack([g.cells.reshape(-1) for g in ours]))


def _disfavour(grids: Sequence[GridRow], site: SiteArrays) -> Ints:
    """Return a key of each grid that sorts the preferred feed last."""
    feeds, last = [*map(FEED_ID, grids)], len(site.feed_rank)
    key = {f: -site.feed_rank.get(f, last + i) for i, f in enumerate(sorted(set(feeds)))}
    return np.fromiter(map(key.__getitem__, feeds), dtype=np.int64, count=len(feeds))


def _from_gauges(
    as_read: AsRead, site: SiteArrays, cache: ArealCache, at: tuple[int, int]
) -> RainSteps:
    readings = gauge_readings(as_read.points, site)
    end_us = window_end_us(site, int(readings.valid_us.max(initial=NEVER_US)), at)
    rows, steps = _gauge_rows(readings, as_read, site, cache, end_us)
    news = gauge_news(readings, steps, end_us, site)
    return RainSteps(end_us, rows, "", with_signs(news, as_read.points, site))


def _gauge_rows(
    readings: GaugeReadings, as_read: AsRead, site: SiteArrays, cache: ArealCache, end_us: int
) -> tuple[Ints, GaugeSteps]:
    """Return the rows of steps that gauges saw; standing in for a grid they count half."""
    places, inside = step_places(readings.valid_us, end_us, site)
    step_us = site.step_s * SECOND_US
    ends_us = end_us - step_us * np.arange(site.rain_steps - 1, -1, -1)
    steps = gauge_steps(readings, places, inside, site)
    steps = with_dry_steps(steps, as_read.points, ends_us, site)
    said = np.flatnonzero(~np.isnan(steps.value).all(axis=1))
    keys = [steps.value[i].tobytes() + steps.whole[i].tobytes() for i in said]
    found = dict(zip(keys, said, strict=True))
    new = [key for key, row in zip(found, cache.rows([*found]), strict=True) if row == UNKNOWN]
    if new:
        at_new = [found[key] for key in new]
        sure = steps.whole[at_new] & (site.stand_in is None)
        cache.add(new, steps.value[at_new], whole=sure, weights=site.stand_in)
    rows = np.full(site.rain_steps, UNSEEN, dtype=np.int64)
    rows[said] = cache.rows(keys)
    return rows, steps


def step_places(valid_us: Ints, end_us: int, site: SiteArrays) -> tuple[Ints, Bools]:
    """Return the step in which each interval end lies, and whether it is one of the window's."""
    back = (end_us - valid_us) // (site.step_s * SECOND_US)
    places = site.rain_steps - 1 - back
    return places, (places >= 0) & (valid_us <= end_us)
