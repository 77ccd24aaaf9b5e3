"""One bulletin from what was read: `assess` without the store, for a block of cycles or one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from pipeline import instants
from pipeline.bulletin import (
    DataState,
    Onset,
    RiskBulletin,
    RiskLevel,
    Signal,
    StationFreshness,
    VillageRisk,
)
from pipeline.risk.areal_cache import ArealCache
from pipeline.risk.as_read import NEVER_US, SECOND_US, AsRead
from pipeline.risk.blindness import Sight, raised, sight
from pipeline.risk.confidence import confidence
from pipeline.risk.evidence import in_order, loss_evidence, rain_evidence, river_evidence
from pipeline.risk.indicators import RainIndicators, rain_indicators
from pipeline.risk.onset import MINUTE, rain_offsets_h, travel_offsets_h
from pipeline.risk.rain import steps_seen
from pipeline.risk.river_levels import RiverIndicators, river_indicators
from pipeline.risk.rivers import readings
from pipeline.risk.site_arrays import HOUR_S, SiteArrays
from pipeline.risk.thresholds import Floats, Ints
from pipeline.risk.watch import Heard, Watched, heard, watched
from pipeline.site.model import Signals
from pipeline.units import THOUSANDTH


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one cycle is judged on: its instants, and the rows as read at the cutoff."""

    slot: datetime
    cutoff: datetime
    as_read: AsRead


@dataclass(frozen=True, slots=True, eq=False)
class _Findings:
    """All that one cycle found, by village."""

    cycle: Cycle
    rain: RainIndicators
    rivers: RiverIndicators
    stations: tuple[Watched, ...]
    sight: Sight
    levels: Ints

    @property
    def site(self) -> SiteArrays:
        return self.rain.site

    @property
    def cutoff_us(self) -> int:
        return instants.to_us(self.cycle.cutoff)


def judge(
    cycles: Sequence[Cycle], site: SiteArrays, *, code_version: str, cache: ArealCache | None = None
) -> Iterator[RiskBulletin]:
    """Yield the bulletin of each cycle; a block gives the same bytes as its cycles one by one.

    Parameters
    ----------
    cycles : oldest first for speed; the order changes no byte
    cache : areal rain of steps met before; it changes no byte either
    """
    cache = ArealCache(site.weights) if cache is None else cache
    seen = [
        steps_seen(
            cycle.as_read,
            site,
            cache,
            slot_us=instants.to_us(cycle.slot),
            cutoff_us=instants.to_us(cycle.cutoff),
        )
        for cycle in cycles
    ]
    for cycle, rain in zip(cycles, rain_indicators(seen, site, cache), strict=True):
        yield _bulletin(_findings(cycle, rain), code_version)


def _findings(cycle: Cycle, rain: RainIndicators) -> _Findings:
    site, cutoff_us = rain.site, instants.to_us(cycle.cutoff)
    newest = readings(cycle.as_read.points, site)
    stations = watched(site, newest, rain.seen.gauges, cutoff_us=cutoff_us)
    view = sight(rain, newest, stations, cutoff_us=cutoff_us)
    rivers = river_indicators(newest, site, view.lost, cutoff_us=cutoff_us)
    base = np.maximum(rain.levels.max(axis=1, initial=0), rivers.village_level)
    return _Findings(cycle, rain, rivers, stations, view, raised(base, view.is_lost))


