"""When a feed, or every station of a township, falls silent: what officers are told of it; pure.

Decided from one bulletin and from what was told last, so that the same bulletin told twice says
nothing new, and an outage that lasts is said once. A township speaks where its stations died
although their feeds live: its network, not a sender. What is said waits for the morning, unless a
village is blind by it or something rises where it looked.

Source: DESIGN section 7, blindness by cause; users.md 4, 16 and 24.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Self

from typing_extensions import override

from alerts.warning_config import WarningConfig
from pipeline import instants
from pipeline.bulletin import (
    DataState,
    RiskBulletin,
    RiskLevel,
    StationEvent,
    StationEventKind,
    StationFreshness,
    canonical,
)
from pipeline.site.model import FeedSpec, Village
from pipeline.world import World

CHECK = "check"
"""Source, and purpose, of what asks people to answer: no silence is told by it."""
AT_MOST_EVERY = timedelta(hours=1)
"""From what was last said of a source to the next word that it is silent, however it flaps."""
LATE_CADENCES = 2
"""Cadences without an answer that a feed may be late by, as the feed page has it."""
SILENT, HEARD = "silent", frozenset({"fresh", "late"})
"""States of `StationFreshness`."""
MINDED = frozenset({StationEventKind.SUSPENDED, StationEventKind.PROBATION})
"""Of such a station a person knows already: nothing rests on it alone."""


class Word(StrEnum):
    """What officers are told of a source."""

    SILENT = "silent"
    HEARD = "heard"


class Kind(StrEnum):
    """What fell silent as a whole."""

    FEED = "feed"
    TOWNSHIP = "township"


@dataclass(frozen=True, slots=True)
class Source:
    """A feed by its id, or a township by its name."""

    kind: Kind
    name: str

    @override
    def __str__(self) -> str:
        """Return kind and name, by which the ledger knows it."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that officers are told of a source.

    Attributes
    ----------
    slot : of the bulletin that it rests on
    since : the last word that came before the silence
    grave : it wakes people
    stations : those that are silent; a grid stands for itself
    villages : those that the source speaks for
    blind, degraded : how many of them could not be seen, or in part, at the slot
    recipients : roster references of those who are told
    """

    source: Source
    word: Word
    slot: datetime
    since: datetime
    grave: bool
    stations: tuple[str, ...]
    villages: tuple[str, ...]
    blind: int
    degraded: int
    recipients: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the notice's one canonical form (JSON)."""
        return canonical(asdict(self))

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return the notice that `to_bytes` wrote."""
        raw = json.loads(content)
        raw["source"] = Source(Kind(raw["source"]["kind"]), raw["source"]["name"])
        raw["word"] = Word(raw["word"])
        for name in ("slot", "since"):
            raw[name] = instants.parse(raw[name])
        for name in ("stations", "villages", "recipients"):
            raw[name] = tuple(raw[name])
        return cls(**raw)

    def id_in(self, world: World, language: str = "") -> str:
        """Return the notice's identity in a world, or that of its text in a language."""
        step = (str(self.source), self.word, instants.text(self.slot), language)
        parts = (world.site, world.mode, world.world_id, *step)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Ground:
    """What of a site tells whose silence is whose."""

    feeds: tuple[FeedSpec, ...]
    villages: tuple[Village, ...]
    config: WarningConfig

    @cached_property
    def feed(self) -> Mapping[str, FeedSpec]:
        """The declared feeds by id; what a person feeds by hand is none of them."""
        return {spec.feed_id: spec for spec in self.feeds}

    @cached_property
    def townships(self) -> Mapping[str, tuple[str, ...]]:
        """The villages of each township, by its name."""
        found: dict[str, list[str]] = defaultdict(list)
        for village in self.villages:
            found[village.township].append(village.village_id)
        return {township: tuple(villages) for township, villages in found.items()}


def notices(
    told: Mapping[Source, Notice], bulletin: RiskBulletin, ground: Ground
) -> tuple[Notice, ...]:
    """Return what officers must be told now, of what is silent first.

    Parameters
    ----------
    told : the last word on each source of which anything was ever said
    """
    silent = {found.source: found for found in silences(bulletin, ground)}
    fell = [found for source, found in silent.items() if _is_news(told.get(source), found)]
    back = [
        _heard_again(last, bulletin)
        for source, last in told.items()
        if last.word is Word.SILENT and source not in silent and _speaks(last, bulletin, ground)
    ]
    quiet = ground.config.is_quiet(bulletin.cutoff)
    return tuple(notice for notice in (*fell, *back) if notice.grave or not quiet)


def silences(bulletin: RiskBulletin, ground: Ground) -> Iterator[Notice]:
    """Yield each feed that is silent as a whole, then each township that is for another reason."""
    dead = _dead(bulletin)
    gone: set[str] = set()
    for feed_id, rows in sorted(_rows_of_feeds(bulletin, ground).items()):
        since = _silent_since(rows, ground.feed[feed_id], bulletin.cutoff)
        if since is not None:
            stations = tuple(sorted({row.station_id for row in rows}))
            gone.update(stations)
            villages = _spoken_for(stations, dead, ground.feed[feed_id], bulletin)
            yield _notice(Source(Kind.FEED, feed_id), since, stations, villages, bulletin)
    yield from _silent_townships(bulletin, ground, dead, gone)


