"""How old the newest reading of each station, grid and village was at the cutoff."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

import numpy as np

from pipeline import instants
from pipeline.bulletin import StationFreshness
from pipeline.risk.as_read import NEVER_US, SECOND_US
from pipeline.risk.findings import Findings
from pipeline.risk.watch import Heard, heard


def newest_inputs(found: Findings) -> tuple[datetime | None, ...]:
    """Return the valid time of the newest rain or river reading of each village."""
    newest = found.rain.newest_us().copy()
    for station in found.stations:
        if station.is_river:
            newest[station.villages] = np.maximum(newest[station.villages], station.newest_us)
    instant = {us: None if us <= NEVER_US else instants.from_us(us) for us in set(newest.tolist())}
    return tuple(instant[us] for us in newest.tolist())


def freshness(found: Findings) -> tuple[StationFreshness, ...]:
    """Return how old each station's newest usable reading was, and the rain grid's.

    Of a river station with several levelled variables the one that was heard longest ago counts.
    """
    by_role = groupby(found.stations, key=lambda s: (s.station.station_id, s.is_river))
    oldest = [min(role, key=lambda s: s.newest_us) for _, role in by_role]
    rows = [
        StationFreshness(
            station_id=s.station.station_id,
            feed_id=s.feed_id,
            newest=None if s.heard is Heard.NEVER else instants.from_us(s.newest_us),
            state=s.heard,
        )
        for s in oldest
    ]
    if found.rain.seen.gauges is None:
        rows.append(_grid_freshness(found))
    return (*rows, *_forecast_freshness(found))


def _forecast_freshness(found: Findings) -> Iterator[StationFreshness]:
    """Yield how old the newest run of each forecast is: late after a run, silent when too old."""
    site, foreseen = found.site, found.cycle.as_read.forecasts
    for one, arrays in zip(site.config.forecasts, site.forecasts, strict=False):
        runs = [row.reference_us or NEVER_US for row in foreseen if row.feed_id == one.feed_id]
        newest_us = max(runs, default=NEVER_US)
        state = heard(
            newest_us,
            cutoff_us=found.cutoff_us,
            fresh_s=60 * (one.cadence_min + one.latency_min + site.config.cycle_minutes),
            silent_s=arrays.max_age_us // SECOND_US,
        )
        yield StationFreshness(
            station_id=arrays.grid_id,
            feed_id=one.feed_id,
            newest=None if state is Heard.NEVER else instants.from_us(newest_us),
            state=state,
        )


def _grid_freshness(found: Findings) -> StationFreshness:
    """Return how old the rain grid is: late after one step, silent after three."""
    site, step_s = found.site, found.site.step_s
    newest_us = int(found.rain.newest_grid_us().max(initial=NEVER_US))
    state = heard(
        newest_us,
        cutoff_us=found.cutoff_us,
        fresh_s=step_s + site.rain_latency_s + 60 * site.config.cycle_minutes,
        silent_s=3 * step_s + site.rain_latency_s + 60 * site.config.cycle_minutes,
    )
    return StationFreshness(
        station_id=site.config.weights.grid_id or "",
        feed_id=found.rain.seen.feed_id,
        newest=None if state is Heard.NEVER else instants.from_us(newest_us),
        state=state,
    )
