"""A site's risk configuration as arrays, made once and used by every cycle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import gcd

import numpy as np

from pipeline.catchment.weights import Weights
from pipeline.forecast.hours import AHEAD_H
from pipeline.risk.factors import FactorArrays
from pipeline.risk.forecast_arrays import ForecastArrays
from pipeline.risk.hand_fed import hand_feed
from pipeline.risk.onset import SHARES, time_of_concentration
from pipeline.risk.runoff_arrays import RunoffArrays
from pipeline.risk.thresholds import Bools, Floats, Ints, rain_table, station_table
from pipeline.site.model import CatchmentWeights, RiskConfig, Station, Threshold
from pipeline.units import THOUSANDTH, Variable

RIVER = (Variable.STAGE, Variable.DISCHARGE)
HOUR_S = 3600


@dataclass(frozen=True, slots=True, eq=False)
class SiteArrays:
    """What the judgement looks up; rows of villages follow `villages`, sorted by id.

    Attributes
    ----------
    weights : village x source, rows sum to 1 where the catchment is covered
    stand_in : village x gauge, where a grid has gauges that stand in for it
    step_s : length of one step of rain
    rain_latency_s : how long after its interval the fastest rain feed delivers
    rain_mm : thresholds, dims (village, duration, wetness, level)
    stated_mm : the same without those that the model computes better, while it knows the wetness
    runoff : the rainfall-runoff model; None where there is none
    factors : what makes villages flood sooner for a while
    forecasts : of rain, the preferred one first
    basis : of a threshold, by village, duration, level and value
    rain_sources : grid or gauges that each village's areal rain is made of, for its evidence
    stand_in_sources : the gauges that stand in for the grid there; empty where there is no grid
    response_h, response_column : time of concentration, and the duration nearest to it
    river_stations : stations that a link names, sorted
    series : (station, variable) of the river stations; `series_levels` dims (series, level)
    station_series, station_villages : of each river station, its rows of `series` and of villages
    link_village, link_station, link_travel_s, link_cap : one entry a link, by index; the cap is the
        highest level that it brings
    feed_rank : the earlier feed is preferred: what was fed by hand, then as configured. So a hand
        can say more than was fetched; that it says less changes nothing (`never_lower`)
    """

    config: RiskConfig
    config_sha256: str
    villages: tuple[str, ...]
    weights: Weights
    stand_in: Weights | None
    step_s: int
    rain_latency_s: int
    rain_mm: Floats
    stated_mm: Floats
    runoff: RunoffArrays | None
    factors: FactorArrays
    forecasts: tuple[ForecastArrays, ...]
    basis: dict[tuple[str, float, int, float], str]
    rain_sources: tuple[str, ...]
    stand_in_sources: tuple[str, ...]
    response_h: Floats
    response_column: Ints
    river_stations: tuple[Station, ...]
    series: tuple[tuple[str, str], ...]
    series_levels: Floats
    station_series: tuple[tuple[int, ...], ...]
    station_villages: tuple[Ints, ...]
    link_village: Ints
    link_station: Ints
    link_travel_s: Ints
    link_cap: Ints
    feed_rank: dict[str, int]
    feed_latency_s: dict[str, int]

    @property
    def window(self) -> timedelta:
        """How far back a cycle reads."""
        own = self.config.risk.window
        return own if self.runoff is None else max(own, self.runoff.window)

    @property
    def ahead(self) -> timedelta:
        """How far ahead a cycle reads what is foreseen."""
        return timedelta(hours=AHEAD_H if self.forecasts else 0)

    @property
    def gauges(self) -> tuple[str, ...]:
        """The rain stations of the weights, or those that stand in for the grid."""
        return (self.config.stand_in or self.config.weights).sources

    @property
    def lag_h(self) -> Floats:
        """Hours from a catchment's rain to its water, dims (village, earliest/likely/latest)."""
        return np.asarray(SHARES * self.response_h[:, None])

    @property
    def rain_steps(self) -> int:
        """Steps of rain in the window."""
        return int(self.window.total_seconds()) // self.step_s

    @property
    def rated(self) -> Bools:
        """Tell which series have a level, dims (series): the others can raise nobody."""
        return np.asarray(~np.isnan(self.series_levels).all(axis=1))

    @property
    def heeds_rain(self) -> Bools:
        """Tell which villages rain can raise, by a threshold or by the model, dims (village)."""
        heeds: Bools = np.asarray(~np.isnan(self.rain_mm).all(axis=(1, 2, 3)))
        return heeds if self.runoff is None else heeds | self.runoff.modelled

    def villages_of(self, station_id: str) -> list[int]:
        """Return the rows of the villages that a station speaks for, by a link or any weight."""
        rivers = [s.station_id for s in self.river_stations]
        found = (
            {*self.station_villages[rivers.index(station_id)]} if station_id in rivers else set()
        )
        sources = self.config.weights.sources
        if station_id in sources:
            own = np.flatnonzero(self.weights.indices == sources.index(station_id))
            found |= {*(np.searchsorted(self.weights.indptr, own, side="right") - 1)}
        return sorted(int(row) for row in found)

    @classmethod
    def of(cls, config: RiskConfig) -> SiteArrays:
        """Return the arrays of a configuration."""
        villages = tuple(sorted(village.village_id for village in config.villages))
        weights = _weights(config.weights, villages)
        stand_in = None if config.stand_in is None else _weights(config.stand_in, villages)
        response_h = _response_h(config, villages)
        stations = _river_stations(config)
        series = tuple((s.station_id, str(v)) for s in stations for v in RIVER if v in s.variables)
        links = _links(config, villages, stations)
        step_s = _rain_step_s(config)
        runoff = RunoffArrays.of(config, villages, step_s)
        return cls(
            config=config,
            config_sha256=config.sha256,
            villages=villages,
            weights=weights,
            stand_in=stand_in,
            step_s=step_s,
            rain_latency_s=_rain_latency_s(config),
            rain_mm=rain_table(config.thresholds, villages, config.risk.durations_h),
            stated_mm=_stated_table(config, villages, runoff),
            runoff=runoff,
            factors=FactorArrays.of(config, villages),
            forecasts=_forecasts(config, villages, step_s),
            basis=_basis(config.thresholds),
            rain_sources=_rain_sources(config.weights, weights),
            stand_in_sources=_stand_in_sources(config, stand_in),
            response_h=response_h,
            response_column=_nearest(response_h, config.risk.durations_h),
            river_stations=stations,
            series=series,
            series_levels=station_table(config.levels, series),
            station_series=_series_of(stations, series),
            station_villages=_villages_of(stations, links),
            link_village=links[:, 0],
            link_station=links[:, 1],
            link_travel_s=links[:, 2],
            link_cap=links[:, 3],
            feed_rank=_feed_rank([feed.feed_id for feed in config.feeds]),
            feed_latency_s={feed.feed_id: 60 * feed.latency_min for feed in config.feeds},
        )


