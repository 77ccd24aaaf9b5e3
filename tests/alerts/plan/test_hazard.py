"""What a plan trusts although a flood takes it is found, and so is whom no plan moves."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, box

from alerts import hazard_files
from alerts.hazard_files import hazard_findings, of_no_village, read_places, read_zones
from alerts.plan.hazard import (
    SETTLEMENT,
    HazardMap,
    HazardZone,
    RegisteredPlace,
    against_hazard,
    on_no_list,
)
from alerts.plan.model import Plan
from alerts.plan.places import SITE_KINDS
from pipeline.bulletin import RiskLevel

WEST, SOUTH = 115.6, 40.1
STEP = 0.01
"""Degrees, about a kilometre: the side of a square of the map on which these tests play."""


def at(east: float, north: float = 0.5) -> tuple[float, float]:
    """Return a position, in squares from the map's corner."""
    return WEST + east * STEP, SOUTH + north * STEP


def ground(west: float, east: float, south: float = 0.0, north: float = 1.0) -> Polygon:
    return box(*at(west, south), *at(east, north))


def zone(polygon: Polygon, *, years: int | None = 20, level: int = 4, name: str = "bank"):
    return HazardZone(name, RiskLevel(level), years, "computed", polygon)


def plan(**changed) -> Plan:
    name = {"en": "x"}
    written = {
        "village_id": "hekou",
        "exercise": True,
        "note": "for tests",
        "valid_from": "2024-05-01",
        "reviewed_by": "desk",
        "return_period_y": 20,
        "times": {"call": 4, "gather": 10, "help": 10},
        "zones": [{"id": "z", "name": name, "households": 1, "people": 2, "routes": ["lane"],
                   "shelters": ["school"]}],
        "routes": [{"id": "lane", "name": name, "minutes_day": 8, "minutes_night": 11}],
        "shelters": [{"id": "school", "name": name, "capacity": 9}],
    }  # fmt: skip
    return Plan.model_validate(written | changed)


def sheltered(position, **changed) -> Plan:
    shelter = {"id": "school", "name": {"en": "x"}, "capacity": 9, "position": position}
    return plan(shelters=[shelter | changed])


def walked(*waypoints, **changed) -> Plan:
    route = {"id": "lane", "name": {"en": "x"}, "minutes_day": 8, "minutes_night": 11}
    return plan(routes=[route | {"waypoints": waypoints} | changed])


def found(of: Plan, *zones: HazardZone) -> list[tuple[str, str]]:
    """Return severity and field of all that is found, but what has no position."""
    faults = against_hazard(of, HazardMap(zones))
    return [(fault.severity, fault.field) for fault in faults if fault.severity != "info"]


SQUARES = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8), st.sampled_from([None, 5, 20, 100])),
    min_size=1,
    max_size=6,
)


@given(SQUARES, st.floats(0, 9), st.floats(0, 9), st.sampled_from([None, 5, 20]))
def test_a_shelter_is_found_where_a_polygon_has_it_and_nowhere_else(squares, east, north, planned):
    zones = [
        zone(ground(column, column + 1, row, row + 1), years=years)
        for column, row, years in squares
    ]
    position = at(east, north)
    over = [each for each in zones if each.polygon.intersects(Point(position))]
    served = [
        z for z in over if None in {z.return_period_y, planned} or z.return_period_y <= planned
    ]
    of = sheltered(position).model_copy(update={"return_period_y": planned})
    severity = "error" if served else "warning"
    assert found(of, *zones) == ([(severity, "shelters.0.position")] if over else [])


@pytest.mark.parametrize("taken", ["red", "orange", "yellow", "unknown"])
def test_a_shelter_of_which_the_plan_says_that_the_flood_takes_it_is_not_found(taken):
    assert found(sheltered(at(0.5), flooded_from=taken), zone(ground(0, 1))) == []


def test_a_shelter_that_the_plan_says_is_lost_at_red_is_found_in_a_zone_that_floods_at_orange():
    assert found(sheltered(at(0.5), flooded_from="red"), zone(ground(0, 1), level=3))


def test_people_do_not_gather_in_a_zone():
    points = [
        {"id": "well", "name": {"en": "x"}, "position": at(0.5)},
        {"id": "yard", "name": {"en": "x"}, "position": at(1.5)},
    ]
    flood = zone(ground(0, 1), years=100)
    assert found(plan(assembly_points=points), flood) == [("warning", "assembly_points.0.position")]


