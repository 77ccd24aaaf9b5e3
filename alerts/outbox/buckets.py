"""What was asked of providers and of numbers, so that senders together never ask for too much.

A bucket is of the provider, not of a world: an exercise uses up what a flood would need. A sender
locks the rows, decides, and opens its attempt in one transaction. Rows are locked in the order of
their gates, the account's first, so that senders cannot deadlock.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, select, update

from alerts.pace import Pace, State
from alerts.tables import bucket
from pipeline.database import insert_absent
from pipeline.instants import from_us, to_us

PURPOSE = b"floodwarn bucket of a called number"
_THIS = and_(bucket.c.scope == bindparam("of"), bucket.c.pace == bindparam("at"))
HELD = select(bucket.c.state).where(_THIS).with_for_update()
KEPT = update(bucket).where(_THIS).values(state=bindparam("new_state"))


@dataclass(frozen=True, slots=True)
class Gate:
    """Limits that hold for one account, or for one number.

    Attributes
    ----------
    scope : the channel; of a number, `scope_of` it
    """

    scope: str
    paces: tuple[Pace, ...]


def scope_of(key: bytes, channel: str, address: str) -> str:
    """Return the name under which a number's bucket is found; it does not tell the number.

    Parameters
    ----------
    key : the home's; another one is derived from it for this purpose alone
    """
    derived = hmac.digest(key, PURPOSE, hashlib.sha256)
    return f"{channel} {hmac.digest(derived, address.encode(), hashlib.sha256).hex()}"


def free_at(connection: Connection, gates: Iterable[Gate], *, now: datetime) -> datetime:
    """Return when all gates let one more through: `now`, or later; what they know is locked."""
    at = to_us(now)
    free = [pace.free_at(state, at) for _, pace, state in _held(connection, gates, at=at)]
    return from_us(max(free, default=at))


def take(connection: Connection, gates: Iterable[Gate], *, now: datetime) -> datetime:
    """Take of every gate if all have one; return when they have it, which is `now` if it was taken.

    Taken is taken: also by a sender that dies before it has sent anything.
    """
    at = to_us(now)
    held = list(_held(connection, gates, at=at))
    free = max((pace.free_at(state, at) for _, pace, state in held), default=at)
    if free <= at:
        for scope, pace, state in held:
            _keep(connection, scope, pace, pace.taken(state, at))
    return from_us(free)


def give_back(connection: Connection, gates: Iterable[Gate], *, taken_at: datetime) -> None:
    """Give back what was taken then: the provider has plainly not called anyone."""
    for scope, pace, state in list(_held(connection, gates)):
        _keep(connection, scope, pace, pace.given_back(state, to_us(taken_at)))


def _held(
    connection: Connection, gates: Iterable[Gate], *, at: int | None = None
) -> Iterator[tuple[str, Pace, State]]:
    """Yield the limits with what is remembered of each, locked until the transaction's end.

    Parameters
    ----------
    at : now, where a clock that was set back may be found out
    """
    for gate in gates:
        for pace in gate.paces:
            key = {"scope": gate.scope, "pace": pace.name}
            insert_absent(connection, bucket, [{**key, "state": ""}])
            found = connection.execute(HELD, {"of": gate.scope, "at": pace.name}).scalar_one()
            state = tuple(map(int, found.split()))
            settled = state if at is None else pace.settled(state, at)
            if settled != state:
                _keep(connection, gate.scope, pace, settled)
            yield gate.scope, pace, settled


def _keep(connection: Connection, scope: str, pace: Pace, state: State) -> None:
    connection.execute(KEPT, {"of": scope, "at": pace.name, "new_state": " ".join(map(str, state))})
