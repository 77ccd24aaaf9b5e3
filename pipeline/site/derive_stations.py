"""Weights of rain stations: as the site states them, else by distance where it asks for that."""

from __future__ import annotations

import numpy as np

from pipeline.catchment.inverse_distance import apart_with_climb, by_inverse_distance
from pipeline.catchment.weights import ROW_SUM_TOLERANCE, from_table
from pipeline.quality.nearby import apart_km
from pipeline.site.derived import csr
from pipeline.site.model import CatchmentWeights, Station, Village
from pipeline.site.pack import SitePack
from pipeline.units import Variable


def by_station(pack: SitePack) -> CatchmentWeights:
    """Return the weights of stations; a village whose stated row does not sum to 1 has none."""
    table = _stated(pack)
    whole = {v: row for v, row in table.items() if abs(sum(row.values()) - 1) <= ROW_SUM_TOLERANCE}
    if pack.catchment.station_weights == "inverse_distance":
        whole = _by_distance(pack, [v for v in pack.villages if v.village_id not in table]) | whole
    stations = tuple(sorted({s for row in whole.values() for s in row}))
    villages = tuple(v.village_id for v in pack.villages)
    weights = from_table(whole, villages, stations)
    return CatchmentWeights(
        villages=villages, source_kind="station", sources=stations, **csr(weights)
    )


def _stated(pack: SitePack) -> dict[str, dict[str, float]]:
    rows: dict[str, dict[str, float]] = {}
    for row in pack.station_weights:
        rows.setdefault(row.village_id, {})[row.station_id] = row.weight
    return rows


def _by_distance(pack: SitePack, villages: list[Village]) -> dict[str, dict[str, float]]:
    """Return the weights of villages that have stations within reach."""
    stations = [s for s in pack.stations if Variable.RAIN in s.variables]
    if not stations or not villages:
        return {}
    apart = np.array([[_apart_km(v, s) for s in stations] for v in villages])
    climb = np.array([[_climb_m(v, s) for s in stations] for v in villages])
    rule = pack.catchment
    weights = by_inverse_distance(
        apart_with_climb(apart, climb), nearest=rule.nearest_stations, within_km=rule.within_km
    )
    spans = zip(weights.indptr, weights.indptr[1:], strict=False)
    return {
        village.village_id: {
            stations[i].station_id: float(weight)
            for i, weight in zip(weights.indices[a:b], weights.data[a:b], strict=True)
        }
        for village, (a, b) in zip(villages, spans, strict=True)
        if a < b
    }


def _apart_km(village: Village, station: Station) -> float:
    if village.lon is None or village.lat is None or station.lon is None or station.lat is None:
        return np.nan
    return apart_km((village.lon, village.lat), (station.lon, station.lat))


def _climb_m(village: Village, station: Station) -> float:
    if village.elevation_m is None or station.elevation_m is None:
        return np.nan
    return village.elevation_m - station.elevation_m
