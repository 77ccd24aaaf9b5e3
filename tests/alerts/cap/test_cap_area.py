"""What an alert draws of a village's zones is small, lawful, and never less than the zones."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from math import cos, sin, tau

import pytest
from hypothesis import given
from lxml import etree
from shapely import MultiPolygon, Polygon, affinity, box, get_parts, union_all
from shapely.geometry.base import BaseGeometry

from alerts.cap_area import MARGIN, MOST_DETAIL, MOST_POINTS, polygons
from alerts.cap_rules import NAMESPACE, problems
from alerts.compose import compose
from alerts.plan.hazard import HazardMap, HazardZone
from pipeline.bulletin import RiskLevel
from tests.alerts.cap.grounds import grounds
from tests.golden.samples import occasion, risk, valley

SQUARE = box(115.6, 40.05, 115.61, 40.06)
ROUNDING = 1e-4


def rings(written: tuple[str, ...]) -> list[Polygon]:
    """Read polygons as a receiver does."""
    pairs = [[point.split(",") for point in text.split()] for text in written]
    return [Polygon((float(lon), float(lat)) for lat, lon in ring) for ring in pairs]


def zone(polygon: BaseGeometry, village_id: str | None = "hekou", name: str = "bank") -> HazardZone:
    return HazardZone(name, RiskLevel.RED, 20, "surveyed", polygon, village_id)


def mapped(*zones: HazardZone):
    return replace(valley(), hazards=HazardMap(zones))


def areas(pack, village: str = "hekou") -> list[dict[str, list[str]]]:
    """Return what the areas of a village's alert hold, one for each language."""
    alert = compose(occasion(risk(4, village=village)), pack).cap
    assert alert.faults == ()
    assert problems(alert.content) == []
    found = etree.fromstring(alert.content).iter(f"{{{NAMESPACE}}}area")
    names = ("polygon", "circle")
    return [
        {n: [e.text for e in area.iter(f"{{{NAMESPACE}}}{n}")] for n in names} for area in found
    ]


@given(grounds())
def test_no_point_of_a_zone_lies_outside_what_is_drawn(zones):
    assert union_all(rings(polygons(zones))).covers(union_all(zones))


@given(grounds())
def test_what_is_drawn_is_closed_simple_counter_clockwise_apart_and_of_few_points(zones):
    written = polygons(zones)
    corner = re.compile(r"-?\d{1,2}\.\d{4},-?\d{1,3}\.\d{4}")
    assert sum(len(text.split()) for text in written) <= MOST_POINTS
    for text, ring in zip(written, rings(written), strict=True):
        points = text.split()
        assert points[0] == points[-1]
        assert all(corner.fullmatch(point) for point in points)
        assert ring.is_valid
        assert ring.exterior.is_ccw
    assert MultiPolygon(rings(written)).is_valid


@given(grounds(most=3))
def test_an_alert_that_bears_it_passes_the_schema_and_every_rule(zones):
    drawn = list(polygons(zones))
    for area in areas(mapped(*map(zone, zones))):
        assert area == {"polygon": drawn, "circle": []}


@given(grounds())
def test_the_same_zones_give_the_same_bytes(zones):
    copies = [type(each)(each) for each in zones]
    assert polygons(copies) == polygons(zones)
    pack, again = (mapped(*map(zone, of)) for of in (zones, copies))
    told = occasion(risk(4))
    assert compose(told, pack).cap.content == compose(told, again).cap.content


@pytest.mark.parametrize("turned", range(0, 90, 15))
def test_around_a_simple_zone_little_ground_is_added(turned):
    plain = affinity.rotate(SQUARE, turned)
    (drawn,) = rings(polygons([plain]))
    assert plain.buffer(2 * MARGIN + ROUNDING).covers(drawn)


def test_zones_apart_are_polygons_apart_and_zones_that_meet_are_one():
    far = affinity.translate(SQUARE, 0.1)
    near = affinity.translate(SQUARE, 0.01)
    assert len(polygons([SQUARE, far])) == len(polygons([MultiPolygon([SQUARE, far])])) == 2
    assert len(polygons([SQUARE, near])) == 1


