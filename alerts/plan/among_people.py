"""Whether a plan's people can be where it needs them: deputies, too many roles, helpers."""

from __future__ import annotations

from collections import defaultdict

from alerts.plan.fault import Fault, Faults, Season, Severity
from alerts.plan.model import Plan
from alerts.plan.people import LEADING

DEPUTY_FROM = 2
MOST_ROLES = 2


def roles(plan: Plan, _season: Season) -> Faults:
    """Find roles that nobody holds, persons without a deputy and persons with too many roles."""
    held = defaultdict(list)
    for role, refs in plan.people.roles.items():
        field = f"people.{role}"
        if not refs and role in LEADING:
            severity: Severity = "error" if role == "responsible" else "warning"
            cure = "name a person and a deputy by reference"
            # nobody to tell: the order falls to whomever the roster has for the village
            yield Fault(severity, field, f"nobody is {role}", cure, breaks=severity == "error")
        elif refs and len(set(refs)) < DEPUTY_FROM:
            message = f"{refs[0]} has no deputy"
            yield Fault("warning", field, message, "name a deputy after the person")
        for ref in dict.fromkeys(refs):
            held[ref].append(role)
    for ref, names in held.items():
        if len(names) > MOST_ROLES:
            message = f"{ref} is {', '.join(names)} at once"
            yield Fault("warning", f"people.{names[-1]}", message, "give some of it to another")


def helpers(plan: Plan, _season: Season) -> Faults:
    """Find people who need help and have nobody, or somebody who must be elsewhere."""
    away = {ref: role for role, refs in plan.people.roles.items() for ref in refs[:1]}
    weak = {person.ref for person in plan.needs_help}
    helped: dict[str, str] = {}
    for number, person in enumerate(plan.needs_help):
        field = f"needs_help.{number}.helper"
        if person.helper is None:
            message = f"{person.ref} needs help and has no helper"
            yield Fault("error", field, message, "agree with a neighbour, and write who")
            continue
        if person.helper in weak:
            message = f"{person.helper} is to help, and needs help as well"
            yield Fault("error", field, message, "agree with a neighbour who can")
        if person.helper in away:
            message = f"{person.helper} must be at work as {away[person.helper]} then"
            yield Fault("warning", field, message, "agree with another neighbour")
        if helped.setdefault(person.helper, person.place) != person.place:
            message = f"{person.helper} is to help in {helped[person.helper]} and {person.place}"
            yield Fault("warning", field, message, "one helper cannot be in two zones")
        if person.deputy is None:
            message = f"nobody comes to {person.ref} when {person.helper} is away"
            yield Fault("info", f"needs_help.{number}.deputy", message, "name a second helper")
