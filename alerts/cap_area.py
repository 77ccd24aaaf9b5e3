"""The ground of a CAP alert, drawn small: every zone of the village whole, in few points.

Latitude first, closed, counter-clockwise, crossing neither itself nor another, four decimals.

Source: alerting.md 1.3 R11; OASIS CAP 1.2, 3.2.4 (a polygon is closed, and has no holes).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from shapely import (
    GeometryCollection,
    Polygon,
    box,
    get_num_coordinates,
    get_parts,
    normalize,
    set_precision,
    union_all,
)
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

MOST_POINTS: Final = 100
"""Of all polygons of an alert together; a reader's telephone must hold them."""
DECIMALS: Final = 4
GRID: Final = 10.0**-DECIMALS
"""Degrees, about 11 m of latitude."""
MARGIN: Final = 2 * GRID
"""The least by which an outline is drawn outside of its zone."""
DETAIL: Final = GRID / 2
"""The finest of a zone that is drawn; where a zone is rougher than `MOST_ROUGH`, less of it is."""
ROUNDING: Final = 0.75 * GRID
"""What leaving out the finest detail, and writing four decimals, may take from a margin."""
MOST_DETAIL: Final = 5_000
"""Points of a village's zones; of more their convex hull is drawn, which takes no time."""
MOST_ROUGH: Final = 1_000
"""Points of what is widened; of more it takes seconds."""
WIDER: Final = 1.5
WIDEST: Final = 1.0
"""Degrees; an outline that must be drawn so far outside is a box."""
CORNER: Final = 2.0
"""How far a sharp corner may reach, in margins."""
WORLD: Final = box(-180, -90, 180, 90)
MOST_VILLAGES: Final = 4_096
"""Whose outlines are remembered; beyond them they are drawn again."""


def polygons(zones: Iterable[BaseGeometry]) -> tuple[str, ...]:
    """Return outlines around zones as CAP writes them; none where there is nothing to be drawn.

    Together they hold every point of every zone, and as little ground around as `MOST_POINTS` let
    them: some 22 m of latitude where the zone is simple.

    Parameters
    ----------
    zones : longitude and latitude, WGS84 degrees
    """
    all_of_them = GeometryCollection(list(zones))
    if all_of_them.is_empty:
        return ()
    try:
        drawn = _drawn(all_of_them)
    except (ShapelyError, ValueError, StopIteration):  # no order waits for a map: it has its circle
        return ()
    return tuple(_written(part) for part in get_parts(normalize(drawn)))


@lru_cache(maxsize=MOST_VILLAGES)
def drawn_once(zones: tuple[BaseGeometry, ...]) -> tuple[str, ...]:
    """Return `polygons`, drawn the first time that these zones are asked for."""
    return polygons(zones)


def _drawn(zones: GeometryCollection) -> BaseGeometry:
    detailed = get_num_coordinates(zones) > MOST_DETAIL
    ground = zones.convex_hull if detailed else union_all(get_parts(zones))
    return next(outline for outline in _ever_wider(ground) if _fits(outline, ground))


def _ever_wider(ground: BaseGeometry) -> Iterator[BaseGeometry]:
    plain, detail = ground.simplify(DETAIL), DETAIL
    while get_num_coordinates(plain) > MOST_ROUGH and detail < WIDEST:
        detail *= WIDER
        plain = ground.simplify(detail)
    margin = detail * (MARGIN / DETAIL)
    while margin < WIDEST:
        yield _outline(plain, margin, detail)
        margin *= WIDER
    yield _outline(ground.envelope, MARGIN, DETAIL)


def _outline(ground: BaseGeometry, margin: float, detail: float) -> BaseGeometry:
    """Return what lies within a margin of ground that was drawn to a detail, both in degrees."""
    around = ground.buffer(margin, join_style="mitre", mitre_limit=CORNER)
    simple = around.simplify(margin - detail - ROUNDING).intersection(WORLD)
    rounded = get_parts(set_precision(simple, GRID))
    # a hole may hold another zone: filled, the two are one
    return union_all([Polygon(part.exterior) for part in rounded])


def _fits(outline: BaseGeometry, ground: BaseGeometry) -> bool:
    few = get_num_coordinates(outline) <= MOST_POINTS
    return bool(few and outline.is_valid and outline.covers(ground))


def _written(polygon: Polygon) -> str:
    corners = orient(polygon).exterior.coords
    return " ".join(f"{lat:.{DECIMALS}f},{lon:.{DECIMALS}f}" for lon, lat in corners)
