"""Doors: past cycles judged again as they were known then, and one decision rebuilt.

A replay reads its rows once and judges them in blocks; its bulletins are the bytes that `assess`
gives slot by slot.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline import instants
from pipeline.assess import RISK_KIND, read_cycle
from pipeline.bulletin import RiskBulletin, from_bytes
from pipeline.code_version import code_version
from pipeline.database import Engine, reading
from pipeline.errors import NotKept
from pipeline.observation import KnownBasis
from pipeline.risk.areal_cache import ArealCache
from pipeline.risk.hand_fed import HandFed
from pipeline.risk.judgement import Cycle, judge
from pipeline.risk.reported import Report
from pipeline.risk.reported import standing as reports_standing
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.suspension import Suspension, standing
from pipeline.site.model import RiskConfig
from pipeline.store import batches, cycles, hand_feeds, official, reports, suspensions, versions
from pipeline.store.known import Revisions
from pipeline.store.official import Messages
from pipeline.store.pruning import was_pruned
from pipeline.world import KnownAs, Mode, World

BLOCK = 256
"""Cycles judged together: enough to share the arithmetic, few enough for a smooth progress bar."""

Progress = Callable[[int, int], None]
"""Called with cycles done and cycles in all."""


def replay_world(config: RiskConfig, known: KnownAs = KnownAs.DECLARED) -> World:
    """Return the world of a replay: the same site, basis, configuration and code, the same id."""
    key = "\n".join([config.site, known, config.sha256, code_version()])
    return World(
        config.site, Mode.REPLAY, f"replay-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    )


def replay(  # noqa: PLR0913 - a span, a basis, a delay and a progress bar
    engine: Engine,
    config: RiskConfig,
    *,
    start: datetime,
    end: datetime,
    known: KnownAs = KnownAs.DECLARED,
    assess_delay: timedelta,
    progress: Progress | None = None,
) -> Iterator[RiskBulletin]:
    """Yield the bulletin of every slot in [start, end], oldest first; nothing is written.

    Parameters
    ----------
    known : `as-received` reads rows of our own clock only, `as-declared` all of them, both by
        known_at; `now` reads all there is, and only the ages are those of the cutoff
    assess_delay : from a slot to its cutoff, as nobody lived through it
    """
    slots = instants.slots(start, end, timedelta(minutes=config.cycle_minutes))
    cutoffs = [(slot, slot + assess_delay) for slot in slots]
    yield from judge_again(engine, config, cutoffs, known=known, progress=progress)


def judge_again(
    engine: Engine,
    config: RiskConfig,
    cutoffs: Sequence[tuple[datetime, datetime]],
    *,
    known: KnownAs,
    progress: Progress | None = None,
) -> Iterator[RiskBulletin]:
    """Yield the bulletin of every slot at its cutoff, oldest first; nothing is written.

    Parameters
    ----------
    cutoffs : slot and cutoff of each cycle, oldest first
    """
    if not cutoffs:
        return
    site = SiteArrays.of(config)
    past = _read(engine, site, cutoffs, known)
    cache, code = ArealCache(site.weights), code_version()
    for first in range(0, len(cutoffs), BLOCK):
        block = [past.cycle(site, slot, at) for slot, at in cutoffs[first : first + BLOCK]]
        yield from judge(block, site, code_version=code, cache=cache)
        if progress is not None:
            progress(min(first + BLOCK, len(cutoffs)), len(cutoffs))


@dataclass(frozen=True, slots=True)
class _Past:
    """All that was read of a span, from which each slot takes what it knew."""

    revisions: Revisions
    messages: Messages
    said: tuple[Suspension, ...]
    words: tuple[HandFed, ...]
    reports: tuple[Report, ...]
    known: KnownAs

    def cycle(self, site: SiteArrays, slot: datetime, at: datetime) -> Cycle:
        cutoff = None if self.known is KnownAs.NOW else at
        rows = self.revisions.at(cutoff, slot - site.window, slot, ahead=site.ahead)
        messages, words = self.messages.at(at, cutoff), hand_feeds.known_at(self.words, cutoff)
        reported = reports_standing(self.reports, at, site.config.risk.reports)
        return Cycle(slot, at, rows, messages, standing(self.said, at), words, reported)


def _read(
    engine: Engine,
    site: SiteArrays,
    cutoffs: Sequence[tuple[datetime, datetime]],
    known: KnownAs,
) -> _Past:
    (first, opened), (last, _) = cutoffs[0], cutoffs[-1]
    known_before = None if known is KnownAs.NOW else max(at for _, at in cutoffs)
    basis = KnownBasis.RECEIVED if known is KnownAs.RECEIVED else None
    with reading(engine) as connection:
        revisions = batches.load(
            connection,
            site=site.config.site,
            start=first - site.window,
            end=last + site.ahead,
            known_before=known_before,
            basis=basis,
            forecasts=bool(site.ahead),
        )
        messages = official.load(
            connection,
            site=site.config.site,
            start=opened,
            known_before=known_before,
            basis=basis,
        )
        world = replay_world(site.config, known)
        said = suspensions.said(connection, world, known_before=known_before)
        words = hand_feeds.said(connection, site.config.site, known_before=known_before)
        seen = reports.said(connection, world, known_before=known_before)
    return _Past(revisions, messages, said, words, seen, known)


class Verdict(StrEnum):
    """What `explain` found when it rebuilt a decision."""

    IDENTICAL = "identical"
    SAME_DECISION = "same decision, other code"
    DIFFERS = "differs"
    PRUNED = "pruned"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """One stored decision beside the one that the store gives today.

    Attributes
    ----------
    rebuilt : None where the configuration was pruned; where rows were, what the others say
    where : the fields that differ
    """

    stored: RiskBulletin
    rebuilt: RiskBulletin | None
    verdict: Verdict
    where: tuple[str, ...] = ()


def rebuild(engine: Engine, world: World, slot: datetime) -> Rebuilt:
    """Judge a slot again from what the store keeps, without the site's files, and compare.

    Raises
    ------
    NotKept
        The world has no bulletin for the slot.
    """
    with reading(engine) as connection:
        content = cycles.bulletin_bytes(connection, world, slot)
        judged_at = cycles.assessed_at(connection, world, slot)
        if content is None or judged_at is None:
            raise NotKept(f"no bulletin of {instants.text(slot)} in world {world.world_id}")
        stored = from_bytes(content)
        try:
            kept = versions.version(connection, RISK_KIND, stored.risk_config_sha256)
        except NotKept:
            return Rebuilt(stored, None, Verdict.PRUNED)
        site = SiteArrays.of(RiskConfig.model_validate_json(kept))
        cycle = read_cycle(connection, site, world, slot, (stored.cutoff, judged_at))
        lacks_rows = was_pruned(connection, world.site, slot - site.window, slot)
    (again,) = judge([cycle], site, code_version=code_version())
    if again.to_bytes() == content:
        return Rebuilt(stored, again, Verdict.IDENTICAL)
    where = _differing(content, again.to_bytes())
    if where == ("code_version",):
        return Rebuilt(stored, again, Verdict.SAME_DECISION)
    if lacks_rows:
        return Rebuilt(stored, again, Verdict.PRUNED, where)
    return Rebuilt(stored, again, Verdict.DIFFERS, where)


def _differing(stored: bytes, rebuilt: bytes) -> tuple[str, ...]:
    """Return the fields that differ; decision_sha256 only where nothing else does."""
    one, two = json.loads(stored), json.loads(rebuilt)
    fields = [name for name in sorted(one | two) if one.get(name) != two.get(name)]
    return tuple(name for name in fields if name != "decision_sha256") or tuple(fields)
