"""One bulletin from what was read: `assess` without the store, for a block of cycles or one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from pipeline import instants
from pipeline.bulletin import DataState, RiskBulletin, RiskLevel
from pipeline.quality.verdict import flags_of
from pipeline.risk.areal_cache import ArealCache
from pipeline.risk.blindness import raised, sight, suspended_out, under_red
from pipeline.risk.detail import detail
from pipeline.risk.events import station_events
from pipeline.risk.findings import Cycle, Findings
from pipeline.risk.freshness import freshness, newest_inputs
from pipeline.risk.hand_events import hand_events, said_by
from pipeline.risk.indicators import RainIndicators, rain_indicators
from pipeline.risk.never_lower import never_lower
from pipeline.risk.official import in_force
from pipeline.risk.official import inputs_sha256 as with_warnings
from pipeline.risk.onset import rain_offsets_h
from pipeline.risk.probation import capped, doubted, on_probation
from pipeline.risk.rain import steps_seen
from pipeline.risk.reported import inputs_sha256 as with_reports
from pipeline.risk.reported import levels as reported_levels
from pipeline.risk.river_levels import river_indicators
from pipeline.risk.rivers import readings
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.suspension import inputs_sha256 as with_suspensions
from pipeline.risk.warned import Places
from pipeline.risk.watch import watched
from pipeline.units import THOUSANDTH

__all__ = ["Cycle", "as_said", "findings", "judge"]
LEVELS = tuple(RiskLevel)


def judge(
    cycles: Sequence[Cycle], site: SiteArrays, *, code_version: str, cache: ArealCache | None = None
) -> Iterator[RiskBulletin]:
    """Yield the bulletin of each cycle; a block gives the same bytes as its cycles one by one.

    What was fed by hand may raise a level, and lowers none.

    Parameters
    ----------
    cycles : oldest first for speed; the order changes no byte
    cache : areal rain of steps met before; it changes no byte either
    """
    cache = ArealCache(site.weights) if cache is None else cache
    fed = [cycle for cycle in cycles if cycle.is_fed]
    by_all = as_said(fed, site, code_version=code_version, cache=cache)
    fetched = [cycle.fetched for cycle in cycles]
    by_fetched = as_said(fetched, site, code_version=code_version, cache=cache)
    for cycle, bulletin in zip(cycles, by_fetched, strict=True):
        if cycle.is_fed:
            events, by = hand_events(cycle, site), said_by(cycle.hand_fed)
            yield never_lower(bulletin, next(by_all), events, by)
        else:
            yield bulletin


def as_said(
    cycles: Sequence[Cycle], site: SiteArrays, *, code_version: str, cache: ArealCache
) -> Iterator[RiskBulletin]:
    """Yield the bulletin that all rows of each cycle give, whoever they are from."""
    if not cycles:
        return
    places = Places.of(site)
    heard = [_flagged(_without(cycle, cycle.suspended), site) for cycle in cycles]
    new = [on_probation(site.config.stations, cycle.slot) for cycle in cycles]
    found = [_findings(c, r, places) for c, r in zip(heard, _rain(heard, site, cache), strict=True)]
    if not any(new):
        yield from (_bulletin(one, frozenset(), code_version) for one in found)
        return
    trusted = [_without(cycle, names) for cycle, names in zip(heard, new, strict=True)]
    rains = _rain(trusted, site, cache)
    for one, cycle, rain, names in zip(found, trusted, rains, new, strict=True):
        other = _findings(cycle, rain, places, names)
        yield _bulletin(_on_trial(one, other, names), names, code_version)


def findings(cycle: Cycle, site: SiteArrays) -> Findings:
    """Return all that one cycle found by all of its rows, whoever they are from."""
    heard = _flagged(_without(cycle, cycle.suspended), site)
    (rain,) = _rain([heard], site, ArealCache(site.weights))
    return _findings(heard, rain, Places.of(site))


def _without(cycle: Cycle, stations: frozenset[str]) -> Cycle:
    """Return the cycle without the rows of some stations, as if these had said nothing."""
    if not stations:
        return cycle
    said = ~np.isin(cycle.as_read.points.station_id.astype(str), sorted(stations))
    return replace(cycle, as_read=cycle.as_read.kept(said))


def _rain(cycles: Sequence[Cycle], site: SiteArrays, cache: ArealCache) -> Iterator[RainIndicators]:
    # The newest first: its window holds what the others need, so the cache learns it in one go.
    seen = [
        steps_seen(
            cycle.as_read,
            site,
            cache,
            slot_us=instants.to_us(cycle.slot),
            cutoff_us=instants.to_us(cycle.cutoff),
        )
        for cycle in reversed(cycles)
    ][::-1]
    return rain_indicators(seen, site, cache)


def _flagged(cycle: Cycle, site: SiteArrays) -> Cycle:
    """Return the cycle with its rows judged by the site's rules; their digest is as read."""
    if not site.config.quality:
        return cycle
    flags = flags_of(cycle.as_read, site.config)
    return replace(cycle, as_read=cycle.as_read.flagged(flags))