def _is_news(last: Notice | None, found: Notice) -> bool:
    """Tell whether a silence was not said yet, and may be said by now."""
    if last is None:
        return True
    return last.word is Word.HEARD and found.slot - last.slot >= AT_MOST_EVERY


def _heard_again(last: Notice, bulletin: RiskBulletin) -> Notice:
    """Return the word that a source is back: whoever was woken by its silence is told at once."""
    blind, degraded = _unseen(last.villages, bulletin)
    return replace(last, word=Word.HEARD, slot=bulletin.slot, blind=blind, degraded=degraded)


def _speaks(last: Notice, bulletin: RiskBulletin, ground: Ground) -> bool:
    """Tell whether a source has spoken since; one that merely aged out of sight has not."""
    name = last.source.name
    if last.source.kind is Kind.FEED:
        rows = _rows_of_feeds(bulletin, ground).get(name, ())
        return any(row.state in HEARD for row in rows)
    newest = dict(zip(bulletin.villages, bulletin.newest_inputs, strict=True))
    heard = (newest.get(village) for village in ground.townships.get(name, ()))
    return any(at is not None and at > last.since for at in heard)


def _dead(bulletin: RiskBulletin) -> dict[str, StationEvent]:
    return {e.station_id: e for e in bulletin.events if e.kind is StationEventKind.DEATH}


def _minded(bulletin: RiskBulletin) -> frozenset[str]:
    return frozenset(e.station_id for e in bulletin.events if e.kind in MINDED)


def _rows_of_feeds(bulletin: RiskBulletin, ground: Ground) -> dict[str, list[StationFreshness]]:
    minded = _minded(bulletin)
    found: dict[str, list[StationFreshness]] = defaultdict(list)
    for row in bulletin.freshness:
        if row.feed_id in ground.feed and row.station_id not in minded:
            found[row.feed_id].append(row)
    return found


def _silent_since(
    rows: Collection[StationFreshness], feed: FeedSpec, cutoff: datetime
) -> datetime | None:
    """Return the last word of a feed that is silent as a whole, and for longer than it may be."""
    if any(row.state != SILENT for row in rows):
        return None
    last = max((row.newest for row in rows if row.newest is not None), default=None)
    allowed = timedelta(minutes=LATE_CADENCES * feed.cadence_min + feed.latency_min)
    return last if last is not None and cutoff - last > allowed else None


def _spoken_for(
    stations: Collection[str],
    dead: Mapping[str, StationEvent],
    feed: FeedSpec,
    bulletin: RiskBulletin,
) -> tuple[str, ...]:
    """Return the villages of a feed: a grid's are all, and a forecast's silence blinds none."""
    if feed.forecast_h is not None:
        return ()
    if any(station not in dead for station in stations):
        return bulletin.villages
    return tuple(sorted({v for station in stations for v in dead[station].villages}))


def _silent_townships(
    bulletin: RiskBulletin, ground: Ground, dead: Mapping[str, StationEvent], gone: Collection[str]
) -> Iterator[Notice]:
    """Yield the townships of which no station is heard, though not for their feeds' silence alone.

    A village hears nothing where none of its inputs is newer than the last word of a dead station.
    """
    alone = dead.keys() - _minded(bulletin) - set(gone)
    if not alone:
        return
    of_village: dict[str, list[StationEvent]] = defaultdict(list)
    for event in dead.values():
        for village in event.villages:
            of_village[village].append(event)
    newest = dict(zip(bulletin.villages, bulletin.newest_inputs, strict=True))
    for township, villages in sorted(ground.townships.items()):
        last = {v: at for v in villages if (at := newest.get(v)) is not None}
        events = {e.station_id: e for v in last for e in of_village[v]}
        if events.keys() & alone and all(_is_deaf(at, of_village[v]) for v, at in last.items()):
            source, stations = Source(Kind.TOWNSHIP, township), tuple(sorted(events))
            yield _notice(source, max(last.values()), stations, villages, bulletin)


def _is_deaf(newest: datetime, dead: Collection[StationEvent]) -> bool:
    return any(event.since is not None and newest <= event.since for event in dead)


def _notice(
    source: Source,
    since: datetime,
    stations: tuple[str, ...],
    villages: tuple[str, ...],
    bulletin: RiskBulletin,
) -> Notice:
    blind, degraded = _unseen(villages, bulletin)
    return Notice(
        source=source,
        word=Word.SILENT,
        slot=bulletin.slot,
        since=since,
        grave=blind > 0 or _something_rises(villages, bulletin),
        stations=stations,
        villages=villages,
        blind=blind,
        degraded=degraded,
    )


def _unseen(villages: Collection[str], bulletin: RiskBulletin) -> tuple[int, int]:
    """Return how many of the villages are blind, and how many were seen in part."""
    state = dict(zip(bulletin.villages, bulletin.data_states, strict=True))
    states = [state.get(village, DataState.BLIND) for village in villages]
    return states.count(DataState.BLIND), states.count(DataState.DEGRADED)


def _something_rises(villages: Collection[str], bulletin: RiskBulletin) -> bool:
    """Tell whether one of the villages is at yellow, by the science or another authority."""
    named = set(villages)
    return any(
        max(detail.level, detail.official) >= RiskLevel.YELLOW
        for detail in bulletin.details
        if detail.village_id in named
    )