def test_who_lives_on_an_isle_in_the_flood_is_warned_too():
    ring = SQUARE.difference(box(115.603, 40.053, 115.607, 40.057))
    assert polygons([ring]) == polygons([SQUARE])


@pytest.mark.parametrize(
    "edge", [box(179.99, 10, 180, 10.01), box(-180, 10, -179.99, 10.01), box(0, 89.99, 9, 90)]
)
def test_a_zone_at_the_edge_of_the_map_is_not_drawn_beyond_it(edge):
    (drawn,) = rings(polygons([edge]))
    assert drawn.covers(edge)
    assert box(-180, -90, 180, 90).covers(drawn)


def test_of_more_detail_than_any_village_has_the_hull_is_drawn_and_soon():
    strips = [box(115 + n * 1e-3, 40, 115 + n * 1e-3 + 5e-4, 40.5) for n in range(2_000)]
    (drawn,) = rings(polygons(strips))
    assert drawn.covers(box(115, 40, 116.9995, 40.5))
    assert len(drawn.exterior.coords) < 10


@pytest.mark.parametrize("rough", [1e-2, 2e-3])
def test_ground_rougher_than_any_survey_draws_it_is_drawn_whole_and_not_much_wider(rough):
    chance, n = random.Random(7), MOST_DETAIL - 2
    arms = [0.03 + rough * chance.random() for _ in range(n)]
    jagged = Polygon(
        (115.6 + arm * cos(tau * k / n), 40 + arm * sin(tau * k / n)) for k, arm in enumerate(arms)
    )
    drawn = union_all(rings(polygons([jagged])))
    assert drawn.covers(jagged)
    assert drawn.area < 2 * jagged.area


def test_what_cannot_be_drawn_leaves_the_circle_and_the_plan_s_order():
    bow = Polygon([(115, 40), (116, 41), (116, 40), (115, 41)])
    torn = mapped(zone(bow), zone(affinity.translate(bow, 0.3, 0.1)))
    (area, *_) = areas(torn)
    assert (len(area["circle"]), area["polygon"]) == (1, [])
    told = [compose(occasion(risk(4)), pack).messages for pack in (torn, valley())]
    assert [m.body for m in told[0]] == [m.body for m in told[1]]


def test_a_zone_is_of_the_village_that_it_names_else_of_those_who_live_in_it():
    elsewhere = affinity.translate(SQUARE, 0.3)
    around = box(115.63, 40.06, 115.64, 40.07)  # of Hekou's position
    assert areas(mapped(zone(elsewhere)))[0]["polygon"] == list(polygons([elsewhere]))
    assert areas(mapped(zone(around, None)))[0]["polygon"] == list(polygons([around]))
    both = mapped(zone(elsewhere), zone(around, None))
    assert areas(both)[0]["polygon"] == list(polygons([elsewhere, around]))
    for nobody_s in (zone(around, "baishi"), zone(elsewhere, None)):
        (area, *_) = areas(mapped(nobody_s))
        assert (len(area["circle"]), area["polygon"]) == (1, [])


def test_a_village_without_a_position_has_the_ground_of_its_zones():
    lost = valley().village("hekou").model_copy(update={"lat": None, "lon": None})
    pack = mapped(zone(SQUARE), zone(box(115, 40, 116, 41), None))
    villages = tuple(lost if v.village_id == "hekou" else v for v in pack.villages)
    assert areas(replace(pack, villages=villages))[0]["polygon"] == list(polygons([SQUARE]))


def test_the_shipped_valley_shows_both_ground_and_circles():
    drawn = {v.village_id: valley().hazards.of(v) for v in valley().villages}
    assert len(areas(valley(), "hekou")[0]["polygon"]) == 2
    assert len(areas(valley(), "songlin")[0]["circle"]) == 1
    assert sorted(v for v, zones in drawn.items() if not zones) == [
        "liushuwan", "rp-lower", "rp-upper", "songlin",
    ]  # fmt: skip


def test_every_part_of_many_is_drawn_or_joined_to_others():
    isles = [box(115 + n / 10, 40, 115 + n / 10 + 0.01, 40.01) for n in range(40)]
    drawn = union_all(rings(polygons(isles)))
    assert all(drawn.covers(part) for part in get_parts(union_all(isles)))
