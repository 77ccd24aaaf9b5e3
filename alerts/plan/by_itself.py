"""Whether a village knows when to leave by what it hears and sees: signals, buckets and marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.plan.fault import Fault, Faults, Season, Severity, at_stake
from alerts.plan.model import Offline, Plan
from alerts.plan.places import Shelter
from alerts.tier import Tier


def signals(plan: Plan, _season: Season) -> Faults:
    """Find a village that was told of no signal, or of one only for two things."""
    if plan.signals is None:
        message = "no signal is agreed: what is heard tells nobody whether to get ready or to leave"
        cure = "agree on one for each, that sounds without mains, and drill it"
        yield Fault(_gravest(plan), "signals", message, cure)
        return
    if _same(plan.signals.prepare, plan.signals.move):
        message = "get ready and leave have one and the same signal"
        yield Fault("error", "signals.move", message, "agree on two that nobody can confuse")


def alone(plan: Plan, _season: Season) -> Faults:
    """Find a village that, hearing nobody, would wait, or be misled by what it agreed on.

    Source: users.md 12; power and network fail first in the worst floods.
    """
    if plan.offline is None:
        message = "nothing is agreed for when power and network are gone: silence reads as safety"
        cure = "agree on bucket levels or marks, on where all go, and that nobody waits for a word"
        yield Fault(_gravest(plan), "offline", message, cure)
        return
    if not plan.offline.buckets and plan.offline.mark_move is None:
        message = "no bucket level and no mark says when to leave if nobody is heard"
        cure = "write millimetres of rain in a bucket, or a mark that the water reaches"
        yield Fault(_gravest(plan), "offline", message, cure)
    yield from _misled(plan, plan.offline)


def _misled(plan: Plan, offline: Offline) -> Faults:
    yield from _goal(plan, [shelter for shelter in plan.shelters if shelter.id == offline.shelter])
    for number, bucket in enumerate(offline.buckets):
        if bucket.prepare_mm >= bucket.move_mm:
            message = f"in {bucket.hours:g} h it is time to leave before it is time to get ready"
            cure = "prepare_mm is the smaller of the two"
            yield Fault("error", f"offline.buckets.{number}.move_mm", message, cure)
    if offline.mark_move is not None and _same(offline.mark_prepare, offline.mark_move):
        message = "get ready and leave have one and the same mark"
        yield Fault("error", "offline.mark_move", message, "the mark to get ready by is the lower")


def _goal(plan: Plan, chosen: Sequence[Shelter]) -> Faults:
    """Find what is wrong with where all go; of an unknown one `references` has told."""
    everybody = sum(place.most_inside for _, place in plan.places())
    for goal in chosen:
        if goal.is_lost_at(Tier.RED):
            message = f"all go to {goal.id} when nobody is heard, and the flood takes it"
            yield Fault("error", "offline.shelter", message, "choose one that stays dry at red")
        if everybody > goal.capacity:
            message = (
                f"all {everybody} go to {goal.id} if nobody is heard; it holds {goal.capacity}"
            )
            yield Fault("warning", "offline.shelter", message, "choose a larger one, or find room")


def _gravest(plan: Plan) -> Severity:
    found = {at_stake(place) for _, place in plan.places()}
    return "error" if "error" in found else "warning"


def _same(one: Mapping[str, str] | None, other: Mapping[str, str]) -> bool:
    """Tell whether two texts are one in a language that both have."""
    return one is not None and any(
        text.casefold() == other.get(language, "").casefold() for language, text in one.items()
    )
