"""A site of four villages on a grid of four cells, and weather made by hand for it.

``upper`` lies on one cell, ``lower`` on all four; ``ford`` hears only of station H; ``lonely`` has
neither rain nor river. Thresholds are the same everywhere: level l of d hours is 10 l sqrt(d) mm
when dry, nine tenths of it when medium, eight tenths when wet.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from pipeline.bulletin import RiskBulletin, RiskLevel
from pipeline.database import Engine
from pipeline.instants import to_us
from pipeline.observation import Decoded, GridGeometry, GridReading, KnownBasis, QcFlag, Reading
from pipeline.risk.judgement import Cycle, judge
from pipeline.risk.site_arrays import SiteArrays
from pipeline.site.model import (
    CatchmentWeights,
    FeedHealthRule,
    Link,
    RiskConfig,
    Station,
    StationLevel,
    Threshold,
    Village,
    VillageKind,
)
from pipeline.site.risk_settings import RiskSettings, Wetness, WetnessSettings
from pipeline.store import batches
from pipeline.store.admission import Incoming
from pipeline.store.blob import Kind, write_grids
from pipeline.store.columns import StoredBatch
from pipeline.store.known import Revisions
from pipeline.units import Variable
from tests.store.old_points import write_points

HOUR = timedelta(hours=1)
DELAY = timedelta(minutes=5)
NOON = datetime(2024, 7, 14, 12, tzinfo=UTC)
GEOMETRY = GridGeometry("EPSG:2154", (1000.0, 0.0, 0.0, 0.0, -1000.0, 0.0), (2, 2))
DRY_SHARES = {Wetness.DRY: 1.0, Wetness.MEDIUM: 0.9, Wetness.WET: 0.8}
DURATIONS = (1, 3, 6)
WINDOW_DAYS = 3
WINDOW_H = 6 + 24 * WINDOW_DAYS


def threshold(level: int, duration_h: float, wetness: Wetness = Wetness.DRY) -> float:
    return round(10.0 * level * duration_h**0.5 * DRY_SHARES[wetness], 3)


def config(**changes: object) -> RiskConfig:
    """Return the small site's configuration; `changes` replace its fields."""
    fields = {
        "site": "small",
        "cycle_minutes": 60,
        "risk": settings(),
        "villages": tuple(village(v, a) for v, a in AREAS.items()),
        "stations": (station(),),
        "levels": tuple(
            StationLevel(
                station_id="H", variable=Variable.STAGE, level=RiskLevel(i), value=v, unit="m",
                source="by hand",
            )
            for i, v in enumerate((1.0, 1.5, 2.0, 3.0), 1)
        ),
        "links": (link("lower", 30), link("ford", 0)),
        "thresholds": thresholds("upper", "lower"),
        "weights": CatchmentWeights(
            villages=("upper", "lower"), source_kind="grid", grid_id="radar", shape=(2, 2),
            indptr=(0, 1, 5), indices=(0, 0, 1, 2, 3), data=(1.0, 0.25, 0.25, 0.25, 0.25),
        ),
        "feeds": (
            FeedHealthRule(feed_id="radar", variable="rain_mm", cadence_min=60, latency_min=0),
            FeedHealthRule(feed_id="river", variable="stage_m", cadence_min=60, latency_min=0),
        ),
    }  # fmt: skip
    return RiskConfig.model_validate(fields | changes)


AREAS = {"upper": 10.0, "lower": 40.0, "ford": None, "lonely": 5.0}


def settings(**changes: object) -> RiskSettings:
    wetness = WetnessSettings(
        decay_per_day=0.9, cap_mm=80.0, window_days=WINDOW_DAYS, exclude_last_h=6,
        dry_below=0.5, wet_from=0.8, unknown=Wetness.MEDIUM, min_coverage=0.9,
    )  # fmt: skip
    fields = {"durations_h": DURATIONS, "rain_around_mm": 10.0, "wetness": wetness}
    return RiskSettings.model_validate(fields | changes)


def village(village_id: str, area_km2: float | None) -> Village:
    return Village(
        village_id=village_id, kind=VillageKind.VILLAGE, name=village_id, name_en=village_id,
        township="t", position_basis="none", area_km2=area_km2,
    )  # fmt: skip


def station(station_id: str = "H", **changes: object) -> Station:
    fields = {
        "station_id": station_id, "name": station_id, "variables": (Variable.STAGE,),
        "interval_min": 60, "silent_after_min": 180,
    }  # fmt: skip
    return Station.model_validate(fields | changes)


