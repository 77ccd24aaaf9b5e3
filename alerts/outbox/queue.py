"""The queue of deliveries, from enqueue to finish; each step in its caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    select,
    update,
)

from alerts.cap_receiver import is_push
from alerts.errors import Refused
from alerts.outbox import buckets, pushes
from alerts.outbox.buckets import Gate
from alerts.outbox.delivery import PUSH, Delivery, Outcome, State, Tried, Verdict, judge
from alerts.outbox.overtaken import overtaken
from alerts.outbox.rows import columns_of, delivery_of
from alerts.outbox.statements import (
    ATTEMPT,
    BEGUN,
    DUE,
    DUE_BESIDE,
    DUE_PUSH,
    ENDED,
    FINISHED,
    LEASED,
    LOCKED,
    REFERRED,
    THROTTLED,
    TRIED,
    WAITING,
    of_world,
)
from alerts.tables import attempt as attempts
from alerts.tables import delivery as deliveries
from pipeline.database import insert_absent, within
from pipeline.instants import from_us, to_us
from pipeline.world import Mode, World

LEASE = timedelta(seconds=60)
"""Longer than any channel may take for one parcel."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries a sender asks for.

    Attributes
    ----------
    due : wall time by which they were to be tried; who asks throughout a pass for what was due at
        its beginning tries each once
    beside : of the same person, what may go in one call with this one
    """

    channel: str
    due: datetime
    at_most: int = 1
    beside: Delivery | None = None


def enqueue(connection: Connection, wanted: Sequence[Delivery]) -> int:
    """Queue deliveries, in the caller's transaction; return how many were not there yet.

    Raises
    ------
    Refused
        One of them is of a replay: a replay sends nothing, ever.
    """
    if any(d.world.mode is Mode.REPLAY for d in wanted):
        raise Refused("a replay has no outbox")
    return insert_absent(connection, deliveries, [columns_of(d) for d in wanted])


def channels_due(connection: Connection, world: World, *, due: datetime) -> list[str]:
    """Return the channels that have something to send, also those that nobody knows."""
    found = select(deliveries.c.channel).where(_due(world, due)).distinct()
    return sorted(connection.execute(found).scalars())


def lease(
    connection: Connection, world: World, wanted: Wanted, *, by: str, now: datetime
) -> list[Delivery]:
    """Lease the most urgent deliveries that are due: highest tier first, then earliest decide-by.

    Of an episode's CAP alerts a receiver gets one after the other, as they were issued.
    Two senders never get the same row: PostgreSQL skips rows that another has locked, SQLite
    lets one writer in at a time.
    """
    asked = {
        **of_world(world),
        "of_channel": wanted.channel,
        "due_by": to_us(wanted.due),
        "at_most": wanted.at_most,
    }
    lead = wanted.beside
    if lead is None:
        due = connection.execute(DUE_PUSH if is_push(wanted.channel) else DUE, asked)
    else:
        due = connection.execute(
            DUE_BESIDE,
            asked
            | {
                "of_person": lead.contact_ref,
                "of_purpose": lead.purpose,
                "not_message": lead.message_id,
            },
        )
    keys = list(due.scalars())
    if not keys:
        return []
    leased = connection.execute(
        LEASED,
        {**of_world(world), "keys": keys, "new_by": by, "new_until": to_us(now + LEASE)},
    )
    return sorted((delivery_of(row) for row in leased), key=lambda d: keys.index(d.key))


def begin(
    connection: Connection,
    leased: Delivery,
    *,
    by: str,
    now: datetime,
    gates: Sequence[Gate] = (),
) -> Delivery | State:
    """Open an attempt, checking at the last moment whether the parcel should still leave.

    Returns the delivery with the attempt counted; or where it stands instead: expired or
    superseded, which ends it here; pending, where a push waits for its order; throttled, where a
    gate has nothing left, until it has; or leased, where the lease is another's now.
    """
    kept = _over(connection, leased, now) or _throttled(connection, gates, now)
    if kept is not None:
        connection.execute(update(deliveries).where(_mine(leased, by)).values(**_after(kept, now)))
        return kept.state
    number = leased.attempts + 1
    row = connection.execute(
        BEGUN,
        {
            "key": leased.key,
            "held_by": by,
            "had": leased.attempts,
            "new_attempts": number,
            "new_until": to_us(now + LEASE),
        },
    ).one_or_none()
    if row is None:
        return State.LEASED
    connection.execute(
        ATTEMPT, {"delivery_key": leased.key, "number": number, "started_at": to_us(now)}
    )
    return delivery_of(row)


def _over(connection: Connection, leased: Delivery, now: datetime) -> Verdict | None:
    if now >= leased.expires_at:
        return Verdict(State.EXPIRED, None, "older than it was worth sending")
    if leased.purpose == PUSH:
        return pushes.kept_back(connection, leased, now=now)
    why = overtaken(connection, leased)
    return None if why is None else Verdict(State.SUPERSEDED, None, why)


def _throttled(connection: Connection, gates: Sequence[Gate], now: datetime) -> Verdict | None:
    free = buckets.take(connection, gates, now=now)
    return Verdict(State.THROTTLED, free, "the provider allows no more now") if free > now else None


def finish(
    connection: Connection,
    begun: Delivery,
    outcome: Outcome,
    *,
    now: datetime,
    detail: str | None = None,
    retry_after: float | None = None,
) -> Verdict:
    """Record what came of the open attempt and where that takes the delivery.

    A sender that was only slow still records its answer, unless another attempt was opened since;
    what a receipt has said meanwhile stands.
    """
    _lock(connection, begun.key)
    of = {"key": begun.key, "of_number": begun.attempts}
    connection.execute(
        ENDED,
        of | {"new_end": to_us(now), "new_outcome": outcome.value, "new_detail": detail},
    )
    verdict = judge(
        begun,
        outcome,
        _tried(connection, begun.key),
        at=now,
        retry_after=retry_after,
    )
    after = {f"new_{name}": value for name, value in _after(verdict, now).items()}
    connection.execute(FINISHED, of | after)
    return verdict


def refer(connection: Connection, begun: Delivery, reference: str | None) -> None:
    """Keep by which name a receipt may call it: the provider's, or the key of the call it is in."""
    connection.execute(
        REFERRED,
        {"key": begun.key, "of_number": begun.attempts, "new_reference": reference},
    )


