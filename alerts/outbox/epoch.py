"""Whose turn it is to send: a database that was restored or taken over begins a new epoch.

An epoch begins held: nothing is sent in it until a person has read what may have gone out before.
A host serves the epoch that it began itself, and is refused in every other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from sqlalchemy import Connection, insert, select, update
from typing_extensions import override

from alerts.tables import sender_epoch as epochs
from pipeline.instants import from_us, to_us

WRITTEN = re.compile(r"(\d{1,9}) ([0-9a-f]{32})")
NOBODYS = "0" * 32


class Cause(StrEnum):
    """Why an epoch began."""

    RESTORE = "restore"
    TAKEOVER = "takeover"


@dataclass(frozen=True, slots=True)
class Epoch:
    """One turn of one host.

    Attributes
    ----------
    name : random, so that two hosts which restored the same backup differ
    """

    number: int = 0
    name: str = ""

    @override
    def __str__(self) -> str:
        """Return it as it is written into a file; the first as nothing."""
        return f"{self.number} {self.name}" if self.name else ""

    def of_another(self) -> Self:
        """Return what a host remembers of it that it did not begin: as its own it is nobody's."""
        return replace(self, name=NOBODYS)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what was written; nothing is the first.

        Raises
        ------
        ValueError
            It is no epoch.
        """
        if not text.strip():
            return cls()
        found = WRITTEN.fullmatch(text.strip())
        if found is None:
            raise ValueError("no epoch")
        return cls(int(found[1]), found[2])


@dataclass(frozen=True, slots=True)
class Turn:
    """The epoch that a database is in.

    Attributes
    ----------
    held_since : wall time; None once a person has released it, and of the first
    """

    epoch: Epoch = Epoch()
    held_since: datetime | None = None


def is_fenced(own: Epoch, there: Epoch) -> bool:
    """Tell whether another host has begun what stands in the fence, and not before this one."""
    return there != own and there.number >= own.number


def refusal(own: Epoch, turn: Turn, seen: Epoch | None) -> str | None:
    """Return why a host must not send, or None where it may; pure.

    Parameters
    ----------
    own : the newest epoch that the host knows of for this database
    seen : what stands in the fence; None where there is none or it cannot be seen, for silence
        would cost more than a second message
    """
    if seen is not None and is_fenced(own, seen):
        return f"another host sends since epoch {seen.number}"
    if own.number > turn.epoch.number:
        return (
            f"the database is of epoch {turn.epoch.number}, and epoch {own.number} has begun:"
            " another host took over, or an older database was put back; see the runbook"
        )
    if own != turn.epoch:
        return f"another host took this database over in epoch {turn.epoch.number}"
    if turn.held_since is not None:
        return (
            f"nothing is sent since {turn.held_since.isoformat()}: read `floodwarn outbox list`,"
            " then `floodwarn outbox release`"
        )
    return None


def present(connection: Connection) -> Turn:
    """Return the epoch that the database is in."""
    row = connection.execute(select(epochs).order_by(epochs.c.number.desc()).limit(1)).one_or_none()
    if row is None:
        return Turn()
    held_since = from_us(row.began_at) if row.released_at is None else None
    return Turn(Epoch(row.number, row.name), held_since)


def begin(
    connection: Connection, epoch: Epoch, cause: Cause, *, by: str | None, now: datetime
) -> None:
    """Begin an epoch, held."""
    connection.execute(
        insert(epochs).values(
            number=epoch.number,
            name=epoch.name,
            cause=cause.value,
            began_at=to_us(now),
            begun_by=by,
        )
    )


def release(connection: Connection, epoch: Epoch, *, by: str, now: datetime) -> None:
    """End the hold of an epoch; one that was released stays as it was."""
    connection.execute(
        update(epochs)
        .where(epochs.c.number == epoch.number, epochs.c.released_at.is_(None))
        .values(released_at=to_us(now), released_by=by)
    )
