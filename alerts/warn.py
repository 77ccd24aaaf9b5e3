"""Door: turns each new bulletin of a world into episodes, orders and queued messages.

One transaction a bulletin, fenced by its slot: the decision and every delivery that follows from
it are written together or not at all. One village that fails is recorded and stops no other.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from typing_extensions import override

from alerts.compose import Occasion
from alerts.episode import Change, Step, TierEpisode, advance
from alerts.issue import Desk, Issued, Minute, issue, refuse_replay
from alerts.ledger import episodes, fence
from alerts.ledger.episodes import Cause, Fault
from alerts.roster import Roster
from alerts.warning_pack import WarningPack
from pipeline import instants
from pipeline.assess import bulletins
from pipeline.bulletin import RiskBulletin
from pipeline.database import Connection, Engine, reading
from pipeline.world import World

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Warned:
    """What one bulletin brought about."""

    slot: datetime
    changes: Mapping[Change, int] = field(default_factory=dict)
    messages: int = 0
    deliveries: int = 0
    faults: tuple[Fault, ...] = ()

    @override
    def __str__(self) -> str:
        """Return the counts in words, for a log."""
        changes = ", ".join(f"{count} {change}" for change, count in sorted(self.changes.items()))
        return (
            f"{instants.text(self.slot)}: {changes or 'no change'}; {self.messages} messages, "
            f"{self.deliveries} deliveries, {len(self.faults)} faults"
        )


def warn(
    engine: Engine,
    pack: WarningPack,
    world: World,
    roster: Roster,
    *,
    now: datetime,
    flood_now: datetime,
) -> list[Warned]:
    """Warn of every bulletin that nobody was warned of yet, oldest first.

    Parameters
    ----------
    now, flood_now : wall time and flood time; they differ in an exercise

    Raises
    ------
    Refused
        The world is a replay: nobody is warned of the past.
    """
    refuse_replay(world)
    desk, minute = Desk(engine, pack, world, roster), Minute(now, flood_now)
    with reading(engine) as connection:
        seen = fence.last_warned(connection, world)
    warned = []
    for bulletin in bulletins(engine, world, after=seen):
        done = _warn_of(desk, bulletin, seen=seen, minute=minute)
        if done is None:
            break
        log.info("warned: %s", done)
        warned.append(done)
        seen = bulletin.slot
    return warned


def _warn_of(
    desk: Desk, bulletin: RiskBulletin, *, seen: datetime | None, minute: Minute
) -> Warned | None:
    """Write all that follows from one bulletin; None where another process was faster."""
    changes: Counter[Change] = Counter()
    issued: list[Issued] = []
    faults: list[Fault] = []
    with desk.engine.begin() as connection:
        fence.hold(connection, desk.world)
        if not fence.pass_fence(connection, desk.world, seen=seen, slot=bulletin.slot):
            return None
        states = episodes.newest(connection, desk.world)
        for village_id in _villages(desk.pack, states):
            change, told = _turn(
                connection, desk, bulletin, minute, village=(village_id, states.get(village_id))
            )
            if change is not None:
                changes[change] += 1
            issued.append(told)
            if told.faults:
                fault = Fault(bulletin.slot, village_id, "; ".join(told.faults))
                episodes.record_fault(connection, desk.world, fault, stored_at=minute.wall)
                faults.append(fault)
    return Warned(
        slot=bulletin.slot,
        changes=dict(changes),
        messages=sum(len(told.messages) for told in issued),
        deliveries=sum(told.deliveries for told in issued),
        faults=tuple(faults),
    )


def _villages(pack: WarningPack, states: Mapping[str, TierEpisode]) -> tuple[str, ...]:
    """Return the pack's villages, and those that left it with an episode open.

    An edit of the site must not end a warning silently: such a village counts as blind.
    """
    named = tuple(village.village_id for village in pack.villages)
    left = [v for v, state in states.items() if state.closed is None and v not in named]
    return (*named, *left)


def _turn(
    connection: Connection,
    desk: Desk,
    bulletin: RiskBulletin,
    minute: Minute,
    *,
    village: tuple[str, TierEpisode | None],
) -> tuple[Change | None, Issued]:
    """Take the bulletin's word on one village; return its change, if any, and what was issued."""
    village_id, before = village
    try:
        step = _advanced(desk, bulletin, village_id, before)
    except Exception as error:  # one village's fault: the others' turn comes
        log.exception("village %s could not be advanced", village_id)
        return None, Issued(faults=(f"not advanced: {type(error).__name__}: {error}",))
    if step.episode is None or step.episode == before:
        return None, Issued()
    occasion = Occasion(
        world=desk.world,
        village_id=village_id,
        bulletin=bulletin,
        at=bulletin.cutoff,
        before=before,
        step=step,
    )
    told = issue(connection, desk, occasion, minute, cause=Cause.BULLETIN)
    return (None if step.change is Change.HELD else step.change), told


def _advanced(
    desk: Desk, bulletin: RiskBulletin, village_id: str, before: TierEpisode | None
) -> Step:
    return advance(
        before,
        bulletin.of(village_id),
        world=desk.world,
        slot=bulletin.slot,
        rules=desk.pack.config,
    )
