"""What a judge needs of the past: the floods as they were, and what could be known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline import instants
from pipeline.bulletin import RiskLevel
from pipeline.catchment.weights import Weights
from pipeline.database import Engine, reading
from pipeline.errors import NotKept
from pipeline.risk.areal_cache import ArealCache
from pipeline.risk.rain import steps_seen
from pipeline.risk.site_arrays import RIVER, SiteArrays
from pipeline.site.model import RiskConfig, StationLevel, Village
from pipeline.store import batches
from pipeline.store.known import Points, Revisions
from pipeline.verification.nearest_rain import apart, nearest_rain_mm
from pipeline.verification.steps import Steps

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
NEVER: Final = -1


@dataclass(frozen=True, slots=True)
class Gauge:
    """A river station with the village at it: there the floods are known.

    Attributes
    ----------
    levels : by name (Q2, Q5; or level 3), the level of the bulletin and the value that it stands
        for, in the variable's unit
    """

    station_id: str
    variable: str
    village_id: str
    levels: Mapping[str, tuple[RiskLevel, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """The past of some gauges at the slots of a span; row i is the slot first + i * step.

    Attributes
    ----------
    flow : dims (time, gauge), the highest value of each step by valid time, in the unit of the
        levels; NaN = none
    newest_known : dims (time, gauge), row of the newest value that was known at each slot, as its
        source or our clock says when it was known; NEVER where there was none
    rain_mm : dims (time, gauge), areal rain on the catchment of the gauge's village, one step
    point_mm : dims (time, gauge), rain at the one rain station, or grid cell, nearest the village
    """

    gauges: tuple[Gauge, ...]
    first: datetime
    step: timedelta
    flow: Floats
    newest_known: Ints
    rain_mm: Floats
    point_mm: Floats

    @property
    def times(self) -> list[datetime]:
        """The slots."""
        return [self.first + i * self.step for i in range(len(self.flow))]

    @property
    def step_s(self) -> int:
        """Seconds from slot to slot."""
        return int(self.step.total_seconds())

    def known_flow(self) -> Floats:
        """Return the newest value that was known at each slot, dims (time, gauge)."""
        known = np.take_along_axis(self.flow, np.maximum(self.newest_known, 0), axis=0)
        return np.where(self.newest_known == NEVER, np.nan, known)


def later(values: Floats, steps: int) -> Floats:
    """Return what was known so many steps later, dims (time, ...); NaN before the record."""
    found = np.full(values.shape, np.nan)
    found[steps:] = values[: len(values) - steps]
    return found


def gauges(config: RiskConfig) -> tuple[Gauge, ...]:
    """Return the river stations with levels that have a village at them, by name.

    At a station is the nearest of the villages that its water reaches in no time.
    """
    stations = {s.station_id: s for s in config.stations}
    villages = {v.village_id: v for v in config.villages}
    at: dict[str, list[Village]] = {}
    for link in config.links:
        if link.travel_min == 0 and link.village_id in villages:
            at.setdefault(link.station_id, []).append(villages[link.village_id])
    found = []
    for station_id in sorted(at.keys() & stations.keys()):
        station = stations[station_id]
        for variable in (str(v) for v in RIVER if v in station.variables):
            levels = _levels(config, station_id, variable)
            if levels:
                village = min(at[station_id], key=lambda v: (apart(station, v), v.village_id))
                found.append(Gauge(station_id, variable, village.village_id, levels))
    return tuple(found)


def read_record(engine: Engine, config: RiskConfig, start: datetime, end: datetime) -> Record:
    """Return the record of a site's gauges at the slots of [start, end], as the store has it now.

    Raises
    ------
    NotKept
        No slot lies in the span, no gauge with levels stands at a village, or nothing is stored of
        any.
    """
    site, of = SiteArrays.of(config), gauges(config)
    rain_step = timedelta(seconds=site.step_s)
    step = max(timedelta(minutes=config.cycle_minutes), rain_step)
    slots = instants.slots(start, end, step)
    span = f"from {instants.text(start)} to {instants.text(end)}"
    if not slots:
        raise NotKept(f"no slot {span}")
    if not of:
        raise NotKept(f"site {config.site} has no gauge with levels at a village: nothing to judge")
    revisions = _revisions(engine, config, slots[0] - step, slots[-1])
    known = revisions.at(None, slots[0] - step, slots[-1])
    if not np.isin(known.points.station_id, [gauge.station_id for gauge in of]).any():
        raise NotKept(f"no flow is stored {span}: take it in with `floodwarn ingest --feed ID`")
    steps = Steps(slots[0], step, len(slots))
    a_step, of_rain = step // rain_step, steps.split(rain_step)
    series = [_placed(known.points, gauge, steps) for gauge in of]
    areal = _areal_mm(revisions, site, site.weights, of_rain)
    at = {v.village_id: v for v in config.villages}
    villages = [at[gauge.village_id] for gauge in of]
    return Record(
        gauges=of,
        first=slots[0],
        step=step,
        flow=np.stack([flow for flow, _ in series], axis=1),
        newest_known=np.stack([newest for _, newest in series], axis=1),
        rain_mm=_summed(areal[:, [site.villages.index(v.village_id) for v in villages]], a_step),
        point_mm=_summed(nearest_rain_mm(known, site, of_rain, villages), a_step),
    )


def _levels(
    config: RiskConfig, station_id: str, variable: str
) -> dict[str, tuple[RiskLevel, float]]:
    own = [r for r in config.levels if (r.station_id, str(r.variable)) == (station_id, variable)]
    return {level_name(row): (row.level, row.value) for row in own}


def level_name(row: StationLevel) -> str:
    """Return what a level is called: by its return period, where one is stated."""
    years = row.return_period_years
    return f"level {row.level:d}" if years is None else f"Q{years:g}"


def _placed(points: Points, gauge: Gauge, steps: Steps) -> tuple[Floats, Ints]:
    """Return a gauge's highest value of each step, and the row of the newest one known."""
    own = (points.station_id == gauge.station_id) & (points.variable == gauge.variable)
    own &= ~np.isnan(points.value)
    row, known = steps.rows(points.valid_us[own]), steps.rows(points.known_us[own])
    flow = np.full(steps.n, -np.inf)
    np.maximum.at(flow, row, points.value[own])
    newest = np.full(steps.n, NEVER)
    usable = np.maximum(row, known)
    within = usable < steps.n
    np.maximum.at(newest, usable[within], row[within])
    return np.where(np.isinf(flow), np.nan, flow), np.maximum.accumulate(newest)


