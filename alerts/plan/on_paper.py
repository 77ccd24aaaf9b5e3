"""Whether a plan holds together: every id leads somewhere, every text is in every language."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.plan.fault import Fault, Faults, Season
from alerts.plan.model import Plan
from alerts.plan.places import SITE_KINDS, Zone


def references(plan: Plan, _season: Season) -> Faults:
    """Find ids that lead nowhere, or to two things, and places without any way or shelter."""
    if not plan.zones:
        cure = "write one zone for each group that moves"
        yield Fault("error", "zones", "the plan has no zone", cure, breaks=True)
    routes = {route.id for route in plan.routes}
    shelters = {shelter.id for shelter in plan.shelters}
    for field, place in plan.places():
        yield from _choices(field, "route", place.routes, routes)
        yield from _choices(field, "shelter", place.shelters, shelters)
    yield from _repeated(plan)
    yield from _elsewhere(plan, shelters)


def texts(plan: Plan, season: Season) -> Faults:
    """Find texts that lack a language of the site or of the village."""
    for field, text in plan.texts():
        for language in dict.fromkeys((*season.languages, *plan.languages)):
            if language not in text:
                message = f"no text in {language}; another language would be sent"
                yield Fault("warning", f"{field}.{language}", message, "translate it")


def _choices(field: str, what: str, chosen: tuple[str, ...], known: set[str]) -> Faults:
    if not chosen:
        cure = f"name at least one {what}"
        yield Fault("error", f"{field}.{what}s", f"no {what}", cure, breaks=True)
    for ident in chosen:
        if ident not in known:
            cure = f"write the {what}, or correct the id"
            yield Fault("error", f"{field}.{what}s", f"unknown {what} {ident}", cure, breaks=True)


def _repeated(plan: Plan) -> Faults:
    groups = {
        "zones": [place.id for _, place in plan.places()],
        "routes": [route.id for route in plan.routes],
        "shelters": [shelter.id for shelter in plan.shelters],
        "assembly_points": [point.id for point in plan.assembly_points],
    }
    for field, idents in groups.items():
        for ident in sorted({ident for ident in idents if idents.count(ident) > 1}):
            cure = "give each its own id"
            yield Fault("error", field, f"the id {ident} stands twice", cure, breaks=True)


def _elsewhere(plan: Plan, shelters: set[str]) -> Faults:
    """Find what is named apart from the ways, and is not there; an order is made without it."""
    cure = "write it, or correct the id"
    for field, what, ident, known in _named(plan, shelters):
        if ident not in known:
            yield Fault("error", field, f"unknown {what} {ident}", cure)
    for number, site in enumerate(plan.special_sites):
        if site.kind not in SITE_KINDS:
            kinds = ", ".join(sorted(SITE_KINDS))
            field = f"special_sites.{number}.kind"
            yield Fault("warning", field, f"unknown kind {site.kind}", f"one of {kinds}")


def _named(plan: Plan, shelters: set[str]) -> Iterator[tuple[str, str, str, set[str]]]:
    points = {point.id for point in plan.assembly_points}
    zones = {zone.id for zone in plan.zones}
    for field, place in plan.places():
        if isinstance(place, Zone) and place.assembly is not None:
            yield f"{field}.assembly", "assembly point", place.assembly, points
    for number, person in enumerate(plan.needs_help):
        yield f"needs_help.{number}.place", "zone", person.place, zones
    if plan.offline is not None:
        yield "offline.shelter", "shelter", plan.offline.shelter, shelters
