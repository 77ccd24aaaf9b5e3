"""Deliveries to a village that nobody has tried yet: what an approver can hasten or hold back.

No state of their own: they are pending, and their hour has not come. So a dead machine, a lost
approver or a lost row of the log can only let an order go, never keep it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, distinct, func, select, update

from alerts.outbox.delivery import Delivery, State
from alerts.outbox.rows import delivery_of
from alerts.tables import delivery as deliveries
from alerts.tables import message as messages
from alerts.tier import Tier
from alerts.warning_message import Audience
from pipeline.database import within
from pipeline.instants import from_us, to_us
from pipeline.world import World


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of an episode waits for an approver.

    Attributes
    ----------
    until : wall time at which the last of it goes by itself
    """

    deliveries: int
    until: datetime


def move(connection: Connection, world: World, episode_id: str, tier: Tier, *, to: datetime) -> int:
    """Set the hour at which an episode's untried orders of a tier go; return how many there are.

    Orders of another tier are not what an approver looks at: they are overtaken, and do not leave.

    Parameters
    ----------
    to : wall time; of an order that goes in its own time already, nothing is changed
    """
    moved = connection.execute(
        update(deliveries)
        .where(
            _untried(world, episode_id),
            deliveries.c.tier == int(tier),
            deliveries.c.next_at > deliveries.c.created_at,
        )
        .values(next_at=to_us(to))
    )
    return int(moved.rowcount)


def until(connection: Connection, world: World, episode_id: str, tier: Tier) -> datetime | None:
    """Return the hour at which an episode's last untried order goes; None where all went.

    One of another tier is overtaken: a new way does not wait for it.
    """
    last = connection.execute(
        select(func.max(deliveries.c.next_at)).where(
            _untried(world, episode_id), deliveries.c.tier == int(tier)
        )
    ).scalar_one_or_none()
    return None if last is None else from_us(last)


def waiting(connection: Connection, world: World, *, now: datetime) -> dict[str, Waiting]:
    """Return what `move` would find whose hour has not come yet, by episode.

    What was written anew for a person and place counts once: only the newest leaves.

    Parameters
    ----------
    now : wall time
    """
    whom = messages.c.place_id + "\n" + deliveries.c.contact_ref + "\n" + deliveries.c.channel
    rows = connection.execute(
        select(messages.c.episode_id, func.count(distinct(whom)), func.max(deliveries.c.next_at))
        .join(messages, messages.c.message_id == deliveries.c.message_id)
        .where(
            within(messages, world),
            _untried(world),
            deliveries.c.next_at > deliveries.c.created_at,
            deliveries.c.next_at > to_us(now),
        )
        .group_by(messages.c.episode_id)
    )
    return {episode_id: Waiting(count, from_us(last)) for episode_id, count, last in rows}


def has_gone(
    connection: Connection, world: World, state: tuple[str, int], *, now: datetime
) -> bool:
    """Tell whether what was said last up to a revision of an episode has gone into the village.

    It has not while it waits for an approver, nor ever where it was overtaken before its hour came.
    What orders nobody in the village, a fall for instance, has gone.

    Parameters
    ----------
    state : episode id and revision
    now : wall time
    """
    orders = said_last(connection, world, state)
    return not orders or any(
        order.attempts > 0 or (order.state is not State.SUPERSEDED and is_due(order, now))
        for order in orders
    )


def is_due(order: Delivery, now: datetime) -> bool:
    """Tell whether a delivery's hour has come."""
    return (order.next_at or order.created_at) <= now


def said_last(connection: Connection, world: World, state: tuple[str, int]) -> list[Delivery]:
    """Return the deliveries of what was said last to a village up to a revision of an episode.

    Parameters
    ----------
    state : episode id and revision
    """
    said = within(messages, world) & (messages.c.episode_id == state[0])
    last = select(func.max(messages.c.revision)).where(said, messages.c.revision <= state[1])
    rows = connection.execute(
        select(deliveries)
        .join(messages, messages.c.message_id == deliveries.c.message_id)
        .where(
            said,
            within(deliveries, world),
            messages.c.revision == last.scalar_subquery(),
            messages.c.audience == Audience.VILLAGER.value,
        )
    )
    return [delivery_of(row) for row in rows]


def _untried(world: World, episode_id: str | None = None) -> ColumnElement[bool]:
    of_episode = select(messages.c.message_id).where(
        within(messages, world), messages.c.audience == Audience.VILLAGER.value
    )
    if episode_id is not None:
        of_episode = of_episode.where(messages.c.episode_id == episode_id)
    return (
        within(deliveries, world)
        & (deliveries.c.state == State.PENDING.value)
        & (deliveries.c.attempts == 0)
        # a yellow waits for nobody's yes: what of it has not gone lets somebody sleep
        & (deliveries.c.tier >= int(Tier.ORANGE))
        & deliveries.c.message_id.in_(of_episode)
    )
