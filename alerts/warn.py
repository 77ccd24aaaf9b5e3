"""Door: turns the new bulletins of a world into episodes, orders and queued messages.

One transaction a pass, fenced by each slot in order: the decisions and every delivery that follows
from them are written together or not at all. Where several bulletins wait, every village's episode
moves through all of them and people are told once, of what stands now. One village that fails,
even while it is written, is recorded and stops no other.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

from typing_extensions import override

from alerts.approvals import end_refusals
from alerts.chase import silent
from alerts.episode import Change, Step, TierEpisode, advance_through, in_all, said_again
from alerts.heard import heard
from alerts.issue import Desk, Issued, Minute, cancel, issue, keep_state, refuse_replay
from alerts.ledger import closures, episodes, fence
from alerts.ledger.episodes import Cause, Fault
from alerts.occasion import Occasion
from alerts.plan.ways import OPEN, Closures
from alerts.roster import Roster
from alerts.warning_config import WarningConfig
from alerts.warning_pack import WarningPack
from alerts.without_word import as_last_word, is_last_word
from pipeline import instants
from pipeline.assess import bulletins
from pipeline.bulletin import RiskBulletin
from pipeline.database import Connection, Engine, reading
from pipeline.errors import StoreUnavailable
from pipeline.site.model import Village
from pipeline.world import World

log = logging.getLogger(__name__)

SECOND = timedelta(seconds=1)
SILENT = frozenset({Change.HELD, Change.NONE})
Pending = tuple[RiskBulletin, ...]
"""Bulletins that nobody was warned of yet, oldest first; at least one."""


@dataclass(frozen=True, slots=True)
class Warned:
    """What one bulletin brought about; what is said of several at once is the last one's."""

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


@dataclass(frozen=True, slots=True)
class _Village:
    """One village as a pass finds it.

    Attributes
    ----------
    site : None where an edit of the site took it out
    freed : its order was held back by a refusal that new evidence has just ended
    silent : none of its people has said a word
    """

    village_id: str
    site: Village | None
    before: TierEpisode | None
    closures: Closures = OPEN
    freed: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one village made of all that was pending: a step for each bulletin, if any moved it."""

    steps: tuple[Step, ...] = ()
    issued: Issued = field(default_factory=Issued)


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
    pending = tuple(bulletins(engine, world, after=seen))
    warned = _warn_of(desk, pending, seen=seen, minute=minute) if pending else []
    for done in warned:
        log.info("warned: %s", done)
    return warned


def _warn_of(
    desk: Desk, pending: Pending, *, seen: datetime | None, minute: Minute
) -> list[Warned]:
    """Write all that follows from what is pending; nothing where another process was faster."""
    slot, faults = pending[-1].slot, []
    with desk.engine.begin() as connection:
        fence.hold(connection, desk.world)
        if not _pass_fences(connection, desk.world, pending, seen=seen):
            return []
        # before the turns: it frees what was refused, and not what they ask an approver anew
        freed = end_refusals(connection, desk, pending[-1], minute)
        for village_id in freed:
            log.info("new evidence ends the refusal in %s", village_id)
        states = episodes.newest(connection, desk.world)
        reported = closures.reported(connection, desk.world)
        mute = silent(connection, desk.pack, desk.world, now=minute.wall)
        known = {village.village_id: village for village in desk.pack.villages}
        turns = {
            village_id: _turn(
                connection,
                desk,
                pending,
                minute,
                village=_Village(
                    village_id,
                    known.get(village_id),
                    states.get(village_id),
                    reported.of(village_id),
                    village_id in freed,
                    village_id in mute,
                ),
            )
            for village_id in _villages(desk.pack, states)
        }
        for village_id, turn in turns.items():
            if turn.issued.faults:
                fault = Fault(slot, village_id, "; ".join(turn.issued.faults))
                episodes.record_fault(connection, desk.world, fault, stored_at=minute.wall)
                faults.append(fault)
    return _told_of(pending, tuple(turns.values()), tuple(faults))


def _pass_fences(
    connection: Connection, world: World, pending: Pending, *, seen: datetime | None
) -> bool:
    for bulletin in pending:
        if not fence.pass_fence(connection, world, seen=seen, slot=bulletin.slot):
            return False
        seen = bulletin.slot
    return True


def _told_of(pending: Pending, turns: tuple[_Turn, ...], faults: tuple[Fault, ...]) -> list[Warned]:
    """Return what each bulletin changed; messages, deliveries and faults are the last one's."""
    changes: list[Counter[Change]] = [Counter() for _ in pending]
    for turn in turns:
        for counted, step in zip(changes, turn.steps, strict=False):
            counted.update(() if step.change in SILENT else (step.change,))
    warned = [
        Warned(each.slot, dict(counted)) for each, counted in zip(pending, changes, strict=True)
    ]
    warned[-1] = replace(
        warned[-1],
        messages=sum(len(turn.issued.messages) for turn in turns),
        deliveries=sum(turn.issued.deliveries for turn in turns),
        faults=faults,
    )
    return warned


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
    pending: Pending,
    minute: Minute,
    *,
    village: _Village,
) -> _Turn:
    """Take the word of all pending bulletins on one village, and tell it once."""
    village_id, before = village.village_id, village.before
    try:
        steps = _advanced(desk, pending, village)
        if steps[-1].episode in {None, before}:
            return _Turn()
        last = _told_in_all(village, steps[-1])
        last_word = is_last_word(last, pending[-1].events_of(village_id))
        occasion = Occasion(
            world=desk.world,
            village_id=village_id,
            bulletin=pending[-1],
            at=_told_at(pending, minute, desk.pack.config),
            before=before,
            step=as_last_word(last) if last_word else last,
            closures=village.closures,
            last_word=last_word,
        )
        ended = [
            replace(occasion, bulletin=bulletin, step=step)
            for bulletin, step in _ended_on_the_way(pending, steps)
        ]
        with connection.begin_nested():
            for state in _passed_through(before, steps):
                keep_state(connection, desk.world, state, Cause.BULLETIN)
            faults = [f for each in ended for f in cancel(connection, desk, each, minute)]
            issued = issue(connection, desk, occasion, minute, cause=Cause.BULLETIN)
        return _Turn(steps, replace(issued, faults=(*faults, *issued.faults)))
    except StoreUnavailable:  # not the village's fault: the slot must come again, for all of them
        raise
    except Exception as error:  # one village's fault: the others' turn comes
        log.exception("village %s could not be warned", village_id)
        return _Turn(issued=Issued(faults=(_words(error),)))