def _response_h(config: RiskConfig, villages: tuple[str, ...]) -> Floats:
    areas = {village.village_id: village.area_km2 for village in config.villages}
    return np.array([time_of_concentration(areas[v]) for v in villages])


def _nearest(response_h: Floats, durations_h: tuple[int, ...]) -> Ints:
    away = np.abs(response_h[:, None] - np.array(durations_h))
    return np.asarray(away.argmin(axis=1))


def _series_of(
    stations: tuple[Station, ...], series: tuple[tuple[str, str], ...]
) -> tuple[tuple[int, ...], ...]:
    return tuple(
        tuple(i for i, (name, _) in enumerate(series) if name == station.station_id)
        for station in stations
    )


def _villages_of(stations: tuple[Station, ...], links: Ints) -> tuple[Ints, ...]:
    return tuple(np.unique(links[links[:, 1] == row, 0]) for row in range(len(stations)))


def _stated_table(
    config: RiskConfig, villages: tuple[str, ...], runoff: RunoffArrays | None
) -> Floats:
    """Return the thresholds without the computed ones of villages that the model speaks for."""
    modelled = set() if runoff is None else {villages[row] for row in runoff.villages.tolist()}
    kept = [t for t in config.thresholds if t.basis != "computed" or t.village_id not in modelled]
    return rain_table(kept, villages, config.risk.durations_h)


