"""Door: how fresh, complete and trustworthy each station's readings are: its latency budget.

Read as the assessment reads, as known now, over the last day. Sensor-to-store latency is from the
end of a reading's interval to the instant at which we could use it; of a reading that was
corrected, its correction counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline import instants
from pipeline.database import Engine, reading
from pipeline.forecast.hours import AHEAD_H
from pipeline.observation import QcFlag
from pipeline.quality.verdict import flags_of
from pipeline.site.model import FeedSpec, RiskConfig
from pipeline.site.pack import SitePack
from pipeline.store import batches
from pipeline.store.known import GridRow, Known
from pipeline.units import Variable

WINDOW: Final = timedelta(hours=24)
MINUTE_S: Final = 60
SECOND_US: Final = 1_000_000

Key = tuple[str, str, str]
"""Feed, station (or grid) and variable."""


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """What one station said through one feed in the last day.

    Attributes
    ----------
    source_id : station or grid
    newest : valid time of its newest reading with a value, of a forecast the beginning of its
        newest run; None = none in the window
    latency_now, latency_usual, latency_worst : sensor to store, of the newest, median and largest
    got, expected : readings with a value, and how many its interval promises; None where it only
        speaks when something happens
    flags : number of readings by QARTOD flag, as judged
    """

    feed_id: str
    source_id: str
    variable: Variable
    newest: datetime | None
    latency_now: timedelta | None
    latency_usual: timedelta | None
    latency_worst: timedelta | None
    got: int
    expected: int | None
    flags: tuple[tuple[QcFlag, int], ...]

    @property
    def completeness(self) -> float | None:
        """Share of the promised readings that came, at most 1; None where none is promised."""
        return None if not self.expected else min(1.0, self.got / self.expected)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The rows of one source: valid and known instants (microseconds), values and flags."""

    valid_us: npt.NDArray[np.int64]
    known_us: npt.NDArray[np.int64]
    seen: npt.NDArray[np.bool_]
    flag: npt.NDArray[np.uint8]


def source_health(
    engine: Engine, pack: SitePack, config: RiskConfig, *, now: datetime, scenario: str = ""
) -> tuple[SourceHealth, ...]:
    """Return the health of every source that a feed declares or that spoke in the last day.

    Parameters
    ----------
    config : its quality rules judge the flags
    now : on the clock that `observe` was given in this world: the flood's in an exercise
    """
    start = now - WINDOW
    with reading(engine) as connection:
        revisions = batches.load(
            connection,
            site=pack.site_id,
            start=start,
            end=now + timedelta(hours=AHEAD_H),
            known_before=now,
            scenario=scenario,
            forecasts=True,
        )
    known = revisions.at(now, start, now, ahead=timedelta(hours=AHEAD_H))
    heard = _heard(known, flags_of(known, config))
    own = {feed.feed_id: feed for feed in pack.feeds}
    keys = sorted({*heard, *_declared(pack)})
    return tuple(_health(key, heard.get(key), own[key[0]], pack) for key in keys if key[0] in own)


def _declared(pack: SitePack) -> Iterator[Key]:
    """Yield what each feed promises: its mapped stations, or all that have its variable."""
    for feed in pack.feeds:
        if feed.protocol == "grid":
            yield feed.feed_id, feed.grid_id or feed.feed_id, feed.variable
            continue
        mapped = {*feed.station_map.values(), *([feed.station_id] if feed.station_id else [])}
        for station in pack.stations:
            if feed.variable in station.variables and (not mapped or station.station_id in mapped):
                yield feed.feed_id, station.station_id, feed.variable


def _heard(known: Known, flag: npt.NDArray[np.uint8]) -> dict[Key, _Rows]:
    points = known.points
    names = zip(points.feed_id, points.station_id, points.variable, strict=True)
    places: dict[Key, list[int]] = {}
    for row, key in enumerate(names):
        places.setdefault(key, []).append(row)
    found = {
        key: _Rows(
            points.valid_us[rows], points.known_us[rows], ~np.isnan(points.value[rows]), flag[rows]
        )
        for key, rows in places.items()
    }
    grids: dict[Key, list[GridRow]] = {}
    for grid in (*known.grids, *known.forecasts):
        grids.setdefault((grid.feed_id, grid.grid_id, grid.variable), []).append(grid)
    return found | {key: _of_grids(rows) for key, rows in grids.items()}


def _of_grids(rows: Sequence[GridRow]) -> _Rows:
    seen = np.array([not np.isnan(grid.cells).all() for grid in rows])
    return _Rows(
        np.array([_about_us(grid) for grid in rows], dtype=np.int64),
        np.array([grid.known_us for grid in rows], dtype=np.int64),
        seen,
        np.where(seen, QcFlag.GOOD, QcFlag.MISSING).astype(np.uint8),
    )


def _about_us(grid: GridRow) -> int:
    return grid.valid_us if grid.reference_us is None else grid.reference_us


def _health(key: Key, rows: _Rows | None, feed: FeedSpec, pack: SitePack) -> SourceHealth:
    feed_id, source_id, variable = key
    valid, latency_us, flags = _summed(rows)
    return SourceHealth(
        feed_id=feed_id,
        source_id=source_id,
        variable=Variable(variable),
        newest=None if not len(valid) else instants.from_us(int(valid[-1])),
        latency_now=_span(latency_us[-1:], 1.0),
        latency_usual=_span(latency_us, 0.5),
        latency_worst=_span(latency_us, 1.0),
        got=len(np.unique(valid)),
        expected=_expected(source_id, feed, pack),
        flags=flags,
    )


def _summed(
    rows: _Rows | None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], tuple[tuple[QcFlag, int], ...]]:
    """Return valid times with a value, oldest first, their latencies, and the count of flags."""
    if rows is None:
        return np.empty(0, np.int64), np.empty(0, np.int64), ()
    order = np.argsort(rows.valid_us, kind="stable")
    order = order[rows.seen[order]]
    kinds, counts = np.unique(rows.flag, return_counts=True)
    flags = zip(kinds.tolist(), counts.tolist(), strict=True)
    valid = rows.valid_us[order]
    return valid, rows.known_us[order] - valid, tuple((QcFlag(f), n) for f, n in flags)


def _span(latency_us: npt.NDArray[np.int64], share: float) -> timedelta | None:
    if not len(latency_us):
        return None
    return timedelta(microseconds=int(np.quantile(latency_us, share)))


def _expected(source_id: str, feed: FeedSpec, pack: SitePack) -> int | None:
    """Return how many readings a day the source's interval promises; None = it promises none."""
    if feed.forecast_h is not None:
        return None  # an older run is no reading that a newer one leaves standing
    station = next((s for s in pack.stations if s.station_id == source_id), None)
    if station is not None and station.reports == "events" and feed.variable is Variable.RAIN:
        return None
    minutes = feed.interval_min if station is None else station.interval_min
    return int(WINDOW.total_seconds()) // (MINUTE_S * minutes)
