"""Where people are and where they go: zones, special sites, assembly points, shelters, refuges."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from alerts.plan.words import Count, CutFrom, Frozen, Ident, LocalWords, Minutes, Position, Ref
from alerts.tier import Tier

SITE_KINDS = frozenset(
    {"care_home", "school", "kindergarten", "hospital", "camp", "guesthouse", "works"}
)


class Refuge(Frozen):
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


class AssemblyPoint(Frozen):
    """Where the households of a zone gather before they walk."""

    id: Ident
    name: LocalWords
    position: Position | None = None


class Zone(Frozen):
    """A group of households that moves together; routes and shelters, first choice first.

    Attributes
    ----------
    danger : by the return period of the flood at its houses: under 5 years ``extreme``, 5 to 20
        ``high``, 20 to 100 ``moderate``; None where nobody has judged it. Source: China's flash
        flood survey, classes 极高危险, 高危险, 危险
    gather : minutes of this zone, where they differ from the village's
    """

    id: Ident
    name: LocalWords
    households: Count
    people: Count
    danger: Literal["extreme", "high", "moderate"] | None = None
    refuge: Refuge | None = None
    assembly: Ident | None = None
    gather: Minutes | None = None
    routes: tuple[Ident, ...]
    shelters: tuple[Ident, ...]

    @property
    def cannot_wait(self) -> bool:
        """Whether it must move at orange: floods often, and has nowhere to go when it is late."""
        return self.refuge is None and self.danger in {"extreme", "high"}

    @property
    def most_inside(self) -> int:
        """All who live there."""
        return self.people


class SpecialSite(Frozen):
    """A care home, school, camp: people who need help, so they move one order earlier.

    Attributes
    ----------
    guests_max : the licensed number of guests; counts by night where it is more than was said
    team : who comes to help, by reference; vehicles : that the team brings
    """

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
    keeper: Ref | None = None
    guests_max: Count | None = None
    team: Ref | None = None
    vehicles: Count | None = None
    position: Position | None = None

    def inside(self, *, night: bool) -> int:
        """Return how many are inside, guests and staff, by day or by night."""
        if not night:
            return self.people_day
        return max(self.people_night, self.guests_max or 0) + self.staff_night

    @property
    def most_inside(self) -> int:
        """The greater number of day and night."""
        return max(self.inside(night=False), self.inside(night=True))


class Shelter(Frozen):
    """A place above the flood that takes people in.

    Attributes
    ----------
    flooded_from : the village's tier from which it is itself under water or debris, or cut off;
        None where nobody has judged it: it is used, and `lint` says so
    step_free : whether those who cannot walk get in; power : of its own when the mains fail
    """

    id: Ident
    name: LocalWords
    capacity: Count
    flooded_from: CutFrom | None = None
    step_free: bool | None = None
    power: bool | None = None
    keeper: Ref | None = None
    position: Position | None = None

    def is_lost_at(self, tier: Tier) -> bool:
        """Tell whether the flood of that tier takes it."""
        return self.flooded_from is not None and self.flooded_from.is_cut_at(tier)


Place = Zone | SpecialSite
"""What an order can be given to."""
