"""When a CAP alert may be pushed to a receiver: once its order has gone, and after those before it.

Asked of the rows in the transaction that opens the attempt, as whatever keeps a delivery back is;
no state is kept of it, so a dead sender or a lost approver can only let an alert go.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, exists, func, select

from alerts.outbox.delivery import REVISION_DIGITS, Delivery, State, Verdict, state_of
from alerts.outbox.held_back import is_due, said_last
from alerts.outbox.overtaken import is_in_earnest_at, overtaken
from alerts.tables import delivery as deliveries
from alerts.tables import episode as episodes
from alerts.tier import Tier
from pipeline.database import within
from pipeline.world import Mode

LOOK_AGAIN: Final = timedelta(seconds=5)
"""From one look at an order that waits to the next: an approver may have let it go meanwhile."""
EPISODE: Final = 33
"""Characters of a `push_id` that name the episode, its stroke counted."""
FIRST: Final = "0" * REVISION_DIGITS
LAST: Final = "9" * REVISION_DIGITS
TAKEN: Final = (State.ACCEPTED.value, State.UNCERTAIN.value)
IN_EARNEST: Final = "red is real in this village: the exercise is over there"


def in_turn() -> ColumnElement[bool]:
    """Return that no alert before it, of the same episode, is still to come to the receiver.

    One that expired, was given up or refused is not waited for.
    """
    older = deliveries.alias()
    episode = func.substr(deliveries.c.message_id, 1, EPISODE)
    waits_for = exists().where(
        # both bounds are of this episode and of one length: an index finds what is between
        older.c.message_id >= episode.concat(FIRST),
        older.c.message_id < deliveries.c.message_id,
        func.substr(older.c.message_id, 1, EPISODE) == episode,
        older.c.channel == deliveries.c.channel,
        *(older.c[name] == deliveries.c[name] for name in ("site", "mode", "world_id")),
        older.c.ended_at.is_(None),
    )
    return ~waits_for


def kept_back(connection: Connection, push: Delivery, *, now: datetime) -> Verdict | None:
    """Return where a push stands instead of leaving: over, or waiting for its order; else None.

    Parameters
    ----------
    now : wall time
    """
    if _is_overtaken(connection, push):
        return Verdict(State.SUPERSEDED, None, "a later alert of its chain was taken before it")
    if push.world.mode is Mode.EXERCISE and _is_in_earnest(connection, push):
        return Verdict(State.SUPERSEDED, None, IN_EARNEST)
    return _until_it_goes(
        connection, said_last(connection, push.world, state_of(push.message_id)), now
    )


def _until_it_goes(
    connection: Connection, orders: Sequence[Delivery], now: datetime
) -> Verdict | None:
    """Return how long an alert waits for its order; an overtaken order never goes, nor does it."""
    if not orders or any(order.attempts > 0 for order in orders):
        return None
    # first what is due: one that leaves is enough, and the usual case
    for order in sorted(orders, key=_hour):
        if _leaves(connection, order):
            return None if is_due(order, now) else _look_again(order, now)
    return Verdict(State.SUPERSEDED, None, "its order was overtaken before it went")


def _look_again(order: Delivery, now: datetime) -> Verdict:
    # an approver may hasten an orange or a red; what of a yellow waits lets somebody sleep
    soon, waits_for_a_yes = now + LOOK_AGAIN, order.tier >= Tier.ORANGE
    again = soon if waits_for_a_yes else max(soon, _hour(order))
    return Verdict(State.PENDING, again, "its order has not gone")


def _hour(order: Delivery) -> datetime:
    return order.next_at or order.created_at


def _leaves(connection: Connection, order: Delivery) -> bool:
    """Tell whether an untried order leaves at its hour: one that was replaced by then does not."""
    if order.state is State.SUPERSEDED:
        return False
    return order.ended_at is not None or overtaken(connection, order) is None


def _is_overtaken(connection: Connection, push: Delivery) -> bool:
    """Tell whether the receiver has a later alert of the chain, as after a person's release."""
    episode = push.message_id[:EPISODE]
    newer = exists().where(
        within(deliveries, push.world),
        deliveries.c.channel == push.channel,
        deliveries.c.message_id > push.message_id,
        deliveries.c.message_id <= episode + LAST,
        func.substr(deliveries.c.message_id, 1, EPISODE) == episode,
        deliveries.c.attempts > 0,
        deliveries.c.state.in_(TAKEN),
    )
    return bool(connection.execute(select(newer)).scalar_one())


def _is_in_earnest(connection: Connection, push: Delivery) -> bool:
    episode_id, revision = state_of(push.message_id)
    village_id = connection.execute(
        select(episodes.c.village_id).where(
            within(episodes, push.world),
            episodes.c.episode_id == episode_id,
            episodes.c.revision == revision,
        )
    ).scalar_one_or_none()
    return village_id is not None and is_in_earnest_at(connection, push.world.site, village_id)
