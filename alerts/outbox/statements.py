"""What every parcel asks of the database, built once: to build it took longer than to ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)

from alerts.outbox.delivery import Outcome, State
from alerts.outbox.pushes import in_turn
from alerts.tables import attempt as attempts
from alerts.tables import delivery as deliveries
from pipeline.database import named
from pipeline.world import World

WAITING = (
    State.PENDING.value,
    State.FAILED_RETRY.value,
    State.THROTTLED.value,
    State.UNCERTAIN.value,
)
THROTTLED = State.THROTTLED.value

_HERE: Final = and_(
    *(deliveries.c[name] == bindparam(f"of_{name}") for name in ("site", "mode", "world_id"))
)
_WAITS: Final = and_(_HERE, deliveries.c.state.in_(WAITING), deliveries.c.ended_at.is_(None))
_KEY: Final = deliveries.c.delivery_key == bindparam("key")
_ATTEMPT: Final = and_(
    attempts.c.delivery_key == bindparam("key"), attempts.c.number == bindparam("of_number")
)
_IS_DUE: Final = deliveries.c.next_at <= bindparam("due_by")


def _urgency() -> Iterable[ColumnElement[Any]]:
    # NULL sorts first on one database and last on the other: say it.
    return (
        deliveries.c.tier.desc(),
        deliveries.c.rank < 0,  # whoever was told already waits for those who were not
        deliveries.c.decide_by.is_(None),
        deliveries.c.decide_by,
        deliveries.c.rank.desc(),
        deliveries.c.created_at,
        deliveries.c.delivery_key,
    )


def of_world(world: World) -> dict[str, str]:
    """Return the values by which these know a world."""
    return {f"of_{name}": value for name, value in named(world).items()}


def _most_urgent(*conditions: ColumnElement[bool]) -> Select[str]:
    return (
        select(deliveries.c.delivery_key)
        .where(_WAITS, *conditions, deliveries.c.channel == bindparam("of_channel"))
        .order_by(*_urgency())
        .limit(bindparam("at_most", type_=Integer))
        .with_for_update(skip_locked=True)
    )


DUE: Final = _most_urgent(_IS_DUE)
DUE_PUSH: Final = _most_urgent(_IS_DUE, in_turn())
DUE_BESIDE: Final = _most_urgent(
    # whoever is rung is told what waits for the next call to be allowed as well
    or_(_IS_DUE, deliveries.c.state == THROTTLED),
    deliveries.c.contact_ref == bindparam("of_person"),
    deliveries.c.purpose == bindparam("of_purpose"),
    deliveries.c.message_id != bindparam("not_message"),
)
LEASED: Final = (
    update(deliveries)
    .where(deliveries.c.delivery_key.in_(bindparam("keys", expanding=True)), _WAITS)
    .values(
        state=State.LEASED.value,
        lease_by=bindparam("new_by"),
        lease_until=bindparam("new_until"),
    )
    .returning(*deliveries.c)
)
BEGUN: Final = (
    update(deliveries)
    .where(
        _KEY,
        deliveries.c.state == State.LEASED.value,
        deliveries.c.lease_by == bindparam("held_by"),
        deliveries.c.attempts == bindparam("had"),
    )
    .values(attempts=bindparam("new_attempts"), lease_until=bindparam("new_until"))
    .returning(*deliveries.c)
)
ATTEMPT: Final = insert(attempts)
ENDED: Final = (
    update(attempts)
    .where(
        _ATTEMPT,
        or_(attempts.c.outcome.is_(None), attempts.c.outcome == Outcome.UNCERTAIN.value),
    )
    .values(
        ended_at=bindparam("new_end"),
        outcome=bindparam("new_outcome"),
        detail=bindparam("new_detail"),
    )
)
REFERRED: Final = update(attempts).where(_ATTEMPT).values(reference=bindparam("new_reference"))
FINISHED: Final = (
    update(deliveries)
    .where(
        _KEY,
        deliveries.c.attempts == bindparam("of_number"),
        deliveries.c.state.in_((State.LEASED.value, State.UNCERTAIN.value)),
    )
    .values({
        name: bindparam(f"new_{name}")
        for name in ("state", "next_at", "ended_at", "reason", "lease_by", "lease_until")
    })
)  # fmt: skip
LOCKED: Final = select(deliveries.c.delivery_key).where(_KEY).with_for_update()
TRIED: Final = select(
    func.count().filter(attempts.c.outcome == Outcome.UNCERTAIN.value),
    func.min(attempts.c.started_at),
).where(attempts.c.delivery_key == bindparam("key"))