def link(village_id: str, travel_min: int) -> Link:
    return Link(village_id=village_id, station_id="H", travel_min=travel_min, source="by hand")


def thresholds(*villages: str) -> tuple[Threshold, ...]:
    return tuple(
        Threshold(
            village_id=v, indicator="rain", duration_h=d, wetness=w, level=RiskLevel(i),
            value=threshold(i, d, w), unit="mm", basis="computed", source="by hand",
        )
        for v in villages
        for d in DURATIONS
        for w in Wetness
        for i in (1, 2, 3, 4)
    )  # fmt: skip


def gauge_config() -> RiskConfig:
    """Return the small site with two rain gauges in place of the grid."""
    gauges = [
        station(s, variables=(Variable.RAIN,), interval_min=60, silent_after_min=120)
        for s in ("R1", "R2")
    ]
    return config(
        stations=(station(), *gauges),
        weights=CatchmentWeights(
            villages=("upper", "lower"), source_kind="station", sources=("R1", "R2"),
            indptr=(0, 1, 3), indices=(0, 0, 1), data=(1.0, 0.4, 0.6),
        ),
        feeds=(
            FeedHealthRule(feed_id="gauges", variable="rain_mm", cadence_min=60, latency_min=0),
            FeedHealthRule(feed_id="river", variable="stage_m", cadence_min=60, latency_min=0),
        ),
    )  # fmt: skip


@cache
def point_blob(reading: Reading) -> tuple[bytes, str]:
    """Return a batch of one reading with its hash; a law asks for the same dry hours many times."""
    content = write_points([reading])
    return content, hashlib.sha256(content).hexdigest()


@cache
def grid_blob(valid: datetime, cells: bytes) -> tuple[bytes, str]:
    """Return a batch of one grid of an hour's rain with its hash."""
    values = np.frombuffer(cells, np.float32).reshape(GEOMETRY.shape)
    content = write_grids([GridReading("radar", Variable.RAIN, 3600, valid, values, GEOMETRY)])
    return content, hashlib.sha256(content).hexdigest()