def _findings(
    cycle: Cycle,
    rain: RainIndicators,
    places: Places,
    left_out: frozenset[str] = frozenset(),
) -> Findings:
    """Return what a cycle found; what is suspended or left out is not missed, but seen by nobody.

    A suspended station degrades its villages by `suspended_out`, with that word as the cause.
    """
    site, cutoff_us = rain.site, instants.to_us(cycle.cutoff)
    newest = readings(cycle.as_read.points, site)
    stations = watched(site, newest, rain.seen.gauges, cutoff_us=cutoff_us)
    silenced = cycle.suspended | left_out
    told = tuple(s for s in stations if s.station.station_id not in silenced)
    view = suspended_out(sight(rain, newest, told, cutoff_us=cutoff_us), site, cycle.suspended)
    rivers = river_indicators(newest, site, view.lost, cutoff_us=cutoff_us)
    base = np.maximum(rain.village_level(), rivers.village_level)
    warned = places.warned(in_force(cycle.messages, cycle.cutoff))
    seen = np.maximum(
        under_red(raised(base, view.is_lost), view.states, warned.levels),
        reported_levels(cycle.reports, site.villages, site.config.risk.reports),
    )
    levels = seen if rain.foreseen is None else np.maximum(seen, rain.foreseen.village_level())
    return Findings(cycle, rain, rivers, stations, view, warned, levels, levels > seen)


def _on_trial(found: Findings, trusted: Findings, names: frozenset[str]) -> Findings:
    return replace(
        found,
        levels=capped(found.levels, trusted.levels),
        sight=doubted(found.sight, trusted.sight, names),
    )


def _bulletin(found: Findings, new: frozenset[str], code_version: str) -> RiskBulletin:
    site = found.site
    detailed = [
        village
        for village, (level, state, official) in enumerate(
            zip(
                found.levels.tolist(), found.sight.states, found.warned.levels.tolist(), strict=True
            )
        )
        if level > 0 or official > 0 or state is not DataState.COMPLETE
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
        inputs_sha256=_inputs_sha256(found),
        villages=site.villages,
        levels=tuple(LEVELS[level] for level in found.levels.tolist()),
        data_states=found.sight.states,
        closeness=tuple(None if np.isnan(c) else c for c in closeness.tolist()),
        newest_inputs=newest_inputs(found),
        details=tuple(detail(found, village, offsets[village]) for village in detailed),
        freshness=freshness(found),
        events=station_events(found, new),
    )


def _inputs_sha256(found: Findings) -> str:
    """Return the digest of all that the cycle was judged on."""
    cycle = found.cycle
    rows = with_warnings(cycle.as_read.sha256, found.warned.standing)
    return with_reports(with_suspensions(rows, cycle.suspensions), cycle.reports)