@pytest.mark.parametrize(
    ("cut", "level", "open_"),
    [("never", 4, True), ("red", 3, True), ("red", 4, False), ("unknown", 4, False)],
)
def test_a_crossing_in_a_zone_is_found_while_the_plan_counts_it_as_open(cut, level, open_):
    crossing = {"id": "ford", "name": {"en": "x"}, "cut_from": cut, "position": at(0.5)}
    of = walked(crossings=[crossing])
    field = "routes.0.crossings.0.cut_from"
    assert found(of, zone(ground(0, 1), level=level)) == ([("warning", field)] if open_ else [])


WAYS = st.lists(st.floats(0, 9, allow_nan=False), min_size=2, max_size=7, unique=True)


@given(WAYS, st.integers(0, 8))
def test_a_way_is_found_where_it_comes_into_a_zone_and_not_where_it_leaves_one(eastings, west):
    """Along one street: counted by its legs, without geometry."""
    legs = [sorted((a, b)) for a, b in pairwise(eastings)]
    dry = not west <= eastings[0] <= west + 1
    for (low, high), (start, end) in zip(legs, pairwise(eastings), strict=True):
        inside = min(high, west + 1) - max(low, west)
        if abs(inside) < 1e-4 or abs(start - west) < 1e-4 or abs(start - west - 1) < 1e-4:
            return  # touches the edge: either answer will do
        if dry and inside > 0:
            assert found(walked(*map(at, eastings)), zone(ground(west, west + 1)))
            return
        dry = dry or not west <= end <= west + 1
    assert found(walked(*map(at, eastings)), zone(ground(west, west + 1))) == []


def test_a_way_out_through_zones_that_flood_more_rarely_is_a_way_out():
    rings = [zone(ground(0, 1), years=5, name="a"), zone(ground(1, 2), years=20, name="b")]
    assert found(walked(at(0.5), at(1.5), at(3)), *rings) == []
    assert found(walked(at(1.5), at(0.5), at(0.5, 3)), *rings)


def test_a_way_that_the_plan_says_is_cut_then_is_not_found():
    crossing = {"id": "ford", "name": {"en": "x"}, "cut_from": "red"}
    assert found(walked(at(1.5), at(0.5), crossings=[crossing]), zone(ground(0, 1))) == []


def test_what_has_no_position_is_said_to_be_unchecked():
    faults = list(against_hazard(plan(), HazardMap([zone(ground(0, 1))])))
    assert [(f.severity, "school" in f.message and "lane" in f.message) for f in faults] == [
        ("info", True)
    ]


HOME = RegisteredPlace(
    place_id="CH-7", kind="care_home", name="敬老院", name_en="Hekou home", lon=at(0.5)[0],
    lat=at(0.5)[1], people_day=70, people_night=77,
)  # fmt: skip


def with_site(ident: str, name: str, position=None) -> Plan:
    site = {
        "id": ident, "kind": "care_home", "name": {"zh": name}, "people_day": 1,
        "people_night": 1, "staff_night": 1, "times_help": 5, "routes": ["lane"],
        "shelters": ["school"], "position": position,
    }  # fmt: skip
    return plan(special_sites=[site])


def unlisted(*plans: Plan, years: int | None = 100, ground_=None) -> list[str]:
    hazards = HazardMap([zone(ground_ or ground(0, 1), years=years)])
    return [place.place_id for place, _ in on_no_list([HOME], hazards, plans)]


@given(st.one_of(st.none(), st.integers(1, 10_000)), st.one_of(st.none(), st.integers(1, 100)))
def test_a_care_home_on_no_list_is_found_in_the_flood_of_any_return_period(years, planned):
    of = plan(return_period_y=planned)
    assert unlisted(of, years=years) == ["CH-7"]
    assert unlisted(of, years=years, ground_=ground(2, 3)) == []


@pytest.mark.parametrize(
    ("listed", "is_it"),
    [
        (with_site("ch-7", "敬老院"), True),
        (with_site("ch-7", "another name", at(0.6)), True),
        (with_site("home", " 敬老院 ", at(0.6)), True),
        (with_site("home", "敬老院"), False),
        (with_site("ch-7", "another name"), False),
        (with_site("ch-7", "敬老院", at(3.0)), False),
        (with_site("home", "another name", at(0.5)), False),
    ],
)
def test_a_place_is_on_the_list_where_two_of_id_name_and_position_agree(listed, is_it):
    assert unlisted(plan(), listed) == ([] if is_it else ["CH-7"])


