"""A village's contingency plan: zones, ways, shelters, times and roles; no phone number.

Chapters after SL 666-2014 (village flash-flood plans) as far as an order needs them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from math import ceil
from typing import Annotated, Literal, Self

from pydantic import Field

from alerts.plan.people import LEADING, Drill, NeedsHelp, People
from alerts.plan.places import AssemblyPoint, Place, Refuge, Shelter, SpecialSite, Zone
from alerts.plan.ways import OPEN, Closures, Route, Way, way_out
from alerts.plan.words import Frozen, Ident, Language, LocalWords, Minutes
from alerts.tier import Tier

Millimetres = Annotated[float, Field(gt=0, le=1000)]


class Times(Frozen):
    """Minutes that the plan's own drills measured, for the village as a whole."""

    call: Minutes
    gather: Minutes
    help: Minutes


class Signals(Frozen):
    """What is heard in the village, as agreed there.

    Attributes
    ----------
    means : with what it is given, the first first
    """

    prepare: LocalWords
    move: LocalWords
    all_clear: LocalWords | None = None
    means: tuple[Literal["gong", "siren", "broadcast", "whistle", "bell", "door"], ...] = ()


class Bucket(Frozen):
    """Rain in the village's own bucket at which it acts by itself.

    Attributes
    ----------
    hours : in which it fell; prepare_mm, move_mm : millimetres, a straight-sided vessel's depth
    """

    hours: Annotated[float, Field(gt=0, le=24)]
    prepare_mm: Millimetres
    move_mm: Millimetres


class Offline(Frozen):
    """What the village does when power and network are gone, or nobody is heard from.

    Attributes
    ----------
    works : what still works then
    shelter : where all go
    mark_prepare, mark_move : marks of the water on a wall, a pier or a gauge board
    """

    works: LocalWords
    shelter: Ident
    buckets: tuple[Bucket, ...] = ()
    mark_prepare: LocalWords | None = None
    mark_move: LocalWords | None = None


class Plan(Frozen):
    """The contingency plan of one village.

    Attributes
    ----------
    exercise : written for an exercise; no official plan
    reviewed_on : the day of the last review; None where only `valid_from` is known
    return_period_y : of the flood that the plan is for, years
    languages : in which its people must be spoken to, besides the site's
    """

    village_id: str
    exercise: bool
    note: str
    valid_from: date
    reviewed_by: str
    reviewed_on: date | None = None
    return_period_y: Annotated[int, Field(gt=0, le=10_000)] | None = None
    languages: tuple[Language, ...] = ()
    times: Times
    zones: tuple[Zone, ...]
    routes: tuple[Route, ...]
    shelters: tuple[Shelter, ...]
    assembly_points: tuple[AssemblyPoint, ...] = ()
    special_sites: tuple[SpecialSite, ...] = ()
    people: People = People()
    needs_help: tuple[NeedsHelp, ...] = ()
    signals: Signals | None = None
    offline: Offline | None = None
    drills: tuple[Drill, ...] = ()

    def shelter(self, ident: str) -> Shelter:
        """Return the shelter of that id; `lint` has seen that it exists."""
        return next(shelter for shelter in self.shelters if shelter.id == ident)

    def places(self) -> Iterator[tuple[str, Place]]:
        """Yield each place that can be ordered, with its field: special sites, then zones."""
        for number, site in enumerate(self.special_sites):
            yield f"special_sites.{number}", site
        for number, zone in enumerate(self.zones):
            yield f"zones.{number}", zone

    def helped_at(self, place: Place) -> tuple[NeedsHelp, ...]:
        """Return those who live at a place and do not get away alone.

        Of whom the plan does not say where, `lint` has told; they go with the first zone's.
        """
        known = {place.id for _, place in self.places()}
        lost = place in self.zones[:1]
        return tuple(
            person
            for person in self.needs_help
            if person.place == place.id or (lost and person.place not in known)
        )

    def told(self) -> Iterator[tuple[str, str]]:
        """Yield whom orders go to, by reference, each with its field.

        Source: users.md 7: at orange a care home's text goes to its keeper and a named team.
        """
        for role in LEADING:
            yield from ((f"people.{role}", ref) for ref in self.people.roles[role])
        for number, site in enumerate(self.special_sites):
            named = (("keeper", site.keeper), ("team", site.team))
            yield from ((f"special_sites.{number}.{name}", ref) for name, ref in named if ref)
        for number, person in enumerate(self.needs_help):
            named = (("helper", person.helper), ("deputy", person.deputy))
            yield from ((f"needs_help.{number}.{name}", ref) for name, ref in named if ref)

    def walked(self, times: float) -> Self:
        """Return the plan as if every way took so many times as long."""
        if times == 1:
            return self
        slower = tuple(
            route.model_copy(
                update={
                    "minutes_day": ceil(times * route.minutes_day),
                    "minutes_night": ceil(times * route.minutes_night),
                }
            )
            for route in self.routes
        )
        return self.model_copy(update={"routes": slower})

    def way_out(
        self, place: Place, tier: Tier, *, night: bool, closures: Closures = OPEN
    ) -> Way | None:
        """Return the way that is open to a place in the flood of that tier; see `ways.way_out`."""
        return way_out(
            place,
            routes={route.id: route for route in self.routes},
            shelters={shelter.id: shelter for shelter in self.shelters},
            tier=tier,
            night=night,
            closures=closures,
        )

    def texts(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield each text that is read in the village, with its field."""
        for field, part in _parts(self):
            for name in type(part).model_fields:
                value = getattr(part, name)
                if isinstance(value, dict):
                    yield f"{field}.{name}", value
                elif isinstance(value, Refuge):
                    yield f"{field}.{name}", value.name

    def to_bytes(self) -> bytes:
        """Return the plan's one canonical form, kept by its hash."""
        return self.model_dump_json(exclude_defaults=True).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return the plan that `to_bytes` wrote."""
        return cls.model_validate_json(content)

    @property
    def sha256(self) -> str:
        """The content hash that messages carry."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def _parts(plan: Plan) -> Iterator[tuple[str, Frozen]]:
    """Yield each part of a plan that holds texts, with its field."""
    yield from plan.places()
    for name in ("routes", "shelters", "assembly_points"):
        for number, part in enumerate(getattr(plan, name)):
            yield f"{name}.{number}", part
    for number, route in enumerate(plan.routes):
        for index, crossing in enumerate(route.crossings):
            yield f"routes.{number}.crossings.{index}", crossing
    for name in ("signals", "offline"):
        part = getattr(plan, name)
        if part is not None:
            yield name, part
