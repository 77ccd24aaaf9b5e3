"""Door: how each feed lives, from the fetch log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.database import Connection, Engine, reading
from pipeline.site.model import FeedSpec
from pipeline.site.pack import SitePack
from pipeline.store import fetches
from pipeline.store.fetches import FetchRecord, FetchStatus
from pipeline.store.quarantine import refused_since
from pipeline.units import Variable
from pipeline.world import World

BAD = (FetchStatus.FAILED, FetchStatus.REFUSED)
DAY = timedelta(days=1)
GRACE = 2
"""Cadences without an answer before a feed counts as late."""


class FeedState(StrEnum):
    """How a feed lives; only FAILING is a fault that the feed itself has shown."""

    FRESH = "fresh"
    LATE = "late"
    FAILING = "failing"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """One feed as the board shows it.

    Attributes
    ----------
    last_attempt, last_success : start of the newest attempt, and of the newest that worked
    failures : bad attempts since the last success, at most as many as were looked at
    detail : what the newest bad attempt says
    refused : rows, fields and payloads that went to quarantine in the last day
    """

    feed_id: str
    variable: Variable
    state: FeedState
    last_attempt: datetime | None
    last_success: datetime | None
    failures: int
    detail: str | None
    refused: int = 0


def feed_health(engine: Engine, world: World, pack: SitePack, *, now: datetime) -> list[FeedHealth]:
    """Return the health of every feed of a site in one world.

    Parameters
    ----------
    now : on the clock that `observe` was given in this world: the flood's in an exercise
    """
    with reading(engine) as connection:
        refused = refused_since(connection, pack.site_id, now - DAY)
        return [
            replace(_health(connection, world, spec, now), refused=refused.get(spec.feed_id, 0))
            for spec in pack.feeds
        ]


def _health(connection: Connection, world: World, spec: FeedSpec, now: datetime) -> FeedHealth:
    success = fetches.latest(connection, world, spec.feed_id, status=fetches.STORED)
    since = None if success is None else success.started_at
    newer = fetches.history(connection, world, spec.feed_id, after=since)
    attempts = newer or ([] if success is None else [success])
    bad = [attempt for attempt in newer if attempt.status in BAD]
    return FeedHealth(
        feed_id=spec.feed_id,
        variable=spec.variable,
        state=_state(spec, since, attempts, now),
        last_attempt=attempts[0].started_at if attempts else None,
        last_success=since,
        failures=len(bad),
        detail=bad[0].detail if bad else None,
    )


def _state(
    spec: FeedSpec, since: datetime | None, attempts: Sequence[FetchRecord], now: datetime
) -> FeedState:
    if attempts and attempts[0].status in BAD:
        return FeedState.FAILING
    if since is None:
        return FeedState.NEVER
    due = timedelta(minutes=GRACE * spec.cadence_min + spec.latency_min)
    return FeedState.LATE if now - since > due else FeedState.FRESH
