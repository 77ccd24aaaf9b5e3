"""Check a site pack across its files: what is read without fault and yet cannot be right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

from pipeline import instants
from pipeline.bulletin import RiskLevel
from pipeline.errors import SiteError
from pipeline.site.check_runoff import check_runoff
from pipeline.site.derive import forecast_grid, rain_cells, snap_report
from pipeline.site.derive_stations import by_station
from pipeline.site.factor import FACTORS_FILE
from pipeline.site.finding import Finding
from pipeline.site.model import FeedSpec, StationLevel, Threshold, VillageKind
from pipeline.site.pack import SITE_FILE, SitePack
from pipeline.site.risk_settings import Wetness

__all__ = ["Finding", "check"]

SUM_TOLERANCE: Final = 1e-6
WHOLE: Final = 0.999
AREA_FACTOR: Final = 1.25
EXERCISE_KEYS: Final = frozenset({"flood_start", "flood_end", "speed"})


def check(pack: SitePack) -> list[Finding]:
    """Return every finding of a site: those of its rows, and those between its files."""
    return [
        *pack.findings,
        *_name(pack),
        *_exercise(pack),
        *_threshold_holes(pack),
        *_threshold_order(pack),
        *_level_order(pack),
        *_idle_stations(pack),
        *_links(pack),
        *_factors(pack),
        *_unsigned_stations(pack),
        *_weight_sums(pack),
        *_feeds(pack),
        *_forecasts(pack),
        *check_runoff(pack),
    ]


def _name(pack: SitePack) -> Iterator[Finding]:
    if pack.folder.name != pack.site_id:
        message = f"the folder is {pack.folder.name!r}, the site {pack.site_id!r}"
        yield Finding("error", SITE_FILE, None, "site.id", message, "give both one name")


def _exercise(pack: SitePack) -> Iterator[Finding]:
    def fault(key: str, message: str) -> Finding:
        return Finding("error", SITE_FILE, None, f"exercise.{key}", message, "correct the value")

    for key in pack.exercise.keys() - EXERCISE_KEYS:
        yield fault(key, "unknown key")
    for key in ("flood_start", "flood_end"):
        try:
            if key in pack.exercise:
                instants.parse(str(pack.exercise[key]))
        except ValueError as error:
            yield fault(key, str(error))


def _threshold_holes(pack: SitePack) -> Iterator[Finding]:
    have = {(t.village_id, t.duration_h, t.wetness, t.level) for t in pack.thresholds}
    levels = [level for level in RiskLevel if level > RiskLevel.NONE]
    by_river = _river_points(pack)
    for line, village in zip(pack.lines["villages.csv"], pack.villages, strict=True):
        if village.village_id in by_river:
            continue
        wanted = {
            (village.village_id, duration, wetness, level)
            for duration in pack.risk.durations_h
            for wetness in Wetness
            for level in levels
        }
        if absent := len(wanted - have):
            message = f"{village.village_id} lacks {absent} of {len(wanted)} rain thresholds"
            cure = "add them to thresholds.csv; without them this rain cannot raise its level"
            yield Finding(_gravity(village.kind), "villages.csv", line, "village_id", message, cure)


def _river_points(pack: SitePack) -> set[str]:
    """Return the river points that a station's levels speak for and no rain is to speak for."""
    levelled = {level.station_id for level in pack.levels}
    linked = {link.village_id for link in pack.links if link.station_id in levelled}
    rained = {threshold.village_id for threshold in pack.thresholds}
    points = {v.village_id for v in pack.villages if v.kind is VillageKind.RIVER_POINT}
    return (points & linked) - rained


def _gravity(kind: VillageKind) -> Literal["error", "warning"]:
    return "warning" if kind is VillageKind.RIVER_POINT else "error"


def _threshold_order(pack: SitePack) -> Iterator[Finding]:
    """Yield rows below another: a higher level, drier ground and a longer duration need more."""
    lines = dict(zip(map(id, pack.thresholds), pack.lines["thresholds.csv"], strict=True))

    def groups(*same: str, by: str) -> Iterator[tuple[Threshold, Threshold]]:
        ranks = {Wetness.WET: 0, Wetness.MEDIUM: 1, Wetness.DRY: 2}
        sort = [(tuple(getattr(t, s) for s in same), t) for t in pack.thresholds]
        found: dict[tuple[object, ...], list[Threshold]] = {}
        for key, row in sort:
            found.setdefault(key, []).append(row)
        for rows in found.values():
            rows.sort(key=lambda t: ranks[t.wetness] if by == "wetness" else getattr(t, by))
            yield from pairwise(rows)

    for by, same in (
        ("level", ("village_id", "duration_h", "wetness")),
        ("duration_h", ("village_id", "wetness", "level")),
        ("wetness", ("village_id", "duration_h", "level")),
    ):
        for lower, upper in groups(*same, by=by):
            if upper.value < lower.value:
                message = (
                    f"{upper.value:g} mm is less than {lower.value:g} mm on line {lines[id(lower)]}"
                    f", where only {by} differs"
                )
                cure = "correct the one that is wrong"
                yield Finding("error", "thresholds.csv", lines[id(upper)], "value", message, cure)