def test_the_register_knows_the_kinds_that_plans_know():
    kinds = RegisteredPlace.model_json_schema()["properties"]["kind"]["enum"]
    assert set(kinds) == SITE_KINDS | {SETTLEMENT}


@pytest.mark.parametrize(
    ("ident", "name", "found"),
    [("ch-7", "敬老院", False), ("ch-7", "x", True), ("z", "敬老院", True)],
)
def test_a_settlement_is_moved_by_a_zone_of_its_id_and_name_and_by_nothing_else(ident, name, found):
    hamlet = HOME.model_copy(update={"kind": SETTLEMENT})
    zones = HazardMap([zone(ground(0, 1), years=200)])
    home = plan().zones[0].model_copy(update={"id": ident, "name": {"zh": name}})
    plans = [plan().model_copy(update={"zones": (home,)}), with_site("ch-7", "敬老院")]
    assert bool(list(on_no_list([hamlet], zones, plans))) is found


# ------------------------------------------------------------------------------- the two files

HEADER = "place_id,kind,name,name_en,township,lon,lat,people_day,people_night\n"


def feature(polygon: Polygon | dict | None, **properties) -> dict:
    stated = {"zone": "bank", "level": 4, "return_period_y": 20, "basis": "computed"} | properties
    shape = polygon.__geo_interface__ if isinstance(polygon, Polygon) else polygon
    return {"type": "Feature", "properties": stated, "geometry": shape}


def zones_of(folder: Path, *features, **members) -> Path:
    content = {"type": "FeatureCollection", "features": list(features)} | members
    text = json.dumps(content).replace("Infinity", "1e999")
    (folder / "hazard_zones.geojson").write_text(text, encoding="utf-8")
    return folder


def places_of(folder: Path, *rows: str) -> Path:
    (folder / "places.csv").write_text(HEADER + "\n".join(rows), encoding="utf-8")
    return folder


def held_against(folder: Path, plans: dict[str, Plan]) -> list:
    """Return what a site's files say against its plans, as `load_warning` asks for it."""
    hazards, said = read_zones(folder)
    return said + hazard_findings(folder, hazards, plans)


def brief(findings) -> list[tuple]:
    return [(each.severity, each.file, each.row, each.field) for each in findings]


def test_what_an_absent_file_leaves_unchecked_is_said_once_and_never_passes(tmp_path):
    plans = {"hekou": sheltered(at(0.5)), "baishi": plan()}
    said = held_against(tmp_path, plans)
    assert brief(said) == [
        ("info", "hazard_zones.geojson", None, None), ("info", "places.csv", None, None),
    ]  # fmt: skip
    assert all(each.message.startswith("not checked: no ") and each.cure for each in said)
    zones_of(tmp_path)
    assert "not checked" in held_against(tmp_path, plans)[0].message


def test_a_finding_names_the_plan_s_file_and_row_and_the_register_s_row(tmp_path):
    zones_of(tmp_path, feature(ground(0, 1)))
    lon, lat = at(0.5)
    places_of(
        tmp_path,
        f"s1,school,Dry school,,,{at(5)[0]},{lat},100,0",
        f"ch-1,care_home,Bank home,,,{lon},{lat},70,77",
    )
    file = tmp_path / "plans" / "qingxi" / "hekou.toml"
    file.parent.mkdir(parents=True)
    text = f'village_id = "hekou"\n\n[[shelters]]\nid = "school"\nposition = [{lon}, {lat}]\n'
    file.write_text(text, encoding="utf-8")
    said = held_against(tmp_path, {"hekou": sheltered(at(0.5))})
    assert ("error", "plans/qingxi/hekou.toml", 5, "shelters.0.position") in brief(said)
    assert ("error", "places.csv", 3, "place_id") in brief(said)
    assert not [each for each in said if "Dry school" in each.message]
    assert "70 people by day, 77 by night" in said[-1].message


def rings(*each: list) -> dict:
    return {"type": "Polygon", "coordinates": list(each)}


