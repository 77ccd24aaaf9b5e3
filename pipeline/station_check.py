"""Door: one station from its raw bytes to the villages that rest on it, read and nothing written.

Source: users.md 24.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pipeline.database import Engine, reading
from pipeline.errors import NotKept
from pipeline.quality.verdict import flags_of
from pipeline.risk.station_case import CLEAN_DAYS, CaseReading, StationCase, station_case
from pipeline.site.model import FeedSpec, RiskConfig, Station
from pipeline.site.pack import SitePack
from pipeline.store import archive, batches, fetches

__all__ = ["CaseReading", "RawExcerpt", "StationCheck", "excerpt", "station_check"]
PAYLOADS: Final = 20
"""Newest payloads of a feed in which the station is looked for."""
LINES: Final = 4
WIDTH: Final = 160
"""Characters of a line that are shown, around the station's name."""


@dataclass(frozen=True, slots=True)
class RawExcerpt:
    """What a feed's newest payload that names the station says there.

    Attributes
    ----------
    lines : around its name, cut to `WIDTH`; of a feed of one station, the last ones. () = the
        bytes were pruned, or name it nowhere in the newest `PAYLOADS`
    """

    feed_id: str
    sha256: str | None
    fetched_at: datetime | None
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StationCheck:
    """The raw bytes of a station and the case that is made of what they were decoded to."""

    at: datetime
    raw: tuple[RawExcerpt, ...]
    case: StationCase


def station_check(
    engine: Engine, pack: SitePack, config: RiskConfig, station: Station, *, at: datetime
) -> StationCheck:
    """Return what is known of a station, as known at an instant.

    Parameters
    ----------
    config : its quality rules judge the flags
    at : on the clock of the readings: the flood's in an exercise
    """
    start = at - timedelta(days=CLEAN_DAYS)
    with reading(engine) as connection:
        revisions = batches.load(
            connection, site=pack.site_id, start=start, end=at, known_before=at
        )
    known = revisions.at(at, start, at)
    judged = known.points.flagged(flags_of(known, config))
    raw = tuple(
        _raw(engine, pack.site_id, feed, names)
        for feed in pack.feeds
        if (names := _names(feed, station)) is not None
    )
    return StationCheck(at, raw, station_case(judged, config, station, at))


def _names(feed: FeedSpec, station: Station) -> tuple[str, ...] | None:
    """Return what a feed calls a station; () = it tells of no other, None = it does not tell."""
    if feed.protocol == "grid" or feed.variable not in station.variables:
        return None
    if feed.station_id is not None:
        return () if feed.station_id == station.station_id else None
    if not feed.station_map:
        return (station.station_id,)
    codes = tuple(code for code, name in feed.station_map.items() if name == station.station_id)
    return codes or None


def _raw(engine: Engine, site: str, feed: FeedSpec, names: tuple[str, ...]) -> RawExcerpt:
    newest = None
    for sha256, fetched_at, content in _payloads(engine, site, feed.feed_id):
        lines = tuple(excerpt(content, names))
        found = RawExcerpt(feed.feed_id, sha256, fetched_at, lines)
        if lines:
            return found
        newest = newest or found
    return newest or RawExcerpt(feed.feed_id, None, None, ())


def _payloads(engine: Engine, site: str, feed_id: str) -> Iterator[tuple[str, datetime, bytes]]:
    """Yield the newest payloads of a feed, newest first; of pruned ones no bytes."""
    with reading(engine) as connection:
        for sha256, fetched_at in fetches.payloads(connection, site, feed_id, limit=PAYLOADS):
            try:
                yield sha256, fetched_at, archive.content(connection, sha256)
            except NotKept:
                yield sha256, fetched_at, b""


def excerpt(content: bytes, names: tuple[str, ...]) -> Iterator[str]:
    """Yield the last lines that name the station, printable and cut."""
    lines = [line for line in content.decode("utf-8", "replace").splitlines() if line.strip()]
    found = [(line, _place(line, names)) for line in lines]
    for line, place in [pair for pair in found if pair[1] >= 0][-LINES:]:
        first = max(0, place - WIDTH // 4)
        cut = line[first : first + WIDTH]
        # What a stranger sent is printed on an officer's terminal.
        yield "".join(sign if sign.isprintable() else " " for sign in cut)


def _place(line: str, names: tuple[str, ...]) -> int:
    """Return where a line first names the station; -1 = nowhere."""
    return 0 if not names else max(line.find(name) for name in names)
