"""Ground that a flood could take, at random: strips along a stream, stars, rings, isles."""

from __future__ import annotations

from math import cos, pi, sin

from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box, make_valid
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from alerts.plan.hazard import HazardMap, HazardZone
from pipeline.bulletin import RiskLevel

WEST, SOUTH = 115.6, 40.0
SMALLEST, LARGEST = 1e-5, 0.05
"""Degrees: a metre, and some five kilometres."""

near = st.floats(0, LARGEST)
sizes = st.floats(SMALLEST, LARGEST)
places = st.builds(lambda east, north: (WEST + east, SOUTH + north), near, near)


def _star(centre: tuple[float, float], arms: list[float]) -> Polygon:
    east, north = centre
    turn = 2 * pi / len(arms)
    return Polygon(
        (east + arm * cos(n * turn), north + arm * sin(n * turn)) for n, arm in enumerate(arms)
    )


def _stream(way: list[tuple[float, float]], wide: float) -> BaseGeometry:
    return LineString(way).buffer(wide, quad_segs=2)


def _ring(centre: tuple[float, float], inner: float, wide: float) -> BaseGeometry:
    around = Point(centre)
    return around.buffer(inner + wide).difference(around.buffer(inner))


def _isles(centres: list[tuple[float, float]], size: float) -> BaseGeometry:
    return MultiPolygon(
        [box(WEST + n, lat, WEST + n + size, lat + size) for n, (_, lat) in enumerate(centres)]
    )


SHAPES = st.one_of(
    st.builds(lambda at, wide, high: box(*at, at[0] + wide, at[1] + high), places, sizes, sizes),
    st.builds(_star, places, st.lists(sizes, min_size=3, max_size=200)),
    st.builds(_stream, st.lists(places, min_size=2, max_size=40, unique=True), sizes),
    st.builds(_ring, places, sizes, sizes),
    st.builds(_isles, st.lists(places, min_size=2, max_size=40), sizes),
)


def grounds(most: int = 6) -> st.SearchStrategy[list[BaseGeometry]]:
    """Draw the zones of one village, each as a survey's file may hold it."""
    usable = SHAPES.map(make_valid).filter(
        lambda shape: shape.geom_type in {"Polygon", "MultiPolygon"} and not shape.is_empty
    )
    return st.lists(usable, min_size=1, max_size=most)


def mapped(village_id: str, ground: list[BaseGeometry]) -> HazardMap:
    """Return the map of a survey that found those zones in one village."""
    return HazardMap(
        HazardZone(f"zone {n}", RiskLevel.RED, 20, "surveyed", each, village_id)
        for n, each in enumerate(ground)
    )