def _level_order(pack: SitePack) -> Iterator[Finding]:
    rows: dict[tuple[str, str], list[tuple[int, StationLevel]]] = {}
    for line, level in zip(pack.lines["levels.csv"], pack.levels, strict=True):
        rows.setdefault((level.station_id, level.variable), []).append((line, level))
    for own in rows.values():
        for (_, lower), (line, upper) in pairwise(sorted(own, key=lambda r: r[1].level)):
            if upper.value <= lower.value:
                message = f"level {upper.level:d} is not above level {lower.level:d}"
                yield Finding(
                    "error", "levels.csv", line, "value", message, "correct the one that is wrong"
                )


def _links(pack: SitePack) -> Iterator[Finding]:
    for line, link in zip(pack.lines["links.csv"], pack.links, strict=True):
        if link.village_id == link.station_id and link.travel_min:
            message = f"{link.station_id} is linked to itself, {link.travel_min} min downstream"
            cure = "a station stands for its own place with travel_min 0; else name another"
            yield Finding("error", "links.csv", line, "travel_min", message, cure)


def _factors(pack: SitePack) -> Iterator[Finding]:
    below = {village.village_id: village.downstream_id for village in pack.villages}
    for line, row in zip(pack.lines[FACTORS_FILE], pack.factors, strict=True):
        if row.reach(below) is None:
            message = f"{row.down_to} is not down the river from {row.village_id}"
            cure = "correct the reach, or downstream_id in villages.csv; so far it is one village"
            yield Finding("error", FACTORS_FILE, line, "down_to", message, cure)


def _unsigned_stations(pack: SitePack) -> Iterator[Finding]:
    for line, station in zip(pack.lines["stations.csv"], pack.stations, strict=True):
        lacks = station.unsigned(date.max)
        if station.probation_until is not None and lacks:
            message = f"{station.station_id} stays on probation: unsigned {', '.join(lacks)}"
            cure = "have it seen on the spot, and sign in station_signatures.csv"
            yield Finding("warning", "stations.csv", line, "probation_until", message, cure)


def _idle_stations(pack: SitePack) -> Iterator[Finding]:
    used = {w.station_id for w in pack.station_weights} | {k.station_id for k in pack.links}
    levelled = {level.station_id for level in pack.levels}
    fed = {station for spec in pack.feeds for station in _stations_of(spec)}
    open_feed = any(spec.layout is not None and not _stations_of(spec) for spec in pack.feeds)
    for line, station in zip(pack.lines["stations.csv"], pack.stations, strict=True):
        name = station.station_id
        if name not in used:
            cure = "add it to links.csv or weights.csv, or remove it"
            yield Finding(
                "warning", "stations.csv", line, "station_id", f"{name} warns no village", cure
            )
        if name in {k.station_id for k in pack.links} and name not in levelled:
            cure = "add its levels to levels.csv"
            yield Finding("error", "stations.csv", line, "station_id", f"{name} has no level", cure)
        if name not in fed and not open_feed:
            cure = "add a feed for it to feeds.toml"
            yield Finding(
                "error", "stations.csv", line, "station_id", f"no feed brings {name}", cure
            )


def _stations_of(spec: FeedSpec) -> set[str]:
    return {*spec.station_map.values(), *([spec.station_id] if spec.station_id else [])}


def _weight_sums(pack: SitePack) -> Iterator[Finding]:
    sums: dict[str, float] = {}
    first: dict[str, int] = {}
    for line, row in zip(pack.lines["weights.csv"], pack.station_weights, strict=True):
        sums[row.village_id] = sums.get(row.village_id, 0.0) + row.weight
        first.setdefault(row.village_id, line)
    for village, total in sums.items():
        if abs(total - 1.0) > SUM_TOLERANCE:
            message = f"the weights of {village} sum to {total:g}; its rain is not assessed"
            cure = "make them sum to 1"
            yield Finding("error", "weights.csv", first[village], "weight", message, cure)
    if pack.catchment.flow_directions is not None or pack.catchments:
        return  # stations only stand in for the rain grid
    seen = sums.keys() | _river_points(pack) | _weighed(pack)
    for line, village_row in zip(pack.lines["villages.csv"], pack.villages, strict=True):
        if village_row.village_id not in seen:
            message = f"{village_row.village_id} has no weights: its rain is unknown"
            cure = "add them to weights.csv, or state catchments or station_weights in [catchment]"
            yield Finding("error", "villages.csv", line, "village_id", message, cure)