def rain_over(engine: Engine, config: RiskConfig, record: Record, weights: Weights) -> Floats:
    """Return the record's rain over other areas than its catchments.

    Parameters
    ----------
    weights : of each area, over the site's sources of rain

    Returns
    -------
    dims (time, area), mm in one step of the record
    """
    site, times = SiteArrays.of(config), record.times
    rain_step = timedelta(seconds=site.step_s)
    revisions = _revisions(engine, config, times[0] - record.step, times[-1])
    of_rain = Steps(times[0], record.step, len(times)).split(rain_step)
    return _summed(_areal_mm(revisions, site, weights, of_rain), record.step // rain_step)


def _revisions(engine: Engine, config: RiskConfig, start: datetime, end: datetime) -> Revisions:
    with reading(engine) as connection:
        return batches.load(connection, site=config.site, start=start, end=end, known_before=None)


def _areal_mm(revisions: Revisions, site: SiteArrays, weights: Weights, steps: Steps) -> Floats:
    """Return the rain of every step over some areas, dims (time, area)."""
    cache = ArealCache(weights)
    found = np.full((steps.n, weights.n_villages), np.nan)
    for end in range(steps.n, 0, -site.rain_steps):
        slot = steps.end(end - 1)
        us = instants.to_us(slot)
        known = revisions.at(None, slot - site.window, slot)
        rows = steps_seen(known, site, cache, slot_us=us, cutoff_us=us).rows
        start = max(0, end - site.rain_steps)
        found[start:end] = cache.mean_mm[rows[len(rows) - (end - start) :]]
    return found


def _summed(values: Floats, steps: int) -> Floats:
    """Return the sums of so many steps each; NaN where one of them is."""
    return np.asarray(values.reshape(-1, steps, values.shape[1]).sum(axis=1))