def _basis(thresholds: tuple[Threshold, ...]) -> dict[tuple[str, float, int, float], str]:
    return {
        (t.village_id, t.duration_h, int(t.level), round(t.value, THOUSANDTH)): t.basis
        for t in thresholds
    }


def _feed_rank(feeds: list[str]) -> dict[str, int]:
    return {feed: i for i, feed in enumerate((*map(hand_feed, feeds), *feeds))}


def _river_stations(config: RiskConfig) -> tuple[Station, ...]:
    linked = {link.station_id for link in config.links}
    found = (s for s in config.stations if s.station_id in linked and set(RIVER) & set(s.variables))
    return tuple(sorted(found, key=lambda station: station.station_id))


def _links(config: RiskConfig, villages: tuple[str, ...], stations: tuple[Station, ...]) -> Ints:
    village_row = {village: i for i, village in enumerate(villages)}
    station_row = {station.station_id: i for i, station in enumerate(stations)}
    rows = [
        (
            village_row[link.village_id],
            station_row[link.station_id],
            60 * link.travel_min,
            int(link.at_most),
        )
        for link in config.links
        if link.village_id in village_row and link.station_id in station_row
    ]
    return np.array(sorted(rows), dtype=np.int64).reshape(-1, 4)


def _weights(given: CatchmentWeights, villages: tuple[str, ...]) -> Weights:
    """Return the weights in the villages' order; a village without weights has an empty row."""
    sources = given.shape[0] * given.shape[1] if given.shape is not None else len(given.sources)
    spans = {
        village: (given.indptr[i], given.indptr[i + 1]) for i, village in enumerate(given.villages)
    }
    rows = [spans.get(village, (0, 0)) for village in villages]
    return Weights(
        indptr=np.cumsum([0, *(stop - start for start, stop in rows)], dtype=np.int64),
        indices=np.array([i for a, b in rows for i in given.indices[a:b]], dtype=np.int64),
        data=np.array([w for a, b in rows for w in given.data[a:b]], dtype=np.float64),
        n_sources=sources,
    )


def _forecasts(
    config: RiskConfig, villages: tuple[str, ...], step_s: int
) -> tuple[ForecastArrays, ...]:
    """Return the forecasts; none where the steps of rain make no hours that they could go on."""
    if HOUR_S % step_s and step_s % HOUR_S:
        return ()
    oldest_h = config.risk.forecast.max_age_h
    return tuple(
        ForecastArrays.of(
            one.feed_id, one.weights.grid_id or "", _weights(one.weights, villages), oldest_h
        )
        for one in config.forecasts
    )


def _rain_sources(given: CatchmentWeights, weights: Weights) -> tuple[str, ...]:
    if given.source_kind == "grid":
        return (given.grid_id or "",) * weights.n_villages
    spans = zip(weights.indptr, weights.indptr[1:], strict=False)
    return tuple("+".join(sorted(given.sources[i] for i in weights.indices[a:b])) for a, b in spans)


def _stand_in_sources(config: RiskConfig, weights: Weights | None) -> tuple[str, ...]:
    if config.stand_in is None or weights is None:
        return ()
    return _rain_sources(config.stand_in, weights)


def _rain_step_s(config: RiskConfig) -> int:
    """Return the one step of rain: the longest interval of its sources that fits every duration.

    Rain of longer intervals cannot be compared with the shortest duration: it stays unknown.
    """
    if config.weights.source_kind == "station":
        sources = set(config.weights.sources)
        minutes = [s.interval_min for s in config.stations if s.station_id in sources]
    else:
        minutes = [feed.cadence_min for feed in config.feeds if feed.variable is Variable.RAIN]
    common_s = HOUR_S * gcd(*config.risk.durations_h)
    return max((60 * m for m in minutes if common_s % (60 * m) == 0), default=common_s)


def _rain_latency_s(config: RiskConfig) -> int:
    minutes = [feed.latency_min for feed in config.feeds if feed.variable is Variable.RAIN]
    return 60 * min(minutes, default=0)
