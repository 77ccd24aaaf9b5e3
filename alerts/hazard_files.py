"""Read a site's hazard zones and register of places, and hold its plans against them.

Both files are optional; what an absent one leaves unchecked is said, and never passes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TypeVar

from pydantic import Field, ValidationError
from shapely import force_2d, get_num_coordinates
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from alerts.plan.fault import Fault
from alerts.plan.hazard import (
    HazardMap,
    HazardZone,
    RegisteredPlace,
    against_hazard,
    on_no_list,
)
from alerts.plan.model import Plan
from alerts.plan.words import Words
from alerts.toml_lines import line_of
from pipeline.bulletin import RiskLevel
from pipeline.site.finding import Finding
from pipeline.site.frozen import Frozen
from pipeline.site.references import unique
from pipeline.site.sheet import Sheet, finding_of, read_sheet, read_text

ZONES_FILE: Final = "hazard_zones.geojson"
PLACES_FILE: Final = "places.csv"
PLANS: Final = "plans"
MAX_BYTES: Final = 16_000_000
MAX_FEATURES: Final = 20_000
MAX_VERTICES: Final = 500_000
"""Of all polygons together; a county's survey has some ten thousand."""
AREAL: Final = frozenset({"Polygon", "MultiPolygon"})
NO_GEOMETRY: Final = (
    ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError,
    RecursionError,
)  # fmt: skip
"""What reading a geometry raises that is none, is too deep, or has numbers beyond a float."""
WGS84: Final = ("CRS84", "4326", "4490")
"""How the names of WGS84 end, and that of CGCS2000, which differs from it by centimetres."""
NOT_USED: Final = (
    "correct the feature; until then what lies in it is not checked, and its village's alerts bear "
    "a circle"
)


class _Whose(Frozen):
    village_id: Annotated[str, Field(coerce_numbers_to_str=True)] | None = None


class _Properties(_Whose):
    zone: Words
    level: Annotated[RiskLevel, Field(gt=0)]
    return_period_y: Annotated[int, Field(gt=0, le=10_000)] | None = None
    basis: Words


Stated = TypeVar("Stated", bound=_Whose)


def hazard_findings(folder: Path, hazards: HazardMap, plans: Mapping[str, Plan]) -> list[Finding]:
    """Return all that the hazard zones and the register of places say against a site's plans.

    Parameters
    ----------
    folder : of the site
    hazards : of its zones
    plans : the usable ones, by village id

    Returns
    -------
    Faults of the register, of plans by file and row, and places that no plan lists. Where there is
    no register, one ``info`` says what was not checked.
    """
    places = read_places(folder)
    findings = [*places.findings]
    if not hazards.zones:
        return findings
    files = {path.stem: path for path in sorted((folder / PLANS).glob("*/*.toml"))}
    for village_id, plan in plans.items():
        file = files.get(village_id)
        name = f"{PLANS}/" if file is None else file.relative_to(folder).as_posix()
        findings += _of_plan(folder, name, tuple(against_hazard(plan, hazards)))
    return findings + _on_no_list(places, hazards, plans)


def read_zones(folder: Path) -> tuple[HazardMap, list[Finding]]:
    """Return the hazard zones in longitude and latitude (RFC 7946, WGS84), and what is wrong.

    What is wrong is a finding by the number of its feature, the first being 1; the rest is used,
    and the map knows whose zones are not on it.
    """
    if not (folder / ZONES_FILE).exists():
        message = f"not checked: no {ZONES_FILE}, so no shelter, way or place was held against one"
        cure = "bring the zones of the flash-flood survey"
        return HazardMap(), [Finding("info", ZONES_FILE, None, None, message, cure)]
    features, findings = _features(folder)
    zones: list[HazardZone] = []
    unread: set[str | None] = set()
    vertices = 0
    for number, feature in enumerate(features, 1):
        zone, faults = _zone(feature, number)
        findings += faults
        if zone is None:
            unread.add(_whose(feature))
            continue
        vertices += int(get_num_coordinates(zone.polygon))
        if vertices > MAX_VERTICES:
            message = f"more than {MAX_VERTICES} vertices; this feature and the rest are not read"
            findings.append(_fault(number, "geometry", message, "simplify the outlines"))
            return HazardMap(zones, {None}), findings
        zones.append(zone)
    if not zones and not findings:
        message = "not checked: the file holds no zone"
        findings.append(_fault(None, "features", message, "draw the zones, or remove the file"))
    return HazardMap(zones, unread), findings


def of_no_village(zones: Iterable[HazardZone], known: Set[str]) -> list[Finding]:
    """Return the zones that name a village which the site has not: nobody's alert bears them."""
    cure = "use an id of villages.csv"
    return [
        _fault(
            None, "properties.village_id", f"{zone.label}: unknown village {zone.village_id}", cure
        )
        for zone in zones
        if zone.village_id is not None and zone.village_id not in known
    ]


