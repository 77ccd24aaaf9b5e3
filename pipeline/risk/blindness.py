"""What could not be seen, and whether it was lost when it mattered: blindness by cause.

| cause | what follows |
|---|---|
| rain or a station is missing in part | degraded: nothing falls on it |
| neither the rain of the time of concentration nor a river was seen | blind: shown, never calm |
| no threshold and no station's level | blind: nothing could ever raise this village |
| a person suspended a station | degraded at least: its rows are not used |
| a station lost while rising, or silent in a storm | one level up, at least yellow (`gauge_lost`) |
| blind, and an official red is in force there | at least orange; a red is raised no further |

Source: DESIGN section 7; users.md 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline import instants
from pipeline.bulletin import DataState, RiskLevel
from pipeline.risk.as_read import SECOND_US
from pipeline.risk.indicators import RainIndicators
from pipeline.risk.rivers import SUSPECT, RiverReadings, levels
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.thresholds import Bools, Ints
from pipeline.risk.watch import Heard, Watched, lost, rained_around
from pipeline.runoff.wetness import WetnessClass

RAIN_UNSEEN = "rain not seen"
RAIN_PARTLY = "rain partly seen"
WETNESS_UNKNOWN = "antecedent wetness unknown"
WETNESS_PARTLY = "antecedent rain partly seen"
NO_THRESHOLD = "no threshold"


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """How much each village's assessment could see.

    Attributes
    ----------
    states : dims (village)
    lost : the stations that were lost when it mattered
    is_lost : dims (village): one of its stations is among them
    """

    states: tuple[DataState, ...]
    causes: tuple[str | None, ...]
    lost: tuple[Watched, ...]
    is_lost: Bools


def sight(
    rain: RainIndicators,
    rivers: RiverReadings,
    stations: tuple[Watched, ...],
    *,
    cutoff_us: int,
) -> Sight:
    """Return what each village's assessment could see, with the cause where it is not all."""
    site = rain.site
    causes: list[list[str]] = [[] for _ in site.villages]
    unseen, partly = _rain_gaps(rain)
    _note(causes, np.flatnonzero(partly & ~unseen), RAIN_PARTLY)
    _note(causes, np.flatnonzero(unseen), RAIN_UNSEEN)
    matters, unknown = rain.wetness_matters(), rain.wetness_class == WetnessClass.UNKNOWN
    _note(causes, np.flatnonzero(matters & unknown), WETNESS_UNKNOWN)
    _note(causes, np.flatnonzero(matters & ~unknown), WETNESS_PARTLY)
    mute = _without_threshold(site)
    _note(causes, np.flatnonzero(mute), NO_THRESHOLD)
    gone = tuple(s for s in stations if lost(s, site, rain, cutoff_us=cutoff_us))
    is_lost: Bools = np.zeros(len(site.villages), dtype=np.bool_)
    for station in stations:
        is_gone = station in gone
        is_lost[station.villages] |= is_gone
        cause = _station_cause(station, rivers, rain, cutoff_us, is_gone=is_gone)
        if cause is not None:
            _note(causes, station.villages, cause)
    deaf = unseen | ~site.heeds_rain
    blind = mute | (deaf & ~_river_seen(stations, site, cutoff_us))
    states = tuple(
        DataState.BLIND if dark else DataState.DEGRADED if why else DataState.COMPLETE
        for dark, why in zip(blind.tolist(), causes, strict=True)
    )
    return Sight(states, tuple("; ".join(why) or None for why in causes), gone, is_lost)


def suspended_out(view: Sight, site: SiteArrays, suspended: frozenset[str]) -> Sight:
    """Return the view with every village of a suspended station degraded at least: never calm."""
    states, causes = [*view.states], [*view.causes]
    for station_id in sorted(suspended):
        for village in site.villages_of(station_id):
            if states[village] is DataState.COMPLETE:
                states[village] = DataState.DEGRADED
            why = f"station {station_id} suspended"
            causes[village] = "; ".join(c for c in (causes[village], why) if c is not None)
    return replace(view, states=tuple(states), causes=tuple(causes))