def _advanced(desk: Desk, pending: Pending, village: _Village) -> tuple[Step, ...]:
    told = (
        heard(
            desk.pack,
            village.site,
            each.of(village.village_id),
            each,
            closures=village.closures,
            silent=village.silent,
        )
        for each in pending
    )
    return advance_through(village.before, told, world=desk.world, rules=desk.pack.config)


def _told_in_all(village: _Village, last: Step) -> Step:
    step = in_all(village.before, last)
    return said_again(step) if village.freed else step


def _passed_through(before: TierEpisode | None, steps: tuple[Step, ...]) -> list[TierEpisode]:
    """Return the states between `before` and the last, which is written with what is said."""
    states = [before, *(step.episode for step in steps)]
    moves = [after for last, after in pairwise(states) if after is not None and after != last]
    return [state for state in moves if state != steps[-1].episode]


def _ended_on_the_way(pending: Pending, steps: tuple[Step, ...]) -> list[tuple[RiskBulletin, Step]]:
    """Return what ended an episode that another has followed since, with its bulletin."""
    last = steps[-1].episode
    return [
        (bulletin, step)
        for bulletin, step in zip(pending, steps, strict=True)
        if step.change is Change.CLOSED
        and step.episode is not None
        and last is not None
        and step.episode.episode_id != last.episode_id
    ]


def _told_at(pending: Pending, minute: Minute, rules: WarningConfig) -> datetime:
    """Return the newest cutoff; the present minute, where what is told is no longer fresh.

    An order counts its hours from here: one taken up late must not be born expired, nor name a
    time of arrival that is over.
    """
    cutoff, now = pending[-1].cutoff, instants.floor_to(minute.flood, SECOND)
    late = len(pending) > 1 or now - cutoff > rules.interval
    return max(cutoff, now) if late else cutoff


def _words(error: Exception) -> str:
    # Of a database's error the cause alone: its text would quote the row, and so the order.
    cause = getattr(error, "orig", None) or error
    return f"not warned: {type(error).__name__}: {cause}"