def read_places(folder: Path) -> Sheet[RegisteredPlace]:
    """Return the county's register of places; one ``info`` where there is none."""
    if not (folder / PLACES_FILE).exists():
        message = f"not checked: no {PLACES_FILE}, so nobody looked whom the plans leave out"
        cure = "bring the county's register of care homes, schools, camps, guesthouses and works"
        return Sheet(PLACES_FILE, (), (Finding("info", PLACES_FILE, None, None, message, cure),))
    sheet = read_sheet(folder, PLACES_FILE, RegisteredPlace)
    return unique(sheet, lambda place: place.place_id.casefold(), "place_id")


def _of_plan(folder: Path, file: str, faults: tuple[Fault, ...]) -> list[Finding]:
    text = "" if not faults else read_text(folder, file)[0] or ""
    return [
        Finding(
            fault.severity, file, _row(text, fault.field), fault.field, fault.message, fault.cure
        )
        for fault in faults
    ]


def _row(text: str, field: str) -> int | None:
    return line_of(text, tuple(int(part) if part.isdigit() else part for part in field.split(".")))


def _on_no_list(
    places: Sheet[RegisteredPlace], hazards: HazardMap, plans: Mapping[str, Plan]
) -> list[Finding]:
    rows = {place.place_id: line for line, place in places.rows}
    cure = "write it into its village's plan, a settlement as a zone, all else as a special site"
    return [
        Finding(
            "error", PLACES_FILE, rows[place.place_id], "place_id", _unlisted(place, zone), cure
        )
        for place, zone in on_no_list((row for _, row in places.rows), hazards, plans.values())
    ]


def _unlisted(place: RegisteredPlace, zone: HazardZone) -> str:
    inside = f"{place.people_day} people by day, {place.people_night} by night"
    return f"{place.kind} {place.name} ({inside}) lies in {zone.label} and is on no list"


def _features(folder: Path) -> tuple[list[Any], list[Finding]]:
    size = (folder / ZONES_FILE).stat().st_size
    if size > MAX_BYTES:
        message = f"{size} bytes; at most {MAX_BYTES} are read"
        return [], [_fault(None, None, message, "simplify the outlines")]
    text, findings = read_text(folder, ZONES_FILE)
    if text is None:
        return [], findings
    try:
        raw = json.loads(text, parse_constant=_no_number)
        features, system = raw["features"], raw.get("crs")
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        features, system = None, None
    if not isinstance(features, list):
        message = "no FeatureCollection of GeoJSON"
        return [], [_fault(None, None, message, "save it as GeoJSON (RFC 7946)")]
    if system is not None and not _names_wgs84(system):
        message = "its coordinates are of another system than WGS84"
        return [], [_fault(None, "crs", message, "save it in longitude and latitude, EPSG:4326")]
    if len(features) > MAX_FEATURES:
        message = f"{len(features)} features; at most {MAX_FEATURES} are read"
        return [], [_fault(None, "features", message, "join those of one zone")]
    return features, []


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def _names_wgs84(system: object) -> bool:
    properties = system.get("properties") if isinstance(system, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    return isinstance(name, str) and name.endswith(WGS84)


def _zone(feature: object, number: int) -> tuple[HazardZone | None, list[Finding]]:
    """Return a feature's zone, or what is wrong with it."""
    try:
        stated = _stated(_Properties, feature)
    except ValidationError as error:
        return None, [
            finding_of(ZONES_FILE, number, detail, "properties") for detail in error.errors()
        ]
    try:
        polygon = force_2d(shape(feature["geometry"]))  # type: ignore[index]
    except NO_GEOMETRY:
        return None, [_fault(number, "geometry", "it is no geometry of GeoJSON", NOT_USED)]
    wrong = _wrong_with(polygon)
    if wrong is not None:
        return None, [_fault(number, "geometry", wrong, NOT_USED)]
    zone = HazardZone(
        stated.zone,
        stated.level,
        stated.return_period_y,
        stated.basis,
        polygon,
        stated.village_id,
    )
    return zone, []


def _whose(feature: object) -> str | None:
    """Return the village that a broken feature names; None where it names none."""
    try:
        return _stated(_Whose, feature).village_id
    except ValidationError:
        return None


def _stated(model: type[Stated], feature: object) -> Stated:
    given = feature.get("properties") if isinstance(feature, Mapping) else None
    own = given if isinstance(given, Mapping) else {}
    return model.model_validate({name: own[name] for name in model.model_fields if name in own})


def _wrong_with(polygon: BaseGeometry) -> str | None:
    if polygon.geom_type not in AREAL or polygon.is_empty:
        return f"{polygon.geom_type} is no polygon with an area"
    west, south, east, north = polygon.bounds
    if not (west >= -180 and south >= -90 and east <= 180 and north <= 90):  # noqa: PLR2004
        return "it lies beyond the world: coordinates are longitude, latitude"
    return None if polygon.is_valid else f"not valid: {explain_validity(polygon)}"


def _fault(number: int | None, field: str | None, message: str, cure: str) -> Finding:
    return Finding("error", ZONES_FILE, number, field, message, cure)