def _bulletin(found: _Findings, code_version: str) -> RiskBulletin:
    site = found.site
    detailed = [
        village
        for village, (level, state) in enumerate(
            zip(found.levels.tolist(), found.sight.states, strict=True)
        )
        if level > 0 or state is not DataState.COMPLETE
    ]
    rain_closeness = found.rain.closeness()
    offsets = rain_offsets_h(site.response_h, rain_closeness)
    closeness = np.fmax(rain_closeness, found.rivers.village_closeness).round(THOUSANDTH)
    return RiskBulletin(
        site=site.config.site,
        slot=found.cycle.slot,
        cutoff=found.cycle.cutoff,
        code_version=code_version,
        risk_config_sha256=site.config_sha256,
        inputs_sha256=found.cycle.as_read.sha256,
        villages=site.villages,
        levels=tuple(_LEVELS[level] for level in found.levels.tolist()),
        data_states=found.sight.states,
        closeness=tuple(None if np.isnan(c) else c for c in closeness.tolist()),
        newest_inputs=_newest_inputs(found),
        details=tuple(_detail(found, village, offsets[village]) for village in detailed),
        freshness=_freshness(found),
    )


_LEVELS = tuple(RiskLevel)


def _detail(found: _Findings, village: int, rain_h: Floats) -> VillageRisk:
    site, at = found.site, found.cutoff_us
    level = RiskLevel(int(found.levels[village]))
    state = found.sight.states[village]
    evidence = in_order(
        [
            *rain_evidence(found.rain, village, cutoff_us=at),
            *river_evidence(found.rivers, site, village, cutoff_us=at),
            *loss_evidence(found.sight.lost, village, level, cutoff_us=at),
        ]
    )
    return VillageRisk(
        village_id=site.villages[village],
        level=level,
        signal=signal(level, site.config.risk.signals),
        onset=_onset(found, village, rain_h) if level > RiskLevel.NONE else None,
        confidence=confidence(level, state, evidence),
        data_state=state,
        cause=found.sight.causes[village],
        evidence=evidence,
    )


def signal(level: RiskLevel, signals: Signals) -> Signal:
    """Return the advice that a level stands for at this site."""
    if level >= signals.move:
        return Signal.MOVE
    return Signal.PREPARE if level >= signals.prepare else Signal.NONE


def _onset(found: _Findings, village: int, rain_h: Floats) -> Onset:
    """Return the earlier of the rain's onset and that of any linked river above its level 3."""
    site, hours = found.site, rain_h
    slot_us = instants.to_us(found.cycle.slot)
    for link in np.flatnonzero(site.link_village == village):
        station = site.river_stations[site.link_station[link]].station_id
        for row in [i for i, (name, _) in enumerate(site.series) if name == station]:
            for column in np.flatnonzero(found.rivers.ratio[row] >= 1.0):
                age_us = slot_us - int(found.rivers.readings.valid_us[row, column])
                age_h, travel_h = age_us / SECOND_US / HOUR_S, site.link_travel_s[link] / HOUR_S
                hours = np.minimum(hours, travel_offsets_h(float(travel_h), age_h))
    earliest, likely, latest = (
        found.cycle.slot + timedelta(hours=h) // MINUTE * MINUTE for h in hours.tolist()
    )
    return Onset(earliest, likely, latest)


def _newest_inputs(found: _Findings) -> tuple[datetime | None, ...]:
    newest = found.rain.newest_us().copy()
    for station in found.stations:
        if station.is_river:
            newest[station.villages] = np.maximum(newest[station.villages], station.newest_us)
    instant = {us: None if us <= NEVER_US else instants.from_us(us) for us in set(newest.tolist())}
    return tuple(instant[us] for us in newest.tolist())


def _freshness(found: _Findings) -> tuple[StationFreshness, ...]:
    rows = [
        StationFreshness(
            station_id=s.station.station_id,
            feed_id=s.feed_id,
            newest=None if s.heard is Heard.NEVER else instants.from_us(s.newest_us),
            state=s.heard,
        )
        for s in found.stations
    ]
    if found.rain.seen.gauges is None:
        rows.append(_grid_freshness(found))
    return tuple(rows)


def _grid_freshness(found: _Findings) -> StationFreshness:
    """Return how old the rain grid is: late after one step, silent after three."""
    site, step_s = found.site, found.site.step_s
    newest_us = int(found.rain.newest_us().max(initial=NEVER_US))
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
