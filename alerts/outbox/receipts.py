"""Receipts: what a provider says later of what it took."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, or_, select, update

from alerts.outbox.brought import brought_by
from alerts.outbox.delivery import State
from alerts.tables import delivery as deliveries
from pipeline.instants import to_us
from pipeline.world import World

NOT_BROUGHT = "the provider's receipt: it did not arrive"
OPEN = (State.LEASED.value, State.ACCEPTED.value, State.UNCERTAIN.value)


def take(
    connection: Connection,
    world: World,
    ident: str,
    *,
    channel: str,
    delivered: bool,
    now: datetime,
) -> bool:
    """Record a receipt; False where it is of no delivery of ours, or says nothing new.

    What arrived is not tried again, though its answer was lost. "It did not arrive" ends what was
    accepted; a receipt that says the contrary later is believed, for one text may come twice. What
    went in one call is of one receipt.

    Parameters
    ----------
    world : of whose site and mode it is: an exercise that has ended hears its last receipts
    ident : the delivery's key, or the provider's name for it
    now : wall time
    """
    brought = [delivery.key for delivery in brought_by(connection, ident)]
    mine = and_(
        deliveries.c.site == world.site,
        deliveries.c.mode == world.mode.value,
        deliveries.c.channel == channel,
        deliveries.c.attempts > 0,
        deliveries.c.delivery_key.in_(brought),
    )
    open_still = deliveries.c.state.in_(OPEN)
    stands = or_(open_still, deliveries.c.reason == NOT_BROUGHT) if delivered else open_still
    found = connection.execute(select(deliveries.c.delivery_key).where(mine, stands)).scalars()
    state = State.DELIVERED if delivered else State.FAILED_FINAL
    changed = connection.execute(
        update(deliveries)
        .where(deliveries.c.delivery_key.in_(list(found)))
        .values(
            state=state.value,
            ended_at=to_us(now),
            reason=None if delivered else NOT_BROUGHT,
            lease_by=None,
            lease_until=None,
        )
    )
    return bool(changed.rowcount)
