"""What was fed by hand in a cycle, by station or grid: by whom, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pipeline import instants
from pipeline.bulletin import StationEvent, StationEventKind
from pipeline.risk.findings import Cycle
from pipeline.risk.hand_fed import HandFed, is_by_hand
from pipeline.risk.site_arrays import SiteArrays

Fed = tuple[str, str, int]
"""Feed, station or grid, and valid time in microseconds."""


def hand_events(cycle: Cycle, site: SiteArrays) -> tuple[StationEvent, ...]:
    """Return one event for each station or grid that has rows fed by hand, sorted."""
    rows: dict[str, list[Fed]] = {}
    for fed in _fed(cycle):
        rows.setdefault(fed[1], []).append(fed)
    return tuple(
        StationEvent(
            kind=StationEventKind.HAND_FED,
            station_id=source,
            since=instants.from_us(min(valid_us for _, _, valid_us in own)),
            detail=f"{len(own)} fed by hand {said_by(_words(own, cycle.hand_fed))}",
            villages=_villages(source, site),
        )
        for source, own in sorted(rows.items())
    )


def said_by(words: Sequence[HandFed]) -> str:
    """Return who fed something and why, in words for an officer."""
    said = dict.fromkeys(f"by {w.by_ref}: {w.reason}" for w in words if is_by_hand(w.feed_id))
    return "; ".join(said) or "without a word on who and why"


def _fed(cycle: Cycle) -> Iterator[Fed]:
    points = cycle.as_read.points
    for row in np.flatnonzero(np.isin(points.feed_id.astype(str), sorted(cycle.as_read.by_hand))):
        yield str(points.feed_id[row]), str(points.station_id[row]), int(points.valid_us[row])
    for grid in cycle.as_read.grids:
        if is_by_hand(grid.feed_id):
            yield grid.feed_id, grid.grid_id, grid.valid_us


def _words(rows: Sequence[Fed], words: Sequence[HandFed]) -> list[HandFed]:
    feeds, times = {feed for feed, _, _ in rows}, [valid_us for _, _, valid_us in rows]
    return [
        word
        for word in words
        if word.feed_id in feeds
        and instants.to_us(word.first) <= max(times)
        and instants.to_us(word.last) >= min(times)
    ]


def _villages(source: str, site: SiteArrays) -> tuple[str, ...]:
    rained = [row for row, name in enumerate(site.rain_sources) if name == source]
    return tuple(site.villages[row] for row in sorted({*rained, *site.villages_of(source)}))
