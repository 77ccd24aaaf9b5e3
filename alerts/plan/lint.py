"""Find what would make a plan's order fail at night, while there is still time to mend it."""

from __future__ import annotations

from alerts.plan import against_flood, among_people, by_itself, in_time, on_paper
from alerts.plan.fault import Fault, Season
from alerts.plan.model import Plan

CHECKS = (
    on_paper.texts,
    against_flood.ways,
    against_flood.shelters,
    against_flood.refuges,
    against_flood.capacity,
    by_itself.signals,
    by_itself.alone,
    among_people.roles,
    among_people.helpers,
    in_time.minutes,
    in_time.drills,
    in_time.age,
)
"""Each finds one kind of fault in a plan whose references all lead somewhere."""


def lint(plan: Plan, season: Season) -> tuple[Fault, ...]:
    """Return what is wrong with a plan that could be read.

    Where a reference leads nowhere no other check is made: it would stumble over it.
    """
    found = tuple(on_paper.references(plan, season))
    if any(fault.breaks for fault in found):
        return found
    return (*found, *(fault for check in CHECKS for fault in check(plan, season)))