class Weather:
    """Readings as the store would hold them, known at their own time; the later added one wins."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, Reading | GridReading]] = []

    def rain(
        self, valid: datetime, *cells: float, known: datetime | None = None, feed: str = "radar"
    ) -> None:
        """Add one hour of rain, mm, in the four cells (one value: all the same)."""
        values = np.array(cells * (4 // len(cells)), dtype=np.float32).reshape(2, 2)
        known = known or self._next(valid)
        grid = GridReading("radar", Variable.RAIN, 3600, valid, values, GEOMETRY, known_at=known)
        self._rows.append((feed, grid))

    def foresee(
        self,
        run: datetime,
        *falls: float,
        member: int | None = None,
        known: datetime | None = None,
        feed: str = "qpf",
        since_run: bool = False,
    ) -> None:
        """Add a run of a forecast: the rain of the hours after its beginning, mm, everywhere."""
        known = known or self._next(run)
        for hour, mm in enumerate(falls, 1):
            cells = np.full((2, 2), mm, dtype=np.float32)
            at, span = run + hour * HOUR, 3600 * (hour if since_run else 1)
            grid = GridReading(
                "radar", Variable.RAIN, span, at, cells, GEOMETRY, known, run, member
            )
            self._rows.append((feed, grid))

    def point(
        self,
        station_id: str,
        valid: datetime,
        value: float | None,
        *,
        flag: QcFlag = QcFlag.GOOD,
        known: datetime | None = None,
        feed: str = "",
        interval_s: int | None = None,
        variable: Variable | None = None,
    ) -> None:
        """Add a stage in m for H (or `variable`), an hour's rain in mm for any other station."""
        is_river = station_id == "H"
        variable = variable or (Variable.STAGE if is_river else Variable.RAIN)
        seconds = (0 if is_river else 3600) if interval_s is None else interval_s
        known = known or self._next(valid)
        reading = Reading(station_id, variable, seconds, valid, value, flag, known_at=known)
        self._rows.append((feed or ("river" if is_river else "gauges"), reading))

    def moved(self, rename: Callable[[str], str]) -> None:
        """Give every row to another feed."""
        self._rows = [(rename(feed), row) for feed, row in self._rows]

    def mixed(self, shuffle: Callable[[list[Any]], None]) -> None:
        """Bring the rows in another order; when each was known stays."""
        shuffle(self._rows)

    def _next(self, valid: datetime) -> datetime:
        return valid + timedelta(milliseconds=len(self._rows))

    def revisions(self, past: Iterable[StoredBatch] = ()) -> Revisions:
        """Return the rows as the store would read them, beside what was stored long before."""
        return Revisions.of([*past, *(self._stored(feed, row) for feed, row in self._rows)])

    @staticmethod
    def _stored(feed: str, row: Reading | GridReading) -> StoredBatch:
        assert row.known_at is not None
        if isinstance(row, GridReading) and row.reference_time is not None:
            kind, content = Kind.FORECAST_GRIDS, write_grids([replace(row, known_at=None)])
            sha256 = hashlib.sha256(content).hexdigest()
        elif isinstance(row, GridReading):
            kind, (content, sha256) = Kind.GRIDS, grid_blob(row.valid_time, row.cells.tobytes())
        else:
            kind, (content, sha256) = Kind.POINTS, point_blob(replace(row, known_at=None))
        return StoredBatch(feed, to_us(row.known_at), sha256, kind, content)

    def store(
        self,
        engine: Engine,
        *,
        basis: KnownBasis = KnownBasis.DECLARED,
        stored_at: datetime | None = None,
        site: str = "small",
        scenario: str = "",
    ) -> None:
        """Append every row to a store, each known at its own time.

        One payload a row; with `stored_at` one a feed, which is sooner done.
        """
        payloads: dict[tuple[str, Any], list[Reading | GridReading]] = {}
        for feed, row in self._rows:
            payloads.setdefault((feed, stored_at or row.known_at), []).append(row)
        with engine.begin() as connection:
            for number, ((feed, stored), rows) in enumerate(payloads.items()):
                decoded = Decoded(
                    readings=tuple(row for row in rows if isinstance(row, Reading)),
                    grids=tuple(row for row in rows if isinstance(row, GridReading)),
                )
                incoming = Incoming(
                    site=site, feed_id=feed, basis=basis, known_at=stored,
                    payload_sha256=f"{number:064x}", stored_at=stored,
                    decoded=decoded, scenario=scenario,
                )  # fmt: skip
                batches.append(connection, incoming)

    def cycle(
        self,
        site: SiteArrays,
        slot: datetime,
        cutoff: datetime | None = None,
        past: Iterable[StoredBatch] = (),
    ) -> Cycle:
        cutoff = slot + DELAY if cutoff is None else cutoff
        return self._cycle(self.revisions(past), site, slot, cutoff)

    def cycles(self, site: SiteArrays, slots: Iterable[datetime]) -> list[Cycle]:
        """Return several cycles that read the same log."""
        revisions = self.revisions()
        return [self._cycle(revisions, site, slot, slot + DELAY) for slot in slots]

    @staticmethod
    def _cycle(revisions: Revisions, site: SiteArrays, slot: datetime, cutoff: datetime) -> Cycle:
        known = revisions.at(cutoff, slot - site.window, slot, ahead=site.ahead)
        return Cycle(slot, cutoff, known)


def rainless(until: datetime, hours: int) -> StoredBatch:
    """Return one batch of the radar's hours up to an instant, in none of which any rain fell."""
    grids = [
        GridReading(
            "radar",
            Variable.RAIN,
            3600,
            until - back * HOUR,
            np.zeros((2, 2), np.float32),
            GEOMETRY,
        )
        for back in range(hours)
    ]
    content = write_grids(grids)
    sha256 = hashlib.sha256(content).hexdigest()
    return StoredBatch("radar", to_us(until), sha256, Kind.GRIDS, content)


def dry(weather: Weather, until: datetime = NOON, hours: int = WINDOW_H) -> Weather:
    """Fill the window before an instant with hours in which nothing fell, and a low river."""
    for back in range(hours):
        weather.rain(until - back * HOUR, 0.0)
    for back in range(12):
        weather.point("H", until - back * HOUR, 0.2)
    return weather


def bulletin(
    weather: Weather, slot: datetime = NOON, *, site: SiteArrays | None = None
) -> RiskBulletin:
    """Return the small site's bulletin of one slot."""
    site = SiteArrays.of(config()) if site is None else site
    (judged,) = judge([weather.cycle(site, slot)], site, code_version="test")
    return judged
