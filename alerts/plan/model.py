"""A village's contingency plan: zones, ways, shelters, times and roles; no phone number.

Chapters after SL 666-2014 (village flash-flood plans) as far as an order needs them.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$"
Language = Annotated[str, StringConstraints(pattern=LANGUAGE)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
LocalWords = Annotated[dict[Language, Words], Field(min_length=1)]
Ident = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,40}$")]
Ref = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/-]{1,120}$")]
Minutes = Annotated[int, Field(ge=0, le=24 * 60)]
Count = Annotated[int, Field(ge=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Refuge(_Frozen):
    """The named last refuge of a place: a floor above the hazard stage, or ground uphill.

    Written in a plan as ``refuge = {kind = "upper_floor", en = "...", zh = "..."}``.
    """

    kind: Literal["upper_floor", "high_ground"]
    name: LocalWords

    @model_validator(mode="before")
    @classmethod
    def _gather_languages(cls, raw: Any) -> Any:  # noqa: ANN401 - raw TOML
        if not isinstance(raw, dict) or "name" in raw:
            return raw
        name = {key: text for key, text in raw.items() if key != "kind"}
        return {"name": name} | {key: raw[key] for key in ("kind",) if key in raw}


class Times(_Frozen):
    """Minutes that the plan's own drills measured, for the village as a whole."""

    call: Minutes
    gather: Minutes
    help: Minutes


class Zone(_Frozen):
    """A group of households that moves together; routes and shelters, first choice first."""

    id: Ident
    name: LocalWords
    households: Count
    people: Count
    refuge: Refuge | None = None
    routes: tuple[Ident, ...]
    shelters: tuple[Ident, ...]


class Route(_Frozen):
    """A way to walk, by day and by night, and what to stay off."""

    id: Ident
    name: LocalWords
    minutes_day: Minutes
    minutes_night: Minutes
    avoid: LocalWords | None = None


class Shelter(_Frozen):
    """A place above the flood that takes people in."""

    id: Ident
    name: LocalWords
    capacity: Count


class SpecialSite(_Frozen):
    """A care home, school, camp: people who need help, so they move one order earlier."""

    id: Ident
    kind: Ident
    name: LocalWords
    people_day: Count
    people_night: Count
    staff_night: Count
    times_help: Minutes
    routes: tuple[Ident, ...]
    shelters: tuple[Ident, ...]
    refuge: Refuge | None = None


class People(_Frozen):
    """Who leads, by reference to the roster; a deputy follows the person stood in for."""

    responsible: tuple[Ref, ...] = ()
    warning: tuple[Ref, ...] = ()
    transfer: tuple[Ref, ...] = ()


class Signals(_Frozen):
    """What is heard in the village, as agreed there."""

    prepare: LocalWords
    move: LocalWords


class Plan(_Frozen):
    """The contingency plan of one village.

    Attributes
    ----------
    exercise : written for an exercise; no official plan
    """

    village_id: str
    exercise: bool
    note: str
    valid_from: date
    reviewed_by: str
    times: Times
    zones: tuple[Zone, ...]
    routes: tuple[Route, ...]
    shelters: tuple[Shelter, ...]
    special_sites: tuple[SpecialSite, ...] = ()
    people: People = People()
    signals: Signals | None = None

    def route(self, ident: str) -> Route:
        """Return the route of that id; `lint` has seen that it exists."""
        return next(route for route in self.routes if route.id == ident)

    def shelter(self, ident: str) -> Shelter:
        """Return the shelter of that id; `lint` has seen that it exists."""
        return next(shelter for shelter in self.shelters if shelter.id == ident)

    def to_bytes(self) -> bytes:
        """Return the plan's one canonical form, kept by its hash."""
        return self.model_dump_json().encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return the plan that `to_bytes` wrote."""
        return cls.model_validate_json(content)

    @property
    def sha256(self) -> str:
        """The content hash that messages carry."""
        return hashlib.sha256(self.to_bytes()).hexdigest()
