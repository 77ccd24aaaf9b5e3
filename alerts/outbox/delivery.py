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
PUSH = "push"
"""The purpose of a delivery that is a CAP alert's to a receiver, and so to no person."""
TOLD_BEFORE = 100_000_000
"""Less in rank of what somebody is told once more: nobody waits for it who was told nothing yet."""
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
"""From first tried to given up, where the message does not expire before."""
LONGEST_PUSH = timedelta(minutes=2)
"""Between two tries of a push, whatever its tier: machines wait behind people."""
REVISION_DIGITS = 8
"""Of a `push_id`: more revisions than an episode ever has."""
MUST_ASK = "may have arrived; a person must ask"
UNSURE_PUSHES = 6
"""Tries of a push of which nobody knows whether it was taken, before a person must ask."""


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
    """One message to one person, or one CAP alert to one receiver, by one channel.

    Attributes
    ----------
    message_id : of a push `push_id`
    decide_by : UTC (flood time); orders the queue and nothing else
    rank : of those with one decide-by the highest goes first (`alerts.orders.ranks`); below 0
        after all others of its tier
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
    rank: int = 0
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


@dataclass(frozen=True, slots=True)
class Tried:
    """A delivery's attempts so far.

    Attributes
    ----------
    uncertain : how many are of unknown outcome
    first_at : when the first was opened (wall time)
    """

    uncertain: int
    first_at: datetime


def delivery_key(*parts: str) -> str:
    """Return a delivery's identity: no time, no text, no run is in it, so a repeat is the same.

    Parameters
    ----------
    parts : episode, village, place, tier, revision, contact, channel, purpose
    """
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def push_id(episode_id: str, revision: int) -> str:
    """Return what a push has in the place of a message: as texts they sort as they were issued."""
    return f"{episode_id}/{revision:0{REVISION_DIGITS}}"


def state_of(ident: str) -> tuple[str, int]:
    """Return the episode and the revision of a `push_id`."""
    episode_id, _, revision = ident.partition("/")
    return episode_id, int(revision)


def judge(
    delivery: Delivery,
    outcome: Outcome,
    tried: Tried,
    *,
    at: datetime,
    retry_after: float | None = None,
) -> Verdict:
    """Return where an attempt's outcome takes its delivery; pure.

    Parameters
    ----------
    tried : its attempts so far, this one counted
    retry_after : seconds that the provider asked us to wait
    """
    match outcome:
        case Outcome.ACCEPTED:
            return Verdict(State.ACCEPTED, None, None)
        case Outcome.PERMANENT:
            return Verdict(State.FAILED_FINAL, None, "refused by the provider")
        case Outcome.UNCERTAIN if delivery.purpose == PUSH:
            return _pushed_again(delivery, tried, at=at)
        case Outcome.UNCERTAIN if delivery.tier >= Tier.ORANGE and tried.uncertain == 1:
            return Verdict(State.UNCERTAIN, at, "may have arrived; sent once more, same id")
        case Outcome.UNCERTAIN:
            return Verdict(State.UNCERTAIN, None, MUST_ASK)
        case Outcome.TEMPORARY:
            return _again(delivery, tried, at=at, retry_after=retry_after)


def _again(delivery: Delivery, tried: Tried, *, at: datetime, retry_after: float | None) -> Verdict:
    again = at + max(pause(delivery), timedelta(seconds=retry_after or 0))
    if _is_worth(delivery, tried, again):
        return Verdict(State.FAILED_RETRY, again, "not taken yet")
    return Verdict(State.FAILED_FINAL, None, "not taken while it was worth sending")


def _pushed_again(delivery: Delivery, tried: Tried, *, at: datetime) -> Verdict:
    """Return whether a CAP alert goes again: who has it knows the repeat by its identifier."""
    again = at + pause(delivery)
    if tried.uncertain < UNSURE_PUSHES and _is_worth(delivery, tried, again):
        return Verdict(State.UNCERTAIN, again, "may have been taken; pushed again, same alert")
    return Verdict(State.UNCERTAIN, None, MUST_ASK)


def _is_worth(delivery: Delivery, tried: Tried, again: datetime) -> bool:
    # whoever was let sleep was queued hours before anybody rang
    return again < min(delivery.expires_at, tried.first_at + GIVE_UP[delivery.tier])


def pause(delivery: Delivery) -> timedelta:
    """Return how long to wait after the delivery's latest attempt.

    Doubles with every attempt up to the tier's longest; half of it is jitter, taken from the key,
    so that a crowd that failed together does not come back together.
    """
    longest = LONGEST_PUSH if delivery.purpose == PUSH else LONGEST_RETRY[delivery.tier]
    whole = min(FIRST_RETRY * (1 << min(delivery.attempts, 20)), longest)
    drawn = hashlib.sha256(f"{delivery.key}/{delivery.attempts}".encode()).digest()
    share = 0.5 + int.from_bytes(drawn[:4]) / 2**33
    return whole * share