def _weighed(pack: SitePack) -> set[str]:
    """Return the villages that a station stands for, by a row or by distance."""
    weights = by_station(pack)
    spans = zip(weights.villages, pairwise(weights.indptr), strict=True)
    return {village for village, (begin, end) in spans if begin < end}


def _feeds(pack: SitePack) -> Iterator[Finding]:
    known = {station.station_id for station in pack.stations}
    townships = {village.township for village in pack.villages}
    for line, spec in zip(pack.lines["feeds.toml"], pack.feeds, strict=True):
        for township in sorted({t for ours in spec.area_map.values() for t in ours} - townships):
            message = f"feed {spec.feed_id} names {township!r}, a township of no village"
            cure = "write it as villages.csv does"
            yield Finding("error", "feeds.toml", line, "area_map", message, cure)
        for station in sorted(_stations_of(spec) - known):
            message = f"feed {spec.feed_id} names {station!r}, which is not in stations.csv"
            cure = "correct the name, or add the station"
            yield Finding("error", "feeds.toml", line, "station_map", message, cure)
        where = pack.expand(spec.where)
        if "://" not in where and not Path(where).exists():
            message = f"feed {spec.feed_id}: {spec.where} is not there"
            yield Finding("warning", "feeds.toml", line, "where", message, "fetch or correct it")
    yield from _flow_grid(pack)


def _flow_grid(pack: SitePack) -> Iterator[Finding]:
    for key in ("flow_directions", "rain_sample"):
        stated = getattr(pack.catchment, key)
        if stated is not None and not Path(pack.expand(stated)).exists():
            yield Finding(
                "error", SITE_FILE, None, f"catchment.{key}", "no such file", "fetch or correct it"
            )
            return
    rain = pack.catchment.rain_feed
    if rain is not None and rain not in {spec.feed_id for spec in pack.feeds}:
        message = f"{rain!r} is not in feeds.toml"
        yield Finding("error", SITE_FILE, None, "catchment.rain_feed", message, "name a feed")
        return
    yield from _catchments(pack)


def _forecasts(pack: SitePack) -> Iterator[Finding]:
    foreseeing = {spec.feed_id for spec in pack.forecast_feeds}
    for name in sorted(pack.catchment.forecast_samples.keys() - foreseeing):
        message = f"{name!r} is no feed that foresees rain"
        cure = "name one of feeds.toml that states forecast_h"
        yield Finding("error", SITE_FILE, None, "catchment.forecast_samples", message, cure)
    for spec in pack.forecast_feeds:
        try:
            forecast_grid(pack, spec)
        except SiteError as error:
            cure = "correct [catchment]; what it foresees is not used until then"
            yield Finding("error", SITE_FILE, None, "catchment", str(error), cure)


def _catchments(pack: SitePack) -> Iterator[Finding]:
    """Tell the villages that have no catchment, or one that is not what the table states."""
    lines = {
        village.village_id: (line, village)
        for line, village in zip(pack.lines["villages.csv"], pack.villages, strict=True)
    }
    try:
        snapped = snap_report(pack)
        rain_cells(pack)
    except SiteError as error:
        yield Finding("error", SITE_FILE, None, "catchment", str(error), "correct [catchment]")
        return
    for row in snapped:
        line, village = lines[row.village_id]
        if row.fault is not None:
            cure = "correct its position, or [catchment]; its rain is unknown until then"
            yield Finding("error", "villages.csv", line, "lon", row.fault, cure)
        elif row.seen < WHOLE:
            message = f"{row.village_id}: the rain grid sees {row.seen:.0%} of its catchment"
            cure = "its rain counts as partly unseen; use a wider grid"
            yield Finding("warning", "villages.csv", line, "lon", message, cure)
        if row.area_km2 and village.area_km2 and not _alike(row.area_km2, village.area_km2):
            message = f"states {village.area_km2:g} km2, its stream drains {row.area_km2:g} km2"
            cure = "correct the area or the position"
            yield Finding("warning", "villages.csv", line, "area_km2", message, cure)


def _alike(one_km2: float, other_km2: float) -> bool:
    return 1 / AREA_FACTOR <= one_km2 / other_km2 <= AREA_FACTOR
