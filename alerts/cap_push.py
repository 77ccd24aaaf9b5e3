"""Which receivers a CAP alert goes to: a delivery for each, kept with the alert in one transaction.

An alert of an exercise or a replay says so in its status; who was not named for exercises gets none
of it, whatever row was written.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from lxml import etree

from alerts.cap import STATUS, CapAlert
from alerts.cap_receiver import CapReceiver
from alerts.cap_rules import NAMESPACE
from alerts.episode import TierEpisode
from alerts.outbox.delivery import PUSH, Delivery, delivery_key, push_id
from pipeline.world import Mode, World


def pushes(
    cap: CapAlert,
    state: TierEpisode,
    receivers: Iterable[CapReceiver],
    *,
    world: World,
    written_at: datetime,
    expires_at: datetime,
) -> list[Delivery]:
    """Return a delivery of an alert for each receiver that takes it.

    Parameters
    ----------
    state : that the alert tells
    written_at, expires_at : wall time
    """
    ident = push_id(state.episode_id, state.revision)
    return [
        Delivery(
            key=delivery_key(PUSH, *_named(world), cap.reference.identifier, receiver.id),
            world=world,
            message_id=ident,
            contact_ref=receiver.channel,
            channel=receiver.channel,
            purpose=PUSH,
            tier=state.tier,
            decide_by=None,
            expires_at=expires_at,
            created_at=written_at,
        )
        for receiver in receivers
        if receiver.takes(state.village_id, world.mode)
    ]


def _named(world: World) -> tuple[str, str, str]:
    return world.site, world.mode.value, world.world_id


def bears_status_of(content: bytes, mode: Mode) -> bool:
    """Tell whether an alert says of itself that it is of a mode: Actual, Exercise or Test."""
    told = etree.fromstring(content).findtext(f"{{{NAMESPACE}}}status")
    return told == STATUS[mode]