def raised(base: Ints, is_lost: Bools) -> Ints:
    """Return the levels after losses: one up, at least yellow; no red is raised further."""
    up = np.clip(base + 1, RiskLevel.YELLOW, RiskLevel.RED)
    return np.where(is_lost, up, base)


def under_red(levels: Ints, states: Sequence[DataState], official: Ints) -> Ints:
    """Return the levels where villages that nobody can see lie under an official red.

    Parameters
    ----------
    official : the highest level of any official warning in force, dims (village)
    """
    blind = np.array([state is DataState.BLIND for state in states], dtype=np.bool_)
    least = np.where(blind & (official >= RiskLevel.RED), RiskLevel.ORANGE, RiskLevel.NONE)
    return np.maximum(levels, least)


def _rain_gaps(rain: RainIndicators) -> tuple[Bools, Bools]:
    """Return where the rain was not seen over the time of concentration, and where not in all.

    A village without a rain threshold does not need it.
    """
    site, risk = rain.site, rain.site.config.risk
    unseen = rain.coverage[site.response_column, np.arange(len(site.villages))] < risk.blind_below
    partly = (rain.coverage < risk.min_coverage).any(axis=0)
    needs = site.heeds_rain
    return np.asarray(unseen & needs), np.asarray(partly & needs)


def _without_threshold(site: SiteArrays) -> Bools:
    """Return the villages that no rain and no station could ever raise."""
    mute = ~site.heeds_rain
    for series, villages in zip(site.station_series, site.station_villages, strict=True):
        if site.rated[[*series]].any():
            mute[villages] = False
    return mute


def _river_seen(stations: tuple[Watched, ...], site: SiteArrays, cutoff_us: int) -> Bools:
    """Return the villages that a river with levels and a reading of usable age speaks for."""
    seen: Bools = np.zeros(len(site.villages), dtype=np.bool_)
    for station in stations:
        if station.rated and not _expired(station, site, cutoff_us):
            seen[station.villages] = True
    return seen


def _expired(station: Watched, site: SiteArrays, cutoff_us: int) -> bool:
    """Tell whether a river's newest reading is older than a reading may be used."""
    return cutoff_us - station.newest_us > 60 * site.config.risk.river_max_age_min * SECOND_US


def _station_cause(
    station: Watched, rivers: RiverReadings, rain: RainIndicators, cutoff_us: int, *, is_gone: bool
) -> str | None:
    """Return why a station leaves its villages degraded; None where it does not."""
    name = station.name
    match station.heard:
        case Heard.NEVER:
            return f"{name} never heard"
        case Heard.SILENT:
            return f"{name} {'lost' if is_gone else 'silent'} since {_minute(station.newest_us)}"
        case Heard.FRESH | Heard.LATE if station.series is not None:
            return _doubt(station, station.series, rivers, rain, cutoff_us)
        case _:
            return None


def _doubt(
    station: Watched, row: int, rivers: RiverReadings, rain: RainIndicators, cutoff_us: int
) -> str | None:
    """Return why a river that was heard is not to be relied on: suspect, or expired too soon.

    A river that stays away for longer than its reading may be used is taken to be calm only if it
    stood below every level and no storm has fallen since: nothing may fall on its absence.
    """
    if rivers.valid_us[row, SUSPECT] == station.newest_us:
        return f"{station.name} suspect"
    if not _expired(station, rain.site, cutoff_us):
        return None
    if (levels(rivers, rain.site)[row] > RiskLevel.NONE).any():
        return f"{station.name} above a level when last heard"
    if rained_around(station, rain):
        return f"{station.name} not heard in the rain since {_minute(station.newest_us)}"
    return None


def _note(causes: list[list[str]], where: Ints, cause: str) -> None:
    for village in where.tolist():
        causes[village].append(cause)


def _minute(us: int) -> str:
    return instants.text(instants.from_us(us))[:16] + "Z"
