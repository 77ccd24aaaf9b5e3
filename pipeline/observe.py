"""Door: fetch one feed, keep its bytes, decode, judge, and append to the two-clock log.

What one payload lacks stops no other payload, and what one feed lacks stops no other feed: every
attempt is in the fetch log and every row that cannot be used in quarantine. `ObserveFailed` comes
last, when all that could be stored is stored, so that Airflow marks the task.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Final

from pipeline.database import Engine
from pipeline.errors import PipelineError, SettingsError, StoreUnavailable
from pipeline.feeds.answer import Answer, FetchFailure
from pipeline.feeds.client import count, fetch
from pipeline.feeds.recorded import live_because
from pipeline.feeds.source import Remembered, Source
from pipeline.feeds.window import Window
from pipeline.intake import Clock, Intake, Observed, Progress, stated_range
from pipeline.observation import KnownBasis
from pipeline.remembered import declared_sha256, remembered
from pipeline.settings import ca_bundle
from pipeline.settings import credential as from_environment
from pipeline.site.model import FeedSpec
from pipeline.site.pack import SitePack
from pipeline.spool import Damaged, Spool
from pipeline.store.fetches import FetchStatus
from pipeline.world import World

__all__ = ["ObserveFailed", "Observed", "live_because", "observe", "settled", "ticking"]

SHOWN: Final = 3
SPOOL: Final = "spool"
"""The folder of FLOODWARN_HOME in which raw payloads wait for the database."""


class ObserveFailed(PipelineError):
    """A feed could not be fetched or read, in whole or in part; the rest is stored.

    Attributes
    ----------
    observed : what was stored all the same
    """

    retryable = True

    def __init__(self, observed: Observed) -> None:
        why = "; ".join(
            f"{fault.where}: {fault.message}" for fault in observed.first_faults[:SHOWN]
        )
        super().__init__(f"feed {observed.feed_id} {observed.status}: {why}")
        self.observed = observed


def observe(  # noqa: PLR0913 - where to, what, when, and how it is known
    engine: Engine,
    pack: SitePack,
    world: World,
    feed_id: str,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    basis: KnownBasis | None = None,
    progress: Progress | None = None,
    credential: Callable[[str], str] = from_environment,
) -> Observed:
    """Bring into the store what a feed has for the valid times from `start` to `end`.

    Parameters
    ----------
    start, end : valid times asked for, both included, widened to whole hours
    now : the wall clock as this run began; received rows are known from now on
    basis : how known_at is told; None = as the feed declares
    progress : is told the payloads done and those to do
    credential : tells the secret that a feed names

    Raises
    ------
    ObserveFailed
        A payload could not be fetched or decoded; all others are stored.
    StoreUnavailable
        The database could not be used; what came over the network waits in the spool, and the
        next run takes it in first.
    SiteError
        The site has no such feed.
    """
    spec = pack.feed(feed_id)
    basis, clock = basis or spec.basis, ticking(now)
    window = _asked(spec, basis, start, end)
    if window is None:
        return Observed(feed_id, FetchStatus.EMPTY)
    declared = declared_sha256(pack, spec, basis)
    intake = Intake(engine, pack, world, spec, basis, clock, window, declared)
    try:
        token = None if spec.credential is None else credential(spec.credential)
    except SettingsError as error:
        return settled(intake.take([FetchFailure(spec.feed_id, str(error))], 1, progress))
    source = Source(spec, pack.expand(spec.where), token, ca_bundle())
    if source.is_remote:
        intake = replace(intake, spool=Spool(pack.home / SPOOL / pack.site_id, feed_id))
    return settled(_fetched(intake, source, window, progress))


def _fetched(intake: Intake, source: Source, window: Window, progress: Progress | None) -> Observed:
    """Take in what waits, and then what the feed has now: the newer is to be known later."""
    try:
        known = remembered(
            intake.engine,
            intake.world,
            source,
            intake.decode_window or window,
            intake.declared_sha256,
        )
    except StoreUnavailable:  # nothing is remembered; what is fetched will wait
        known = Remembered()
    waiting = [] if intake.spool is None else intake.spool.waiting()
    answers = fetch(source, window, clock=intake.clock, remembered=known)
    total = len(waiting) + count(source, window)
    observed = intake.take(chain(_spooled(intake.spool, waiting), answers), total, progress)
    for path in waiting:
        path.unlink(missing_ok=True)
    return observed


def _spooled(spool: Spool | None, waiting: Sequence[Path]) -> Iterator[Answer]:
    if spool is not None:
        for path in waiting:
            try:
                yield spool.read(path)
            except (Damaged, OSError) as error:
                yield FetchFailure(f"spool/{path.name}", str(error))


def _asked(spec: FeedSpec, basis: KnownBasis, start: datetime, end: datetime) -> Window | None:
    """Return the window without what an archive states that it does not hold."""
    stated = stated_range(spec)
    if basis is not KnownBasis.RECEIVED and stated is not None:
        start, end = max(start, stated[0]), min(end, stated[1])
    return Window(start, end) if start <= end else None


def settled(observed: Observed) -> Observed:
    """Return what became of a feed.

    Raises
    ------
    ObserveFailed
        The gravest of its attempts failed.
    """
    if observed.status in {FetchStatus.FAILED, FetchStatus.REFUSED}:
        raise ObserveFailed(observed)
    return observed


def ticking(now: datetime) -> Clock:
    """Return a clock that reads `now` at first and goes on from there."""
    began = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - began)
