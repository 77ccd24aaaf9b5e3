"""What is known of one station, for the person who has to say whether it can be trusted.

Source: users.md 24 (what `station check` prints; probation: unit, datum, clock and village link are
signed, and 14 days are clean).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from pipeline import instants
from pipeline.observation import QcFlag
from pipeline.quality.nearby import apart_km
from pipeline.risk.as_read import Objects, PointColumns
from pipeline.risk.probation import on_probation
from pipeline.risk.thresholds import Ints
from pipeline.site.model import RiskConfig, Station, StationLevel
from pipeline.units import Variable

CLEAN_DAYS: Final = 14
NEWEST: Final = 12
"""Readings that are shown."""
NEAREST: Final = 6
FARTHEST_KM: Final = 50.0
HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
SECOND_US: Final = 1_000_000
IN_DOUBT: Final = (QcFlag.SUSPECT, QcFlag.FAIL)


@dataclass(frozen=True, slots=True)
class CaseReading:
    """One reading with its flag as judged; the latency is known_at less valid_time."""

    feed_id: str
    variable: Variable
    interval_s: int
    valid_time: datetime
    known_at: datetime
    latency_s: int
    value: float | None
    flag: QcFlag


@dataclass(frozen=True, slots=True)
class CaseNeighbour:
    """A station that measures something of the same, and what it said in the same hour.

    Attributes
    ----------
    climb_m : its elevation less the station's; None = one of the two is not stated
    """

    station_id: str
    name: str
    distance_km: float
    climb_m: float | None
    readings: tuple[CaseReading, ...]


@dataclass(frozen=True, slots=True)
class CaseVillage:
    """A village that depends on the station: by a weight of its areal rain, or by a link."""

    village_id: str
    weight: float | None
    travel_min: int | None


@dataclass(frozen=True, slots=True)
class StationCase:
    """All of it; `lacks` is what speaks against the end of a probation, in words."""

    station: Station
    on_probation: bool
    lacks: tuple[str, ...]
    readings: tuple[CaseReading, ...]
    neighbours: tuple[CaseNeighbour, ...]
    villages: tuple[CaseVillage, ...]
    levels: tuple[StationLevel, ...]


def station_case(
    points: PointColumns, config: RiskConfig, station: Station, at: datetime
) -> StationCase:
    """Return the case of a station, as known at an instant.

    Parameters
    ----------
    points : of the last `CLEAN_DAYS` before `at`, of all stations, with their flags as judged
    """
    ids = points.station_id
    own = np.flatnonzero(ids == station.station_id)
    villages = tuple(_villages(config, station.station_id))
    return StationCase(
        station=station,
        on_probation=station.station_id in on_probation([station], at),
        lacks=tuple(_lacks(points, own, station, (config, villages), at)),
        readings=_readings(points, own[-NEWEST:]),
        neighbours=_neighbours(points, ids, config, station, at),
        villages=villages,
        levels=tuple(level for level in config.levels if level.station_id == station.station_id),
    )


def _readings(points: PointColumns, rows: Ints) -> tuple[CaseReading, ...]:
    """Return some readings, newest first."""
    return tuple(
        CaseReading(
            feed_id=str(points.feed_id[row]),
            variable=Variable(points.variable[row]),
            interval_s=int(points.interval_s[row]),
            valid_time=instants.from_us(int(points.valid_us[row])),
            known_at=instants.from_us(int(points.known_us[row])),
            latency_s=int(points.known_us[row] - points.valid_us[row]) // SECOND_US,
            value=None if np.isnan(points.value[row]) else float(points.value[row]),
            flag=QcFlag(int(points.flag[row])),
        )
        for row in rows[::-1].tolist()
    )


def _neighbours(
    points: PointColumns, ids: Objects, config: RiskConfig, station: Station, at: datetime
) -> tuple[CaseNeighbour, ...]:
    """Return the nearest first, with the hour that ends with the station's newest reading."""
    spoken = points.valid_us[ids == station.station_id]
    end = int(spoken[-1]) if len(spoken) else instants.to_us(at)
    hour = (points.valid_us > end - HOUR_US) & (points.valid_us <= end)
    near = sorted(_around(config, station), key=lambda pair: (pair[0], pair[1].station_id))
    return tuple(
        CaseNeighbour(
            station_id=other.station_id,
            name=other.name,
            distance_km=round(distance, 2),
            climb_m=_climb(station, other),
            readings=_readings(points, np.flatnonzero(hour & (ids == other.station_id))),
        )
        for distance, other in near[:NEAREST]
    )


def _around(config: RiskConfig, station: Station) -> Iterator[tuple[float, Station]]:
    if station.lon is None or station.lat is None:
        return
    for other in config.stations:
        if other.lon is None or other.lat is None or other.station_id == station.station_id:
            continue
        distance = apart_km((station.lon, station.lat), (other.lon, other.lat))
        if distance <= FARTHEST_KM and not {*other.variables}.isdisjoint(station.variables):
            yield distance, other


def _climb(station: Station, other: Station) -> float | None:
    if station.elevation_m is None or other.elevation_m is None:
        return None
    return other.elevation_m - station.elevation_m


def _villages(config: RiskConfig, station_id: str) -> Iterator[CaseVillage]:
    """Yield the villages of a station, by name."""
    weights = {}
    table = config.weights
    if station_id in table.sources:
        column = table.sources.index(station_id)
        for row, village_id in enumerate(table.villages):
            for entry in range(table.indptr[row], table.indptr[row + 1]):
                if table.indices[entry] == column:
                    weights[village_id] = table.data[entry]
    travel = {k.village_id: k.travel_min for k in config.links if k.station_id == station_id}
    for village_id in sorted({*weights, *travel}):
        yield CaseVillage(village_id, weights.get(village_id), travel.get(village_id))


def _lacks(
    points: PointColumns,
    own: Ints,
    station: Station,
    about: tuple[RiskConfig, tuple[CaseVillage, ...]],
    at: datetime,
) -> Iterator[str]:
    config, villages = about
    yield from _unsigned(station, at)
    if station.lon is None or station.lat is None:
        yield "position: stations.csv states none, so it has no neighbours"
    if Variable.STAGE in station.variables and station.datum_m is None:
        yield "datum: stations.csv states no datum_m"
    early = int(np.count_nonzero(points.known_us[own] < points.valid_us[own]))
    if early:
        yield f"clock: {early} readings were known before the time that they are of"
    if not villages:
        yield "village link: no village has a weight or a link of it"
    judging = [r for r in config.quality if r.variable in station.variables]
    if not any(not r.stations or station.station_id in r.stations for r in judging):
        yield "quality: no rule of quality.toml judges it, so its days look clean by themselves"
    clean = _clean_days(points, own, at)
    if clean < CLEAN_DAYS:
        yield f"days: {clean} of the last {CLEAN_DAYS} were clean, with readings and none in doubt"


def _unsigned(station: Station, at: datetime) -> Iterator[str]:
    if station.probation_until is not None:
        for what in station.unsigned(at.date()):
            yield f"signature: nobody signed for its {what.replace('_', ' ')}"


def _clean_days(points: PointColumns, own: Ints, at: datetime) -> int:
    """Return how many of the last days had a value, and none that was doubted or rejected."""
    first = instants.to_us(at - timedelta(days=CLEAN_DAYS))
    day = (points.valid_us[own] - first - 1) // DAY_US
    spoke = {*day[~np.isnan(points.value[own])].tolist()}
    return len(spoke - {*day[np.isin(points.flag[own], IN_DOUBT)].tolist()})
