"""One bulletin from what was read: `assess` without the store, for a block of cycles or one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from pipeline import instants
from pipeline.bulletin import DataState, RiskBulletin, RiskLevel
from pipeline.quality.verdict import flagged
from pipeline.risk.areal_cache import ArealCache
from pipeline.risk.blindness import raised, sight, under_red
from pipeline.risk.detail import detail
from pipeline.risk.findings import Cycle, Findings
from pipeline.risk.freshness import freshness, newest_inputs
from pipeline.risk.indicators import RainIndicators, rain_indicators
from pipeline.risk.official import in_force, inputs_sha256
from pipeline.risk.onset import rain_offsets_h
from pipeline.risk.rain import steps_seen
from pipeline.risk.river_levels import river_indicators
from pipeline.risk.rivers import readings
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.warned import Places
from pipeline.risk.watch import watched
from pipeline.units import THOUSANDTH

__all__ = ["Cycle", "judge"]
LEVELS = tuple(RiskLevel)


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
    cycles = [_flagged(cycle, site) for cycle in cycles]
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
    places = Places.of(site)
    for cycle, rain in zip(cycles, rain_indicators(seen, site, cache), strict=True):
        yield _bulletin(_findings(cycle, rain, places), code_version)


def _flagged(cycle: Cycle, site: SiteArrays) -> Cycle:
    """Return the cycle with its rows judged by the site's rules; their digest is as read."""
    rules, read = site.config.quality, cycle.as_read
    if not rules:
        return cycle
    flags = flagged(read.points, rules, site.config.stations)
    return replace(cycle, as_read=read.flagged(flags))


def _findings(cycle: Cycle, rain: RainIndicators, places: Places) -> Findings:
    site, cutoff_us = rain.site, instants.to_us(cycle.cutoff)
    newest = readings(cycle.as_read.points, site)
    stations = watched(site, newest, rain.seen.gauges, cutoff_us=cutoff_us)
    view = sight(rain, newest, stations, cutoff_us=cutoff_us)
    rivers = river_indicators(newest, site, view.lost, cutoff_us=cutoff_us)
    base = np.maximum(rain.levels.max(axis=1, initial=0), rivers.village_level)
    warned = places.warned(in_force(cycle.messages, cycle.cutoff))
    levels = under_red(raised(base, view.is_lost), view.states, warned.levels)
    return Findings(cycle, rain, rivers, stations, view, warned, levels)


def _bulletin(found: Findings, code_version: str) -> RiskBulletin:
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
        inputs_sha256=inputs_sha256(found.cycle.as_read.sha256, found.warned.standing),
        villages=site.villages,
        levels=tuple(LEVELS[level] for level in found.levels.tolist()),
        data_states=found.sight.states,
        closeness=tuple(None if np.isnan(c) else c for c in closeness.tolist()),
        newest_inputs=newest_inputs(found),
        details=tuple(detail(found, village, offsets[village]) for village in detailed),
        freshness=freshness(found),
    )
