"""Door: one host takes the sending over from another, and a person lets go what was held.

Who takes over cannot know what the other has sent. So nothing is sent before a person has read the
list; what they leave on it stays uncertain, and can be let go later.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from alerts import serving
from alerts.errors import Refused
from alerts.ledger.actions import EVERY_VILLAGE
from alerts.outbox import epoch as epochs
from alerts.outbox import held
from alerts.outbox.epoch import Cause, Epoch, Turn
from alerts.outbox.held import Held
from alerts.roster import Right, Roster
from pipeline.database import Connection, Engine, reading
from pipeline.settings import Settings
from pipeline.world import World

__all__ = [
    "Begun",
    "Cause",
    "Listed",
    "Released",
    "begin",
    "listed",
    "release",
    "take_charge",
    "take_over",
]

SHOWN = 12
"""Digits of a delivery's key that a list shows, and that name it."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host: its database and settings, the world that it pages and the people that it knows.

    It need not be its turn.
    """

    engine: Engine
    settings: Settings
    world: World
    roster: Roster


@dataclass(frozen=True, slots=True)
class Begun:
    """An epoch that has begun, and how many deliveries it found waiting."""

    epoch: Epoch
    held: int


@dataclass(frozen=True, slots=True)
class Listed:
    """What a person is to read before they let anything go.

    Attributes
    ----------
    refused : why this host sends nothing now; None where it does
    """

    turn: Turn
    refused: str | None
    deliveries: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Released:
    """What a person let go, and what is left on the list."""

    gone: int
    left: int


def begin(
    connection: Connection, settings: Settings, cause: Cause, *, by: str | None, now: datetime
) -> Begun:
    """Begin an epoch in the caller's transaction: all that waits is held."""
    epoch = serving.next_epoch(connection, settings)
    epochs.begin(connection, epoch, cause, by=by, now=now)
    return Begun(epoch, held.hold(connection, now=now))


def take_charge(engine: Engine, settings: Settings, epoch: Epoch, *, fence: bool = True) -> bool:
    """Let this host serve an epoch that has begun, and stop all others; False without a fence.

    Raises
    ------
    Unseen
        The fence cannot be seen; this host serves the epoch all the same.
    """
    with reading(engine) as connection:
        serving.note(connection, settings, epoch)
    return fence and serving.claim(settings, epoch)


def take_over(host: Host, by: str, *, now: datetime) -> tuple[Begun, bool]:
    """Take the sending of this database over from whichever host has it; nothing is sent yet.

    Returns also whether the fence was claimed: without one only the hosts of this database stop.

    Raises
    ------
    Refused
        The person may not order in every village; or, as `Unseen`, the fence cannot be seen.
    """
    host.roster.entitled(by, Right.ORDER, EVERY_VILLAGE)
    with host.engine.begin() as connection:
        begun = begin(connection, host.settings, Cause.TAKEOVER, by=by, now=now)
    return begun, take_charge(host.engine, host.settings, begun.epoch)


def listed(host: Host, *, now: datetime) -> Listed:
    """Return what a person may let go, and whether this host may send."""
    with reading(host.engine) as connection:
        turn, refused = serving.turn_of(connection, host.settings)
        waiting = turn.held_since is not None
        return Listed(turn, refused, held.listed(connection, host.world, waiting=waiting, now=now))


def release(
    host: Host, by: str, keys: Collection[str] | None, *, now: datetime, unfenced: bool = False
) -> Released:
    """Let deliveries of the list go and end the hold; the rest stays uncertain, and on the list.

    Parameters
    ----------
    keys : beginnings of the keys of those that go; None for all of the list
    unfenced : go on although the fence cannot be seen: the other host is known to be off

    Raises
    ------
    Refused
        The person may not order in every village, a key is of none or of several of the list, or
        another host sends; or, as `Unseen`, the fence cannot be seen.
    """
    host.roster.entitled(by, Right.ORDER, EVERY_VILLAGE)
    with reading(host.engine) as connection:
        mine, turn = serving.known(connection, host.settings), epochs.present(connection)
    if mine != turn.epoch:
        raise Refused("this database is another host's: `floodwarn outbox takeover` first")
    _stop_others(host.settings, mine, unfenced=unfenced)
    with host.engine.begin() as connection:
        if turn.held_since is not None:
            held.hold(connection, now=now, since=turn.held_since)
        there = held.listed(connection, host.world, waiting=False, now=now)
        # what was written since the hold goes anyway; who read it on the list may name it
        known = held.listed(connection, host.world, waiting=True, now=now)
        chosen = [each.key for each in there if keys is None] + [
            _named(key, known) for key in keys or ()
        ]
        epochs.release(connection, mine, by=by, now=now)
        freed = held.let_go(connection, chosen, by=by, now=now)
    anyway = set(chosen) - {each.key for each in there}
    return Released(freed + len(anyway), len(there) - freed)


def _stop_others(settings: Settings, epoch: Epoch, *, unfenced: bool) -> None:
    try:
        serving.claim(settings, epoch)
    except serving.Unseen:
        if not unfenced:
            raise


def _named(beginning: str, there: Collection[Held]) -> str:
    found = [each.key for each in there if each.key.startswith(beginning)]
    if len(found) != 1:
        raise Refused(f"{beginning} names {len(found)} deliveries of the list")
    return found[0]