BOW = Polygon([at(0, 0), at(1, 1), at(1, 0), at(0, 1)])


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (feature(ground(0, 1), zone=""), "properties.zone"),
        (feature(ground(0, 1), level=0), "properties.level"),
        (feature(ground(0, 1), level="red"), "properties.level"),
        (feature(ground(0, 1), return_period_y=0), "properties.return_period_y"),
        (feature(ground(0, 1), basis=None), "properties.basis"),
        (feature(BOW), "geometry"),
        (feature(None), "geometry"),
        (feature({"type": "Point", "coordinates": [1, 2]}), "geometry"),
        (feature(rings()), "geometry"),
        (feature(rings([["a", 1], [2, 2], [3, 1]])), "geometry"),
        (feature(rings([[4e5, 4e6], [5e5, 4e6], [5e5, 5e6], [4e5, 4e6]])), "geometry"),
        (feature(rings([[40, 116], [41, 116], [41, 117], [40, 116]])), "geometry"),
        (feature(rings([[1e999, 0], [1, 1], [2, 0], [1e999, 0]])), "geometry"),
        (feature({"type": "Sphere", "coordinates": [1]}), "geometry"),
        ("a word", "properties.zone"),
        ({"type": "Feature", "properties": [], "geometry": None}, "properties.level"),
    ],
)  # fmt: skip
def test_a_broken_feature_is_named_and_the_others_are_used(tmp_path, broken, field):
    hazards, said = read_zones(
        zones_of(tmp_path, feature(ground(0, 1)), broken, feature(ground(2, 3)))
    )
    assert len(hazards.zones) == 2
    assert said
    assert {(each.severity, each.row) for each in said} == {("error", 2)}
    assert field in {each.field for each in said}
    assert all(each.cure for each in said)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"features": 3}',
        "[" * 100_000,
        '{"features": [NaN]}',
        '{"features": null}',
    ],
)
def test_a_file_that_is_no_geojson_is_one_error(tmp_path, text):
    (tmp_path / "hazard_zones.geojson").write_text(text, encoding="utf-8")
    hazards, said = read_zones(tmp_path)
    assert (hazards.zones, [each.severity for each in said]) == ((), ["error"])


def test_a_zone_names_its_village_in_words_or_digits_and_a_stranger_s_is_an_error(tmp_path):
    stated = [{"village_id": "hekou"}, {"village_id": 110116100201}, {"village_id": None}, {}]
    hazards, said = read_zones(
        zones_of(tmp_path, *(feature(ground(0, 1), **each) for each in stated))
    )
    assert said == []
    assert [each.village_id for each in hazards.zones] == ["hekou", "110116100201", None, None]
    (stranger,) = of_no_village(hazards.zones, {"hekou"})
    assert (stranger.severity, stranger.field) == ("error", "properties.village_id")
    assert "unknown village 110116100201" in stranger.message


def test_coordinates_of_another_system_are_refused_and_those_of_wgs84_are_not(tmp_path):
    def system(name: str) -> dict:
        return {"type": "name", "properties": {"name": name}}

    for name in ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4490"):
        read, _ = read_zones(zones_of(tmp_path, feature(ground(0, 1)), crs=system(name)))
        assert len(read.zones) == 1
    hazards, said = read_zones(zones_of(tmp_path, feature(ground(0, 1)), crs=system("EPSG:3857")))
    assert (hazards.zones, [each.field for each in said]) == ((), ["crs"])


@pytest.mark.parametrize(
    ("bound", "value", "used"),
    [("MAX_BYTES", 100, 0), ("MAX_FEATURES", 1, 0), ("MAX_VERTICES", 7, 1)],
)
def test_what_is_read_is_bounded_and_what_is_beyond_is_an_error(
    tmp_path, monkeypatch, bound, value, used
):
    monkeypatch.setattr(hazard_files, bound, value)
    hazards, said = read_zones(zones_of(tmp_path, feature(ground(0, 1)), feature(ground(2, 3))))
    assert len(hazards.zones) == used
    assert [each.severity for each in said] == ["error"]
    assert str(value) in said[0].message


def test_a_row_of_the_register_that_breaks_is_named_and_the_others_are_used(tmp_path):
    sheet = read_places(
        places_of(
            tmp_path,
            "a,school,One,,,115.6,40.1,10,0",
            "b,castle,Two,,,115.6,40.1,10,0",
            "c,camp,Three,,,1156,40.1,10,0",
            "A,camp,Four,,,115.6,40.1,10,0",
            "d,camp,Five,,,,40.1,10,0",
        )
    )
    assert [place.name for _, place in sheet.rows] == ["One"]
    assert brief(sheet.findings) == [
        ("error", "places.csv", 3, "kind"), ("error", "places.csv", 4, "lon"),
        ("error", "places.csv", 6, "lon"), ("error", "places.csv", 5, "place_id"),
    ]  # fmt: skip
