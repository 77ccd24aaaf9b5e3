"""The content of the feed page: how each feed lives, and how far each station is to be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerts.board.facts import Facts
from alerts.board.view import REFRESH_S, Banner, Card, banner
from alerts.board.words import clock, left
from pipeline.feed_health import FeedHealth, FeedState
from pipeline.source_health import SourceHealth

MOST_SOURCES: Final = 500
"""Rows that a browser shows at once; those in trouble come first, and the rest is counted."""

WHOLE: Final = 0.9
"""Completeness under which a source is in trouble."""

DOUBTED: Final = frozenset({"SUSPECT", "FAIL"})


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One feed, every cell as text."""

    feed_id: str
    variable: str
    state: str
    is_well: bool
    last_attempt: str
    last_success: str
    failures: int
    refused: int
    detail: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One station or grid of one feed, every cell as text.

    Attributes
    ----------
    lag : sensor to store, of the newest reading; beside it the usual and the worst of the day
    share : completeness in whole percent; None where nothing is promised
    """

    feed_id: str
    source_id: str
    variable: str
    newest: str
    age: str
    lag: str
    usual: str
    worst: str
    came: str
    share: int | None
    flags: tuple[str, ...]
    is_well: bool


@dataclass(frozen=True, slots=True)
class FeedsView:
    """The feed page."""

    banner: Banner
    cards: tuple[Card, ...]
    feeds: tuple[FeedRow, ...]
    sources: tuple[SourceRow, ...]
    untold: int
    refresh_s: int = REFRESH_S


def feeds_view(
    facts: Facts, feeds: Sequence[FeedHealth], sources: Sequence[SourceHealth], late: int = 0
) -> FeedsView:
    """Return the feed page: what is in trouble first."""
    rows = sorted(
        (_source_row(source, facts.at, facts.zone) for source in sources),
        key=lambda row: (row.is_well, row.share is not None, row.share, row.feed_id, row.source_id),
    )
    return FeedsView(
        banner=banner(facts),
        cards=(*_cards(feeds, rows, sources), *_late(late)),
        feeds=tuple(_feed_row(feed, facts.zone) for feed in feeds),
        sources=tuple(rows[:MOST_SOURCES]),
        untold=max(0, len(rows) - MOST_SOURCES),
    )


def _feed_row(feed: FeedHealth, zone: ZoneInfo) -> FeedRow:
    return FeedRow(
        feed_id=feed.feed_id,
        variable=feed.variable,
        state=feed.state,
        is_well=feed.state is FeedState.FRESH,
        last_attempt=_when(feed.last_attempt, zone),
        last_success=_when(feed.last_success, zone),
        failures=feed.failures,
        refused=feed.refused,
        detail=feed.detail or "",
    )


def _source_row(source: SourceHealth, at: datetime, zone: ZoneInfo) -> SourceRow:
    share = source.completeness
    counts = {flag.name: count for flag, count in source.flags}
    is_whole = share is None or share >= WHOLE
    return SourceRow(
        feed_id=source.feed_id,
        source_id=source.source_id,
        variable=source.variable,
        newest=_when(source.newest, zone),
        age="-" if source.newest is None else left(at - source.newest),
        lag=_span(source.latency_now),
        usual=_span(source.latency_usual),
        worst=_span(source.latency_worst),
        came=str(source.got) if source.expected is None else f"{source.got} of {source.expected}",
        share=None if share is None else int(100 * share),
        flags=tuple(f"{count} {name.lower()}" for name, count in counts.items()),
        is_well=source.newest is not None and is_whole and not DOUBTED & counts.keys(),
    )


def _cards(
    feeds: Sequence[FeedHealth], rows: Iterable[SourceRow], sources: Sequence[SourceHealth]
) -> tuple[Card, ...]:
    ill = sum(feed.state is not FeedState.FRESH for feed in feeds)
    refused = sum(feed.refused for feed in feeds)
    silent = sum(source.newest is None for source in sources)
    partial = sum(row.share is not None and row.share < 100 * WHOLE for row in rows)
    doubted = sum(
        count for source in sources for flag, count in source.flags if flag.name in DOUBTED
    )
    return (
        Card(f"{len(feeds) - ill} of {len(feeds)}", "feeds fresh", bad=ill > 0),
        Card(str(silent), "sources silent for a day", bad=silent > 0),
        Card(str(partial), f"sources under {WHOLE:.0%} complete", bad=partial > 0),
        Card(str(doubted), "readings suspect or failed", bad=doubted > 0),
        Card(str(refused), "rows and fields in quarantine", bad=refused > 0),
    )


def _late(cycles: int) -> tuple[Card, ...]:
    if not cycles:
        return ()
    return (Card(str(cycles), "past cycles that late data would have changed", bad=True),)


def _when(instant: datetime | None, zone: ZoneInfo) -> str:
    return "never" if instant is None else clock(instant, zone, with_date=True)


def _span(span: timedelta | None) -> str:
    return "-" if span is None else left(span)
