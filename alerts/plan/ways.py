"""The routes of a plan, what cuts them, and the way that a flood and its reports leave open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from alerts.plan.places import Place, Shelter
from alerts.plan.words import CutFrom, Frozen, Ident, LocalWords, Minutes, Position
from alerts.tier import Tier


class Crossing(Frozen):
    """Where a route meets water: a bridge, a ford, a culvert, the mouth of a gully.

    A bridge that several villages use bears the same id in each of their plans.
    """

    id: Ident
    name: LocalWords
    cut_from: CutFrom
    position: Position | None = None


class Route(Frozen):
    """A way to go, by day and by night, what cuts it, and what to stay off."""

    id: Ident
    name: LocalWords
    minutes_day: Minutes
    minutes_night: Minutes
    mode: Literal["foot", "vehicle", "boat"] = "foot"
    avoid: LocalWords | None = None
    crossings: tuple[Crossing, ...] = ()
    waypoints: tuple[Position, ...] = ()

    def minutes(self, *, night: bool) -> int:
        """Return how long it takes."""
        return self.minutes_night if night else self.minutes_day

    def is_cut_at(self, tier: Tier) -> bool:
        """Tell whether the flood of that tier takes one of its crossings."""
        return any(crossing.cut_from.is_cut_at(tier) for crossing in self.crossings)


@dataclass(frozen=True, slots=True)
class Closures:
    """What is reported closed in one village at one moment; ids of its plan.

    Attributes
    ----------
    routes, crossings, shelters : closed, broken, full or under water; each sorted
    """

    routes: tuple[str, ...] = ()
    crossings: tuple[str, ...] = ()
    shelters: tuple[str, ...] = ()

    def shut(self, route: Route) -> bool:
        """Tell whether a route cannot be used by what was reported."""
        return route.id in self.routes or any(c.id in self.crossings for c in route.crossings)

    def without(self, others: Closures) -> Closures:
        """Return what is closed here and not there."""
        return Closures(
            *(
                tuple(ident for ident in mine if ident not in theirs)
                for mine, theirs in (
                    (self.routes, others.routes),
                    (self.crossings, others.crossings),
                    (self.shelters, others.shelters),
                )
            )
        )


OPEN = Closures()
"""Nothing is reported closed."""


@dataclass(frozen=True, slots=True)
class Way:
    """The way that is left.

    Attributes
    ----------
    walk : minutes; of the longest among this route and those of the plan's choice before it, for
        who finds the first way cut has walked it before turning back
    """

    route: Route
    shelter: Shelter
    walk: int


def way_out(
    place: Place,
    *,
    routes: Mapping[str, Route],
    shelters: Mapping[str, Shelter],
    tier: Tier,
    night: bool,
    closures: Closures = OPEN,
) -> Way | None:
    """Return the first way and shelter of a place's choice that the flood leaves open.

    One more closure, or a higher tier, never gives a way that takes less time: so neither moves
    an order to later.

    Parameters
    ----------
    routes, shelters : of the plan, by id
    tier : that the place must get away from; its flood decides what is cut

    Returns
    -------
    None where every way or every shelter is gone: then only the last refuge is left.

    Source: DESIGN section 7, Decide-by; users.md 6.
    """
    shelter = next(
        (
            shelters[ident]
            for ident in place.shelters
            if ident not in closures.shelters and not shelters[ident].is_lost_at(tier)
        ),
        None,
    )
    if shelter is None:
        return None
    walk = 0
    for ident in place.routes:
        route = routes[ident]
        walk = max(walk, route.minutes(night=night))
        if not closures.shut(route) and not route.is_cut_at(tier):
            return Way(route, shelter, walk)
    return None