def hasten(connection: Connection, like: Delivery, *, now: datetime) -> None:
    """Let what waits for a person's number ask again: what was taken for a call is given back."""
    waiting = (
        select(deliveries.c.delivery_key)
        .where(
            _of(like.world),
            deliveries.c.state == THROTTLED,
            deliveries.c.contact_ref == like.contact_ref,
            deliveries.c.channel == like.channel,
        )
        .with_for_update(skip_locked=True)
    )
    keys = list(connection.execute(waiting).scalars())
    connection.execute(
        update(deliveries).where(deliveries.c.delivery_key.in_(keys)).values(next_at=to_us(now))
    )


def is_uncertain(connection: Connection, begun: Delivery) -> bool:
    """Tell whether an attempt of it may have been heard: a repeat bears that id, and its text."""
    return _tried(connection, begun.key).uncertain > 0


def find(connection: Connection, key: str) -> Delivery | None:
    """Return one delivery."""
    row = connection.execute(
        select(deliveries).where(deliveries.c.delivery_key == key)
    ).one_or_none()
    return None if row is None else delivery_of(row)


def recover(connection: Connection, world: World, *, now: datetime) -> list[Delivery]:
    """Take back what a dead sender had leased; return what it may have sent.

    Without an open attempt nothing left the house, and the row waits again. With one, nobody can
    know: the delivery is UNCERTAIN.
    """
    stale = connection.execute(
        select(deliveries, attempts.c.number)
        .outerjoin(
            attempts,
            and_(
                attempts.c.delivery_key == deliveries.c.delivery_key,
                attempts.c.number == deliveries.c.attempts,
                attempts.c.outcome.is_(None),
            ),
        )
        .where(
            _of(world),
            deliveries.c.state == State.LEASED.value,
            deliveries.c.lease_until <= to_us(now),
        )
        .with_for_update(skip_locked=True, of=deliveries)
    ).all()
    for row in stale:
        if row.number is None:
            _release(connection, row.delivery_key, now)
    sent = [delivery_of(row) for row in stale if row.number is not None]
    for delivery in sent:
        finish(connection, delivery, Outcome.UNCERTAIN, now=now, detail="the sender died")
    return sent


def _release(connection: Connection, key: str, now: datetime) -> None:
    connection.execute(
        update(deliveries)
        .where(deliveries.c.delivery_key == key, deliveries.c.state == State.LEASED.value)
        .values(state=State.PENDING.value, next_at=to_us(now), lease_by=None, lease_until=None)
    )


def _lock(connection: Connection, key: str) -> None:
    """Lock a delivery before its attempts, as `recover` does: in one order nobody deadlocks."""
    connection.execute(LOCKED, {"key": key})


def _after(verdict: Verdict, now: datetime) -> dict[str, Any]:
    again = verdict.next_at
    return {
        "state": verdict.state.value,
        "next_at": to_us(now if again is None else again),
        "ended_at": to_us(now) if again is None else None,
        "reason": verdict.reason,
        "lease_by": None,
        "lease_until": None,
    }


def _tried(connection: Connection, key: str) -> Tried:
    uncertain, first_us = connection.execute(TRIED, {"key": key}).one()
    return Tried(int(uncertain), from_us(first_us))


def _of(world: World) -> ColumnElement[bool]:
    return within(deliveries, world)


def _waiting(world: World) -> ColumnElement[bool]:
    return and_(_of(world), deliveries.c.state.in_(WAITING), deliveries.c.ended_at.is_(None))


def _due(world: World, due: datetime) -> ColumnElement[bool]:
    return and_(_waiting(world), deliveries.c.next_at <= to_us(due))


def _mine(leased: Delivery, by: str) -> ColumnElement[bool]:
    return and_(
        deliveries.c.delivery_key == leased.key,
        deliveries.c.state == State.LEASED.value,
        deliveries.c.lease_by == by,
        deliveries.c.attempts == leased.attempts,
    )
