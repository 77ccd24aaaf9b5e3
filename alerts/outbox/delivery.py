"""A delivery, and where an attempt's outcome takes it; pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.tier import Tier
from pipeline.world import World

NOTICE = "notice"
"""The purpose of a delivery whose text is a notice's; a check's is one too, others are messages."""
LADDER = "ladder"
"""The purpose of a delivery to whom the ladder calls; its text is a call's."""
RING_BACK = "ring back"
"""The purpose of a call about one order alone: in it a key can mean nothing else."""
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = {
    Tier.RED: timedelta(seconds=30),
    Tier.ORANGE: timedelta(minutes=1),
    Tier.YELLOW: timedelta(minutes=5),
    Tier.BLUE: timedelta(minutes=5),
    Tier.NONE: timedelta(minutes=5),
}
GIVE_UP = {
    Tier.RED: timedelta(hours=6),
    Tier.ORANGE: timedelta(hours=6),
    Tier.YELLOW: timedelta(hours=2),
    Tier.BLUE: timedelta(hours=1),
    Tier.NONE: timedelta(hours=2),
}
"""From queued to given up, where the message does not expire before."""


class State(StrEnum):
    """Where a delivery stands; accepted by a provider is not delivered, and never shown as it.

    Delivered is what the provider's own receipt says; it is not read, and not answered.
    """

    PENDING = "pending"
    LEASED = "leased"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED_RETRY = "failed_retry"
    THROTTLED = "throttled"
    FAILED_FINAL = "failed_final"
    UNCERTAIN = "uncertain"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


class Outcome(StrEnum):
    """What came of one attempt."""

    ACCEPTED = "accepted"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one person by one channel.

    Attributes
    ----------
    decide_by : UTC (flood time); orders the queue and nothing else
    expires_at, next_at, created_at, ended_at : wall time
    attempts : opened so far
    ended_at : None while a sender may still touch it
    """

    key: str
    world: World
    message_id: str
    contact_ref: str
    channel: str
    purpose: str
    tier: Tier
    decide_by: datetime | None
    expires_at: datetime
    created_at: datetime
    state: State = State.PENDING
    attempts: int = 0
    next_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where an attempt's outcome takes its delivery.

    Attributes
    ----------
    next_at : when to try again; None where the delivery has ended
    """

    state: State
    next_at: datetime | None
    reason: str | None


def delivery_key(*parts: str) -> str:
    """Return a delivery's identity: no time, no text, no run is in it, so a repeat is the same.

    Parameters
    ----------
    parts : episode, village, place, tier, revision, contact, channel, purpose
    """
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def judge(
    delivery: Delivery,
    outcome: Outcome,
    *,
    uncertain: int,
    at: datetime,
    retry_after: float | None = None,
) -> Verdict:
    """Return where an attempt's outcome takes its delivery; pure.

    Parameters
    ----------
    uncertain : attempts of unknown outcome, this one counted
    retry_after : seconds that the provider asked us to wait
    """
    match outcome:
        case Outcome.ACCEPTED:
            return Verdict(State.ACCEPTED, None, None)
        case Outcome.PERMANENT:
            return Verdict(State.FAILED_FINAL, None, "refused by the provider")
        case Outcome.UNCERTAIN if delivery.tier >= Tier.ORANGE and uncertain == 1:
            return Verdict(State.UNCERTAIN, at, "may have arrived; sent once more, same id")
        case Outcome.UNCERTAIN:
            return Verdict(State.UNCERTAIN, None, "may have arrived; a person must ask")
        case Outcome.TEMPORARY:
            return _again(delivery, at=at, retry_after=retry_after)


def _again(delivery: Delivery, *, at: datetime, retry_after: float | None) -> Verdict:
    again = at + max(pause(delivery), timedelta(seconds=retry_after or 0))
    if again < delivery.expires_at and again < delivery.created_at + GIVE_UP[delivery.tier]:
        return Verdict(State.FAILED_RETRY, again, "not taken yet")
    return Verdict(State.FAILED_FINAL, None, "not taken while it was worth sending")


def pause(delivery: Delivery) -> timedelta:
    """Return how long to wait after the delivery's latest attempt.

    Doubles with every attempt up to the tier's longest; half of it is jitter, taken from the key,
    so that a crowd that failed together does not come back together.
    """
    whole = min(FIRST_RETRY * (1 << min(delivery.attempts, 20)), LONGEST_RETRY[delivery.tier])
    drawn = hashlib.sha256(f"{delivery.key}/{delivery.attempts}".encode()).digest()
    share = 0.5 + int.from_bytes(drawn[:4]) / 2**33
    return whole * share
