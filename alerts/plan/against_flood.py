"""Whether a plan's ways, shelters and refuges hold in the flood that they are for."""

from __future__ import annotations

from alerts.plan.fault import Fault, Faults, Season, at_stake
from alerts.plan.model import Plan
from alerts.plan.places import Place, SpecialSite
from alerts.plan.ways import Route
from alerts.plan.words import CutFrom
from alerts.tier import Tier

SECOND = 2


def moves_at(place: Place) -> Tier:
    """Return the tier at which a place is told to move: those who need help one earlier."""
    return Tier.ORANGE if isinstance(place, SpecialSite) or place.cannot_wait else Tier.RED


def ways(plan: Plan, _season: Season) -> Faults:
    """Find places whose way is under water when they are sent on it, or that have one way only."""
    routes = {route.id: route for route in plan.routes}
    for field, place in plan.places():
        at = moves_at(place)
        cut = [ident for ident in place.routes if routes[ident].is_cut_at(at)]
        if len(cut) == len(place.routes):
            message = f"every way of {place.id} is cut when it must move ({at.colour})"
            cure = "find a way that does not cross water, or move it earlier"
            yield Fault("error", f"{field}.routes", message, cure)
        elif place.routes[0] in cut:
            message = f"the first way, {cut[0]}, is cut when {place.id} must move ({at.colour})"
            yield Fault("warning", f"{field}.routes", message, "put a way that stays open first")
        if len(place.routes) < SECOND:
            message = f"{place.id} has no second way: when {place.routes[0]} is closed it has none"
            yield Fault("warning", f"{field}.routes", message, "name a second way")
        for crossing in _on_all([routes[ident] for ident in place.routes]):
            message = f"every way of {place.id} crosses {crossing}: when that is out it has none"
            yield Fault("warning", f"{field}.routes", message, "name a way that does not")
    yield from _crossings(plan)


def shelters(plan: Plan, _season: Season) -> Faults:
    """Find shelters that are under water when people are sent there, or that let not all in."""
    known = {shelter.id: shelter for shelter in plan.shelters}
    yield from _not_judged(plan)
    for field, place in plan.places():
        at, chosen = moves_at(place), [known[ident] for ident in place.shelters]
        drowned = [shelter.id for shelter in chosen if shelter.is_lost_at(at)]
        if len(drowned) == len(chosen):
            message = f"every shelter of {place.id} is flooded or cut off at {at.colour}"
            cure = "send them to a place above the flood that they flee"
            yield Fault("error", f"{field}.shelters", message, cure)
        elif chosen[0].id in drowned:
            message = f"{chosen[0].id} is flooded or cut off when {place.id} must go there"
            yield Fault("warning", f"{field}.shelters", message, "put one that stays dry first")
        if isinstance(place, SpecialSite) and chosen[0].step_free is False:
            message = f"{chosen[0].id} has steps, and {place.id} brings people who cannot climb"
            yield Fault("warning", f"{field}.shelters", message, "choose one without steps")


def refuges(plan: Plan, _season: Season) -> Faults:
    """Find places that could only be told to move when it is too late to move."""
    for field, place in plan.places():
        if place.refuge is None:
            message = f"{place.id} has no last refuge: when it is late it can only be told to move"
            cure = "name the floor above the hazard stage, or the ground uphill away from the gully"
            yield Fault(at_stake(place), f"{field}.refuge", message, cure)


def capacity(plan: Plan, _season: Season) -> Faults:
    """Compare the people who have a shelter as first choice with its room."""
    for number, shelter in enumerate(plan.shelters):
        coming = sum(
            place.most_inside for _, place in plan.places() if place.shelters[:1] == (shelter.id,)
        )
        if coming > shelter.capacity:
            message = f"{coming} people are sent to {shelter.id}, which holds {shelter.capacity}"
            cure = "divide them, or find room"
            yield Fault("warning", f"shelters.{number}.capacity", message, cure)


def _not_judged(plan: Plan) -> Faults:
    for number, shelter in enumerate(plan.shelters):
        if shelter.flooded_from is None:
            message = f"nobody has said whether {shelter.id} stays dry; it counts as dry"
            cure = "look at it, and write yellow, orange, red or never"
            yield Fault("warning", f"shelters.{number}.flooded_from", message, cure)


def _on_all(ways: list[Route]) -> list[str]:
    """Return the crossings that several ways have in common; of one way alone, none."""
    crossed = [{crossing.id for crossing in way.crossings} for way in ways]
    return sorted(set.intersection(*crossed)) if len(set(map(id, ways))) >= SECOND else []


def _crossings(plan: Plan) -> Faults:
    for number, route in enumerate(plan.routes):
        for index, crossing in enumerate(route.crossings):
            if crossing.cut_from is CutFrom.UNKNOWN:
                field = f"routes.{number}.crossings.{index}.cut_from"
                message = f"nobody has said when {crossing.id} is cut; it counts as cut at red"
                cure = "look at it, and write yellow, orange, red or never"
                yield Fault("info", field, message, cure)
