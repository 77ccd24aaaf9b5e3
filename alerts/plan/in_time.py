"""Whether a plan's minutes add up, hold against its own drills, and are of this season."""

from __future__ import annotations

from datetime import timedelta

from alerts.plan.fault import Fault, Faults, Season
from alerts.plan.model import Plan
from alerts.plan.places import Place, SpecialSite, Zone

LONGEST = 240
"""Minutes from the order to the last person in: beyond it no flash flood waits."""
REVIEW_EVERY = timedelta(days=366)
DRILL_EVERY = timedelta(days=366)


def minutes(plan: Plan, _season: Season) -> Faults:
    """Find ways that are shorter by night, and moves that take longer than a flash flood gives."""
    for number, route in enumerate(plan.routes):
        if route.minutes_night < route.minutes_day:
            message = f"{route.id} takes less time by night than by day"
            field = f"routes.{number}.minutes_night"
            yield Fault("warning", field, message, "walk it in the dark, and write what it took")
    for field, place in plan.places():
        needed = _needed(plan, place)
        if needed > LONGEST:
            message = f"{place.id} needs {needed} minutes by night, more than {LONGEST}"
            yield Fault("warning", field, message, "move it earlier, nearer, or with more help")
    if plan.times.call == 0 or plan.times.gather == 0:
        message = "a call and a gathering that take no time"
        yield Fault("warning", "times", message, "write what the last drill took")


def drills(plan: Plan, season: Season) -> Faults:
    """Find a drill that took longer than the plan says, and a plan that nobody drilled lately."""
    planned = max(_needed(plan, place) for _, place in plan.places())
    for number, drill in enumerate(plan.drills):
        if drill.minutes is not None and drill.minutes > planned:
            message = f"the drill of {drill.on} took {drill.minutes} minutes, the plan {planned}"
            cure = "write the times that were measured"
            yield Fault("warning", f"drills.{number}.minutes", message, cure)
    if plan.exercise or season.day is None:
        return
    last = max((drill.on for drill in plan.drills), default=None)
    if last is None or season.day - last > DRILL_EVERY:
        message = "no drill is recorded" if last is None else f"the last drill was on {last}"
        yield Fault("warning", "drills", message, "drill it before the season, and write the times")


def age(plan: Plan, season: Season) -> Faults:
    """Find a plan that nobody has looked at for a year; one of an exercise may be old."""
    if plan.exercise or season.day is None:
        return
    reviewed = plan.reviewed_on or plan.valid_from
    if season.day - reviewed > REVIEW_EVERY:
        message = f"last reviewed on {reviewed}"
        yield Fault("warning", "reviewed_on", message, "walk through it with the village again")
    if plan.valid_from > season.day:
        message = f"valid only from {plan.valid_from} on"
        yield Fault("warning", "valid_from", message, "keep the plan in force until then")


def _needed(plan: Plan, place: Place) -> int:
    """Return the minutes from the order to the last person in, by night and the shortest way."""
    walk = min(r.minutes_night for r in plan.routes if r.id in place.routes)
    own = place.gather if isinstance(place, Zone) else None
    gather = plan.times.gather if own is None else own
    helped = place.times_help if isinstance(place, SpecialSite) else plan.times.help
    return plan.times.call + gather + helped + walk
