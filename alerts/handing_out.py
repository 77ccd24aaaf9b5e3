"""Door: hands out CAP alerts byte for byte as they were kept, and signed where there is a key.

Nothing is composed here: an alert's references are right only while what was issued once stays as
it was. Nor does the world read what the village was not told: the alert of an order that waits for
an approver is handed out when the order goes. The signature is added to a copy, so what the ledger
keeps never depends on a key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.cap import Reference
from alerts.cap_copy import Copy, signed
from alerts.errors import NotGone, Refused
from alerts.ledger import messages
from alerts.ledger.messages import KeptCap
from alerts.outbox import held_back, standing
from alerts.outbox.delivery import push_id
from alerts.outbox.standing import Pushed
from alerts.tier import Tier
from pipeline.database import Connection, Engine, reading
from pipeline.errors import NotKept
from pipeline.world import Mode, World

__all__ = [
    "Copy",
    "HandedOut",
    "of_episode",
    "of_identifier",
    "of_message",
    "of_village",
    "signed",
]


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A CAP alert that may be handed out, and how far it was pushed to each receiver by itself."""

    reference: Reference
    pushed: tuple[Pushed, ...] = ()


def of_message(engine: Engine, message_id: str, *, now: datetime) -> Copy:
    """Return the CAP alert that was issued with a message.

    Parameters
    ----------
    now : wall time

    Raises
    ------
    NotKept
        There is no such message.
    Refused
        It was not issued as a CAP alert: nor is anything at a river point, or what broke a rule.
    NotGone
        Its order waits for an approver, or was overtaken before it went.
    """
    with reading(engine) as connection:
        told = messages.find(connection, message_id)
        if told is None:
            raise NotKept(f"there is no message {message_id}")
        named = told.message.cap_identifier
        kept = None if named is None else messages.cap(connection, told.world, named)
        if kept is None:
            raise Refused(f"message {message_id} was not issued as a CAP alert")
        return _gone(connection, told.world, kept, now)


def of_village(engine: Engine, mode: Mode, village_id: str, at: datetime, *, now: datetime) -> Copy:
    """Return the CAP alert that spoke last for a village at an instant of the flood.

    It may be newer than the last message: an alert that stands is issued anew, and nobody is told.
    While an order waits for an approver, it is the one before it.

    Parameters
    ----------
    at : flood time
    now : wall time

    Raises
    ------
    NotKept
        The village had been told nothing by then.
    Refused
        What it was told then had not been issued as a CAP alert.
    NotGone
        None of it has gone.
    """
    with reading(engine) as connection:
        told = messages.latest(connection, mode, village_id, at)
        if told is None:
            raise NotKept(f"{village_id} had been told nothing by then")
        mine = told.message
        kept = messages.caps_of_village(connection, told.world, village_id, upto=at)
        unsaid = mine.cap_identifier is None and mine.tier >= Tier.YELLOW
        if not kept or (unsaid and kept[0].episode_id != mine.episode_id):
            raise Refused(f"what {village_id} was told then was not issued as a CAP alert")
        gone = (each for each in kept if _has_gone(connection, told.world, each, now))
        return _gone(connection, told.world, next(gone, kept[0]), now)


def of_identifier(engine: Engine, world: World, identifier: str, *, now: datetime) -> Copy | None:
    """Return a world's CAP alert of that identifier; None where it has none.

    Parameters
    ----------
    now : wall time

    Raises
    ------
    NotGone
        Its order waits for an approver, or was overtaken before it went.
    """
    with reading(engine) as connection:
        kept = messages.cap(connection, world, identifier)
        return None if kept is None else _gone(connection, world, kept, now)


def of_episode(
    engine: Engine, world: World, episode_id: str, *, now: datetime
) -> tuple[HandedOut, ...]:
    """Return the CAP alerts of an episode that may be handed out, newest first.

    Parameters
    ----------
    now : wall time
    """
    with reading(engine) as connection:
        kept = messages.caps(connection, world, episode_id)
        gone = [each for each in kept if _has_gone(connection, world, each, now)]
        pushed = standing.pushed(connection, world, map(_push_id, gone))
    return tuple(HandedOut(k.reference, pushed.get(_push_id(k), ())) for k in gone)


def _push_id(kept: KeptCap) -> str:
    return push_id(kept.episode_id, kept.revision)


def _gone(connection: Connection, world: World, kept: KeptCap, now: datetime) -> Copy:
    identifier = kept.reference.identifier
    if not _has_gone(connection, world, kept, now):
        raise NotGone(f"{identifier}: its order waits for an approver, or never went")
    return Copy(identifier, kept.content)


def _has_gone(connection: Connection, world: World, kept: KeptCap, now: datetime) -> bool:
    return held_back.has_gone(connection, world, (kept.episode_id, kept.revision), now=now)
