"""Find what would make a plan's order fail at night, while there is still time to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from alerts.plan.model import Plan, SpecialSite, Zone
from pipeline.site.finding import Finding

Severity = Literal["error", "warning", "info"]
Place = Zone | SpecialSite
DEPUTY_FROM = 2


def lint(plan: Plan, *, file: str, languages: tuple[str, ...]) -> tuple[Finding, ...]:
    """Return what is wrong with a plan that could be read.

    An error means that the plan cannot make an order, so the village is ordered as a whole; with
    a warning the plan is used. This lint is thin: it does not hold the plan against the flood.
    """
    faults = [*_places(plan), *_people(plan), *_capacity(plan), *_languages(plan, languages)]
    return tuple(
        Finding(severity, file, None, field, message, cure)
        for severity, field, message, cure in faults
    )


Fault = tuple[Severity, str, str, str]


def _places(plan: Plan) -> Iterator[Fault]:
    if not plan.zones:
        yield "error", "zones", "the plan has no zone", "write one zone for each group that moves"
    for field, place in _each_place(plan):
        yield from _choices(field, "route", place.routes, {route.id for route in plan.routes})
        shelters = {shelter.id for shelter in plan.shelters}
        yield from _choices(field, "shelter", place.shelters, shelters)
        if place.refuge is None:
            yield (
                "warning",
                f"{field}.refuge",
                f"{place.id} has no last refuge: past its decide-by it can only be told to move",
                "name the floor above the hazard stage, or the ground uphill away from the gully",
            )
    for field, ident in _repeated(plan):
        yield "error", field, f"the id {ident} stands twice", "give each its own id"


def _choices(field: str, what: str, chosen: tuple[str, ...], known: set[str]) -> Iterator[Fault]:
    if not chosen:
        yield "error", f"{field}.{what}s", f"no {what}", f"name at least one {what}"
    for ident in chosen:
        if ident not in known:
            cure = f"write the {what}, or correct the id"
            yield "error", f"{field}.{what}s", f"unknown {what} {ident}", cure


def _each_place(plan: Plan) -> Iterator[tuple[str, Place]]:
    for number, zone in enumerate(plan.zones):
        yield f"zones.{number}", zone
    for number, site in enumerate(plan.special_sites):
        yield f"special_sites.{number}", site


def _repeated(plan: Plan) -> Iterator[tuple[str, str]]:
    groups = {
        "zones": [place.id for _, place in _each_place(plan)],
        "routes": [route.id for route in plan.routes],
        "shelters": [shelter.id for shelter in plan.shelters],
    }
    for field, idents in groups.items():
        for ident in sorted({ident for ident in idents if idents.count(ident) > 1}):
            yield field, ident


def _people(plan: Plan) -> Iterator[Fault]:
    roles = plan.people.model_dump()
    for role, refs in roles.items():
        field = f"people.{role}"
        if not refs:
            severity: Severity = "error" if role == "responsible" else "warning"
            yield severity, field, f"nobody is {role}", "name a person and a deputy by reference"
        elif len(refs) < DEPUTY_FROM:
            yield "warning", field, f"{refs[0]} has no deputy", "name a deputy after the person"


def _capacity(plan: Plan) -> Iterator[Fault]:
    """Compare the people who have a shelter as first choice with its room."""
    for number, shelter in enumerate(plan.shelters):
        coming = sum(
            _most_people(place)
            for _, place in _each_place(plan)
            if place.shelters[:1] == (shelter.id,)
        )
        if coming > shelter.capacity:
            message = f"{coming} people are sent to {shelter.id}, which holds {shelter.capacity}"
            yield "warning", f"shelters.{number}.capacity", message, "divide them, or find room"


def _most_people(place: Place) -> int:
    if isinstance(place, Zone):
        return place.people
    return max(place.people_day, place.people_night) + place.staff_night


def _languages(plan: Plan, languages: tuple[str, ...]) -> Iterator[Fault]:
    for field, text in _texts(plan):
        for language in languages:
            if language not in text:
                message = f"no text in {language}; another language would be sent"
                yield "warning", f"{field}.{language}", message, "translate it"


def _texts(plan: Plan) -> Iterator[tuple[str, dict[str, str]]]:
    for field, place in _each_place(plan):
        yield f"{field}.name", place.name
        if place.refuge is not None:
            yield f"{field}.refuge", place.refuge.name
    for number, route in enumerate(plan.routes):
        yield f"routes.{number}.name", route.name
        if route.avoid is not None:
            yield f"routes.{number}.avoid", route.avoid
    for number, shelter in enumerate(plan.shelters):
        yield f"shelters.{number}.name", shelter.name
    if plan.signals is not None:
        yield "signals.prepare", plan.signals.prepare
        yield "signals.move", plan.signals.move
