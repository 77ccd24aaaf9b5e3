"""What a village does by itself once nobody can reach it, said while it can still be heard; pure.

Signs that a village's stations will fall silent are signs that its telephones will. Once an
episode those who wait for word are told that none may come, at which mark of the water they leave
without any, and where to. At red nobody waits for word.

Source: users.md; issue "comms at risk sends the last word while it can be heard".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from alerts.episode import Change, Step
from alerts.order import Alone, PlaceOrder
from alerts.plan.model import Plan
from alerts.tier import WAITING, Tier
from pipeline.bulletin import StationEvent, StationEventKind

WAIT_FOR_WORD = frozenset({Tier.YELLOW, Tier.ORANGE})


def is_last_word(step: Step, events: Iterable[StationEvent]) -> bool:
    """Tell whether a step that says nothing of its own is the time for a village's last word.

    A rise is told first, as every rise is: where the signs stand beside it, the word follows with
    the next bulletin.

    Parameters
    ----------
    events : of the stations that speak for the village
    """
    episode = step.episode
    if episode is None or episode.last_word or step.again or step.change is not Change.HELD:
        return False
    at_risk = any(event.kind is StationEventKind.COMMS_AT_RISK for event in events)
    return at_risk and episode.closed is None and episode.tier in WAIT_FOR_WORD


def as_last_word(step: Step) -> Step:
    """Return a step that says once more what stands, as this episode's last word."""
    if step.episode is None:
        return step
    return replace(step, episode=replace(step.episode, last_word=True), again=True)


def with_last_word(plan: Plan | None, orders: Iterable[PlaceOrder]) -> tuple[PlaceOrder, ...]:
    """Return the orders of those who wait for word, with what they do if none comes.

    Whoever was told to move is not told again.
    """
    return tuple(
        replace(order, alone=_alone(plan, order), mark=None)
        for order in orders
        if order.action in WAITING
    )


def _alone(plan: Plan | None, order: PlaceOrder) -> Alone:
    offline = None if plan is None else plan.offline
    if plan is None or offline is None:
        return Alone(mark=None, bucket=False, to=order.to)
    at_bucket = bool(offline.buckets)
    return Alone(offline.mark_move, at_bucket, order.to or plan.shelter(offline.shelter).name)
