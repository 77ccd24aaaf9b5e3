"""Where the deliveries stand, for the board: counts, and what a person must look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from alerts.cap_receiver import BEFORE_ID
from alerts.outbox.delivery import PUSH, State
from alerts.tables import delivery as deliveries
from pipeline.database import within
from pipeline.instants import from_us
from pipeline.world import World


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A delivery that a person must look at: it failed for good, or nobody knows."""

    message_id: str
    contact_ref: str
    channel: str
    state: State
    reason: str
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Pushed:
    """Where a CAP alert's way to one receiver stands, by the receiver's id."""

    receiver: str
    state: State


def progress(
    connection: Connection, world: World, message_ids: Iterable[str]
) -> dict[str, dict[State, int]]:
    """Return how many deliveries of each message stand where."""
    rows = connection.execute(
        select(deliveries.c.message_id, deliveries.c.state, func.count())
        .where(within(deliveries, world), deliveries.c.message_id.in_(list(message_ids)))
        .group_by(deliveries.c.message_id, deliveries.c.state)
    )
    found: dict[str, dict[State, int]] = {}
    for message_id, state, count in rows:
        found.setdefault(message_id, {})[State(state)] = count
    return found


def pushed(
    connection: Connection, world: World, idents: Iterable[str]
) -> dict[str, tuple[Pushed, ...]]:
    """Return where the pushes of CAP alerts stand, by what they bear in a message's place."""
    rows = connection.execute(
        select(deliveries.c.message_id, deliveries.c.channel, deliveries.c.state)
        .where(
            within(deliveries, world),
            deliveries.c.message_id.in_(list(idents)),
            deliveries.c.purpose == PUSH,
        )
        .order_by(deliveries.c.channel)
    )
    found: dict[str, tuple[Pushed, ...]] = {}
    for ident, channel, state in rows:
        to = channel.removeprefix(BEFORE_ID)
        found[ident] = (*found.get(ident, ()), Pushed(to, State(state)))
    return found


def unsettled(connection: Connection, world: World) -> tuple[Unsettled, ...]:
    """Return the deliveries that ended failed or uncertain, newest first."""
    rows = connection.execute(
        select(deliveries)
        .where(
            within(deliveries, world),
            deliveries.c.state.in_((State.FAILED_FINAL.value, State.UNCERTAIN.value)),
            deliveries.c.ended_at.is_not(None),
        )
        .order_by(deliveries.c.ended_at.desc(), deliveries.c.delivery_key)
    )
    return tuple(
        Unsettled(
            row.message_id,
            row.contact_ref,
            row.channel,
            State(row.state),
            row.reason or "",
            from_us(row.ended_at),
        )
        for row in rows
    )
