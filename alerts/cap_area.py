"""The ground of a CAP alert, drawn small: every zone of the village whole, in few points.

Latitude first, closed, counter-clockwise, crossing neither itself nor another, four decimals.

Source: alerting.md 1.3 R11; OASIS CAP 1.2, 3.2.4 (a polygon is closed, and has no holes).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
from shapely.errors import GEOSException
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
ROUNDING: Final = 0.75 * GRID
"""What leaving out the finest detail, and writing four decimals, may take from a margin."""
MOST_DETAIL: Final = 5_000
"""Points of a village's zones; of more their convex hull is drawn, which takes no time."""
WIDER: Final = 1.5
WIDEST: Final = 1.0
"""Degrees; an outline that must be drawn so far outside is a box."""
CORNER: Final = 2.0
"""How far a sharp corner may reach, in margins."""
WORLD: Final = box(-180, -90, 180, 90)


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
    except GEOSException:  # no order waits for a map: the alert has its circle
        return ()
    return tuple(_written(part) for part in get_parts(normalize(drawn)))


def _drawn(zones: GeometryCollection) -> BaseGeometry:
    detailed = get_num_coordinates(zones) > MOST_DETAIL
    ground = zones.convex_hull if detailed else union_all(get_parts(zones))
    return next(outline for outline in _ever_wider(ground) if _fits(outline, ground))


def _ever_wider(ground: BaseGeometry) -> Iterator[BaseGeometry]:
    plain, margin = ground.simplify(DETAIL), MARGIN
    while margin < WIDEST:
        yield _outline(plain, margin)
        margin *= WIDER
    yield _outline(ground.envelope, MARGIN)


def _outline(ground: BaseGeometry, margin: float) -> BaseGeometry:
    around = ground.buffer(margin, join_style="mitre", mitre_limit=CORNER)
    simple = around.simplify(margin - DETAIL - ROUNDING).intersection(WORLD)
    rounded = get_parts(set_precision(simple, GRID))
    # a hole may hold another zone: filled, the two are one
    return union_all([Polygon(part.exterior) for part in rounded])


def _fits(outline: BaseGeometry, ground: BaseGeometry) -> bool:
    few = get_num_coordinates(outline) <= MOST_POINTS
    return bool(few and outline.is_valid and outline.covers(ground))


def _written(polygon: Polygon) -> str:
    corners = orient(polygon).exterior.coords
    return " ".join(f"{lat:.{DECIMALS}f},{lon:.{DECIMALS}f}" for lon, lat in corners)
