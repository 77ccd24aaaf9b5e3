"""A delivery as a row of the outbox, and back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from alerts.outbox.delivery import Delivery, State
from alerts.tier import Tier
from pipeline.database import named
from pipeline.instants import from_us, to_us
from pipeline.world import Mode, World


def columns_of(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery as its row in the outbox."""
    return {
        "delivery_key": delivery.key,
        **named(delivery.world),
        "message_id": delivery.message_id,
        "contact_ref": delivery.contact_ref,
        "channel": delivery.channel,
        "purpose": delivery.purpose,
        "tier": int(delivery.tier),
        "decide_by": None if delivery.decide_by is None else to_us(delivery.decide_by),
        "rank": delivery.rank,
        "expires_at": to_us(delivery.expires_at),
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "next_at": to_us(delivery.next_at or delivery.created_at),
        "created_at": to_us(delivery.created_at),
        "ended_at": None if delivery.ended_at is None else to_us(delivery.ended_at),
        "reason": delivery.reason,
    }


def delivery_of(row: Row[Any]) -> Delivery:
    """Return a row of the outbox as what it is."""
    at = {
        name: None if (us := getattr(row, name)) is None else from_us(us)
        for name in ("decide_by", "ended_at")
    }
    return Delivery(
        key=row.delivery_key,
        world=World(row.site, Mode(row.mode), row.world_id),
        message_id=row.message_id,
        contact_ref=row.contact_ref,
        channel=row.channel,
        purpose=row.purpose,
        tier=Tier(row.tier),
        expires_at=from_us(row.expires_at),
        created_at=from_us(row.created_at),
        rank=row.rank,
        state=State(row.state),
        attempts=row.attempts,
        next_at=from_us(row.next_at),
        reason=row.reason,
        **at,
    )
