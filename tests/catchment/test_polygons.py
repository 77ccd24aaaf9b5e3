"""Catchments as polygons: each rain cell counts by exactly the share that it lies in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box

from pipeline.catchment.polygons import from_polygons
from pipeline.errors import SchemaError

ROWS, COLS, STEP = 6, 8, 1000.0
NORTH_UP = (STEP, 0.0, 5000.0, 0.0, -STEP, 9000.0)
SOUTH_UP = (STEP, 0.0, 5000.0, 0.0, STEP, 3000.0)
FRAME = box(5000, 3000, 13000, 9000)


def cell(transform, index: int) -> Polygon:
    a, _, c, _, e, f = transform
    row, col = divmod(index, COLS)
    xs, ys = (c + a * col, c + a * (col + 1)), (f + e * row, f + e * (row + 1))
    return box(min(xs), min(ys), max(xs), max(ys))


def dense(polygon, transform=NORTH_UP) -> np.ndarray:
    weights = from_polygons({"v": polygon}, transform, (ROWS, COLS))
    found = np.zeros(ROWS * COLS)
    found[weights.indices] = weights.data
    return found


stars = st.lists(st.floats(200, 3500), min_size=5, max_size=9).map(
    lambda reach: Polygon([
        (r * np.cos(a), r * np.sin(a))
        for r, a in zip(reach, np.linspace(0, 2 * np.pi, len(reach), endpoint=False), strict=True)
    ])
)  # fmt: skip
places = st.tuples(st.floats(4000, 14000), st.floats(2000, 10000))


@given(stars, places, st.sampled_from([NORTH_UP, SOUTH_UP]))
def test_each_cell_weighs_by_what_geometry_says_it_shares_with_the_catchment(star, at, transform):
    polygon = translate(star, *at)
    each = [
        polygon.intersection(cell(transform, i)).area / polygon.area for i in range(ROWS * COLS)
    ]
    assert dense(polygon, transform) == pytest.approx(each, abs=2e-6)


@given(stars, places)
def test_a_catchment_on_the_grid_weighs_one_and_one_beside_it_less(star, at):
    polygon = translate(star, *at)
    inside = FRAME.intersection(polygon).area / polygon.area
    assert dense(polygon).sum() == pytest.approx(inside, abs=1e-9)


def test_a_catchment_in_two_parts_counts_both():
    both = MultiPolygon([box(5000, 8000, 6000, 9000), box(12000, 3000, 13000, 4000)])
    found = dense(both)
    assert found[[0, ROWS * COLS - 1]].tolist() == [0.5, 0.5]


def test_of_cells_in_degrees_the_nearer_to_the_equator_weigh_more():
    weights = from_polygons(
        {"v": box(10, 0, 11, 60)}, (1.0, 0.0, 10.0, 0.0, -1.0, 60.0), (60, 1), geographic=True
    )
    assert weights.data.sum() == pytest.approx(1.0)
    edges = np.sin(np.radians(np.arange(60, -1, -1)))
    assert weights.data == pytest.approx(-np.diff(edges) / np.sin(np.radians(60)), rel=1e-4)


def test_a_catchment_that_no_rain_is_seen_on_has_no_weights():
    weights = from_polygons(
        {"far": box(0, 0, 1000, 1000), "near": box(6000, 4000, 7000, 5000)}, NORTH_UP, (ROWS, COLS)
    )
    assert weights.row_sums().tolist() == [0.0, 1.0]


def test_a_rotated_grid_is_refused():
    with pytest.raises(SchemaError):
        from_polygons({"v": FRAME}, (STEP, 1.0, 0.0, 0.0, -STEP, 0.0), (ROWS, COLS))
