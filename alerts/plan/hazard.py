"""Hold plans against the mapped hazard zones: shelters, ways, and whom no plan lists.

A flood of a return period covers every zone of that period and of the shorter ones. What has no
position is said to be unchecked; it never passes in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, radians
from typing import Annotated, Final, Literal

from pydantic import StringConstraints
from shapely import STRtree, get_parts, union_all
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from alerts.plan.fault import Fault, Faults, Severity
from alerts.plan.model import Plan
from alerts.plan.places import Place, SpecialSite
from alerts.plan.words import Count, Frozen, Latitude, Longitude, Position, Words
from alerts.tier import Tier, tier_for
from pipeline.bulletin import RiskLevel
from pipeline.site.model import Village

SAME_PLACE_M: Final = 500.0
"""How far apart two surveys may put one place, metres."""
METRES_PER_DEGREE: Final = 111_195.0
SETTLEMENT: Final = "settlement"
TOUCH: Final = 1e-7
"""Degrees, about a centimetre: less of a way than this inside a zone is none."""


@dataclass(frozen=True, slots=True)
class HazardZone:
    """Ground that a flood takes.

    Attributes
    ----------
    level : of the village whose flood takes it, 1 to 4, as in levels.csv
    return_period_y : of that flood, years; None where nobody knows: then it counts as within
        the flood of any plan
    basis : how it was drawn, in words: computed, surveyed, the flood of a year
    polygon : longitude and latitude, WGS84 degrees
    village_id : whose ground it is; None where the survey does not say
    """

    name: str
    level: RiskLevel
    return_period_y: int | None
    basis: str
    polygon: BaseGeometry
    village_id: str | None = None

    @property
    def tier(self) -> Tier:
        """The tier of the village in that flood."""
        return tier_for(self.level)

    @property
    def label(self) -> str:
        """How a finding names it."""
        years = self.return_period_y
        often = "return period unknown" if years is None else f"once in {years} years"
        return f"hazard zone {self.name} ({often}, {self.basis})"

    def in_flood_of(self, plan: Plan) -> bool:
        """Tell whether the flood that a plan is for takes it; what is not stated counts as yes."""
        own, planned = self.return_period_y, plan.return_period_y
        return own is None or planned is None or own <= planned


class RegisteredPlace(Frozen):
    """A place of the county's register where people live, learn, work or are looked after.

    Attributes
    ----------
    place_id : the register's own; a plan's special site bears it as its id, or, of a settlement,
        its zone
    people_day, people_night : all inside, guests and staff
    """

    place_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    kind: Literal[
        "care_home", "school", "kindergarten", "hospital", "camp", "guesthouse", "works",
        "settlement",
    ]  # fmt: skip
    name: Words
    name_en: str = ""
    township: str = ""
    lon: Longitude
    lat: Latitude
    people_day: Count
    people_night: Count


class HazardMap:
    """The hazard zones of a site, found by where they lie; those of the shortest period first.

    Parameters
    ----------
    unread : the villages of which a zone could not be used; None where nobody knows whose it was
    """

    def __init__(
        self, zones: Iterable[HazardZone] = (), unread: Set[str | None] = frozenset()
    ) -> None:
        self.unread = unread
        self.zones = tuple(sorted(zones, key=lambda zone: (zone.return_period_y or 0, zone.name)))
        self._tree = STRtree([zone.polygon for zone in self.zones])
        self._named: dict[str, list[HazardZone]] = defaultdict(list)
        for zone in self.zones:
            if zone.village_id is not None:
                self._named[zone.village_id].append(zone)

    def touching(self, shape: BaseGeometry) -> list[HazardZone]:
        """Return the zones that a shape meets; their edge is part of them."""
        found = self._tree.query(shape, predicate="intersects")
        return [self.zones[index] for index in sorted(int(each) for each in found)]

    def at(self, position: Position) -> list[HazardZone]:
        """Return the zones in which a position lies."""
        return self.touching(Point(position))

    def of(self, village: Village) -> list[HazardZone]:
        """Return a village's zones: those that name it; of those that name none, where it lies.

        None where one more could not be used, for the rest is not the whole of its ground.
        """
        if not self.unread.isdisjoint({village.village_id, None}):
            return []
        lon, lat = village.lon, village.lat
        around = () if lon is None or lat is None else self.at((lon, lat))
        nameless = (zone for zone in around if zone.village_id is None)
        return [*self._named.get(village.village_id, ()), *nameless]

    def entered(self, way: LineString) -> Iterator[HazardZone]:
        """Yield the zones whose flood a way comes into after its beginning.

        A way begins where people live, so in a flood: leaving it is what the way is for. Coming
        into it from dry ground, or back into it, is what is found.
        """
        met = self.touching(way)
        for count, zone in enumerate(met, start=1):
            if _comes_into(way, union_all([each.polygon for each in met[:count]])):
                yield zone


def against_hazard(plan: Plan, hazards: HazardMap) -> Faults:
    """Find what a plan trusts although it lies in a hazard zone, and what could not be checked.

    Where the plan itself says that the flood of that level takes a shelter or cuts a crossing,
    nobody is sent there by it, and nothing is found.

    Source: anchors.md 2.11 (the shelter of Huangyukou took water); DESIGN law 9.
    """
    yield from _shelters(plan, hazards)
    yield from _assembly_points(plan, hazards)
    yield from _crossings(plan, hazards)
    yield from _ways(plan, hazards)
    yield from _without_position(plan)


def on_no_list(
    places: Iterable[RegisteredPlace], hazards: HazardMap, plans: Iterable[Plan]
) -> Iterator[tuple[RegisteredPlace, HazardZone]]:
    """Yield each registered place that a flood of any return period takes and no plan moves.

    A special site is the registered place where two of id, name and position agree; a site that
    has a position must lie near, for ids and names repeat among villages. A settlement is a zone of
    its id and name: zones have no position.

    Returns
    -------
    The place and the zone of the shortest return period in which it lies.

    Source: anchors.md 2.2 and 4 (the care home of Taishitun stood on no list: 31 dead).
    """
    known = tuple(plans)
    sites = _by_id_and_name(site for plan in known for site in plan.special_sites)
    homes = _by_id_and_name(zone for plan in known for zone in plan.zones)
    for place in places:
        zones = hazards.at((place.lon, place.lat))
        listed = homes if place.kind == SETTLEMENT else sites
        alike = (site for key in _keys(place) for site in listed.get(key, ()))
        if zones and not any(_is_same(site, place) for site in alike):
            yield place, zones[0]


def _shelters(plan: Plan, hazards: HazardMap) -> Faults:
    for number, shelter in enumerate(plan.shelters):
        if shelter.position is None:
            continue
        trusted = [z for z in hazards.at(shelter.position) if not shelter.is_lost_at(z.tier)]
        served = [zone for zone in trusted if zone.in_flood_of(plan)]
        for zone in (served or trusted)[:1]:
            severity: Severity = "error" if served else "warning"
            rarer = "" if served else ", in a flood beyond the plan's"
            message = f"the shelter {shelter.id} lies in {zone.label}{rarer}"
            cure = "choose one outside, or write in flooded_from when it is lost"
            yield Fault(severity, f"shelters.{number}.position", message, cure)


def _assembly_points(plan: Plan, hazards: HazardMap) -> Faults:
    for number, point in enumerate(plan.assembly_points):
        zones = [] if point.position is None else hazards.at(point.position)
        for zone in zones[:1]:
            message = f"people gather at {point.id}, in {zone.label}"
            field = f"assembly_points.{number}.position"
            yield Fault("warning", field, message, "let them gather outside")


def _crossings(plan: Plan, hazards: HazardMap) -> Faults:
    for number, route in enumerate(plan.routes):
        for index, crossing in enumerate(route.crossings):
            zones = [] if crossing.position is None else hazards.at(crossing.position)
            for zone in [z for z in zones if not crossing.cut_from.is_cut_at(z.tier)][:1]:
                message = f"{crossing.id} counts as open at {zone.tier.colour}, in {zone.label}"
                field = f"routes.{number}.crossings.{index}.cut_from"
                yield Fault("warning", field, message, "look at it, and write when it is cut")


def _ways(plan: Plan, hazards: HazardMap) -> Faults:
    for number, route in enumerate(plan.routes):
        if len(set(route.waypoints)) > 1:
            entered = hazards.entered(LineString(route.waypoints))
            zone = next((z for z in entered if not route.is_cut_at(z.tier)), None)
            if zone is not None:
                message = f"{route.id} leads through {zone.label}, and counts as open then"
                cure = "lead it round, or write the crossing at which it is cut"
                yield Fault("warning", f"routes.{number}.waypoints", message, cure)


def _without_position(plan: Plan) -> Faults:
    """Say in one line what could not be held against the map."""
    nowhere = [each.id for each in plan.shelters if each.position is None]
    nowhere += [each.id for each in plan.assembly_points if each.position is None]
    nowhere += [each.id for each in plan.routes if len(set(each.waypoints)) <= 1]
    nowhere += [
        crossing.id
        for route in plan.routes
        for crossing in route.crossings
        if crossing.position is None
    ]
    if nowhere:
        names = ", ".join(dict.fromkeys(nowhere))
        message = f"not checked against the hazard zones, for want of positions: {names}"
        yield Fault("info", "shelters", message, "survey them: position = [lon, lat], or waypoints")


def _comes_into(way: LineString, flood: BaseGeometry) -> bool:
    """Tell whether a way has a stretch in the flood besides the one that it begins with."""
    begun = 0.0
    for start, end in sorted(_stretches(way, flood)):
        if start > begun + TOUCH:
            return True
        begun = max(begun, end)
    return False


def _stretches(way: LineString, flood: BaseGeometry) -> Iterator[tuple[float, float]]:
    """Yield where along a way, in degrees from its start, it is in the flood."""
    gone = 0.0
    for leg in (LineString(ends) for ends in pairwise(way.coords)):
        for part in get_parts(leg.intersection(flood)):
            if part.length > TOUCH:
                ends = sorted(leg.project(Point(part.coords[end])) for end in (0, -1))
                yield gone + ends[0], gone + ends[1]
        gone += leg.length


def _by_id_and_name(sites: Iterable[Place]) -> Mapping[str, list[Place]]:
    found: dict[str, list[Place]] = defaultdict(list)
    for site in sites:
        for key in {_plain(site.id), *(_plain(name) for name in site.name.values())}:
            found[key].append(site)
    return found


def _keys(place: RegisteredPlace) -> set[str]:
    names = {_plain(place.place_id), _plain(place.name), _plain(place.name_en)}
    return names - {""}


def _is_same(site: Place, place: RegisteredPlace) -> bool:
    by_id = _plain(site.id) == _plain(place.place_id)
    names = {_plain(name) for name in site.name.values()}
    by_name = bool(names & {_plain(place.name), _plain(place.name_en)})
    if not isinstance(site, SpecialSite) or site.position is None:
        return by_id and by_name
    near = _metres(site.position, (place.lon, place.lat)) <= SAME_PLACE_M
    return near and (by_id or by_name)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _metres(one: Position, other: Position) -> float:
    """Return the distance of two near places, metres."""
    east = (one[0] - other[0] + 180.0) % 360.0 - 180.0
    north = one[1] - other[1]
    return METRES_PER_DEGREE * hypot(east * cos(radians(other[1])), north)
