"""What a provider's name, or a delivery's key, stands for: one text, or all of one call.

A name of the provider's own is known once it has answered us.
"""

from __future__ import annotations

from sqlalchemy import Connection, and_, or_, select

from alerts.outbox.delivery import Delivery, State
from alerts.outbox.rows import delivery_of
from alerts.tables import attempt as attempts
from alerts.tables import delivery as deliveries
from pipeline.database import within
from pipeline.world import World


def is_under_way(connection: Connection, world: World, channel: str) -> bool:
    """Tell whether a text is with a provider whose name for it we have yet to hear."""
    leased = select(deliveries.c.delivery_key).where(
        within(deliveries, world),
        deliveries.c.channel == channel,
        deliveries.c.state == State.LEASED.value,
    )
    return connection.execute(leased.limit(1)).one_or_none() is not None


def brought_by(connection: Connection, ident: str) -> list[Delivery]:
    """Return a delivery by its key or its provider's name, and what went in one call with it."""
    lead = select(attempts.c.delivery_key).where(attempts.c.reference == ident)
    leads = or_(deliveries.c.delivery_key == ident, deliveries.c.delivery_key.in_(lead))
    found = [delivery_of(row) for row in connection.execute(select(deliveries).where(leads))]
    # of what went with it once and was tried again by itself, that call says nothing
    with_it = connection.execute(
        select(deliveries)
        .join(
            attempts,
            and_(
                attempts.c.delivery_key == deliveries.c.delivery_key,
                attempts.c.number == deliveries.c.attempts,
            ),
        )
        .where(attempts.c.reference.in_([delivery.key for delivery in found]), ~leads)
    )
    return [*found, *(delivery_of(row) for row in with_it)]
