"""Deliveries to a village that nobody has tried yet: what an approver can hasten or hold back.

No state of their own: they are pending, and their hour has not come. So a dead machine, a lost
approver or a lost row of the log can only let an order go, never keep it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, update

from alerts.outbox.delivery import State
from alerts.tables import delivery as deliveries
from alerts.tables import message as messages
from alerts.warning_message import Audience
from pipeline.database import within
from pipeline.instants import from_us, to_us
from pipeline.world import World


def move(connection: Connection, world: World, episode_id: str, *, to: datetime) -> int:
    """Set the hour at which an episode's untried orders go; return how many there are.

    Parameters
    ----------
    to : wall time; of an order that goes in its own time already, nothing is changed
    """
    moved = connection.execute(
        update(deliveries)
        .where(_untried(world, episode_id), deliveries.c.next_at > deliveries.c.created_at)
        .values(next_at=to_us(to))
    )
    return int(moved.rowcount)


def until(connection: Connection, world: World, episode_id: str) -> datetime | None:
    """Return the hour at which an episode's last untried order goes; None where all went."""
    last = connection.execute(
        select(func.max(deliveries.c.next_at)).where(_untried(world, episode_id))
    ).scalar_one_or_none()
    return None if last is None else from_us(last)


def _untried(world: World, episode_id: str) -> ColumnElement[bool]:
    of_episode = select(messages.c.message_id).where(
        within(messages, world),
        messages.c.episode_id == episode_id,
        messages.c.audience == Audience.VILLAGER.value,
    )
    return (
        within(deliveries, world)
        & (deliveries.c.state == State.PENDING.value)
        & (deliveries.c.attempts == 0)
        & deliveries.c.message_id.in_(of_episode)
    )
