import math

import numpy as np
import pytest
from hypothesis import given

from pipeline.catchment.network import river_network
from pipeline.errors import SchemaError
from tests.catchment.grids import KM, STEPS, drawn, esri, heights, steepest


def accumulated(codes):
    """Drain every cell by hand, highest first: the area that passes through each."""
    area = np.ones(codes.shape)
    todo = {cell for cell in np.ndindex(codes.shape) if codes[cell]}
    while todo:
        headwater = next(
            cell for cell in todo if not any(onward(codes, other) == cell for other in todo)
        )
        todo.remove(headwater)
        below = onward(codes, headwater)
        if all(0 <= at < size for at, size in zip(below, codes.shape, strict=True)):
            area[below] += area[headwater]
    return area


def onward(codes, cell):
    dr, dc = STEPS[int(codes[cell]) - 1]
    return cell[0] + dr, cell[1] + dc


@given(heights())
def test_every_cell_drains_itself_and_all_above_it(height):
    codes = steepest(height)
    assert np.array_equal(river_network(codes, KM, "north_clockwise").area_km2, accumulated(codes))


@given(heights())
def test_the_whole_grid_leaves_by_its_ends(height):
    codes = steepest(height)
    network = river_network(codes, KM, "north_clockwise")
    ends = network.flow.idxs_pit
    assert network.area_km2.flat[ends].sum() == network.cell_km2.sum() == height.size


@given(heights())
def test_both_codings_are_one_river(height):
    codes = steepest(height)
    ours = river_network(codes, KM, "north_clockwise")
    theirs = river_network(esri(codes), KM, "esri")
    assert np.array_equal(ours.area_km2, theirs.area_km2)


@pytest.mark.parametrize(("code", "step"), list(enumerate(STEPS, 1)))
def test_each_direction_goes_where_it_points(code, step):
    codes = np.zeros((3, 3))
    codes[1, 1] = code
    area = river_network(codes, KM, "north_clockwise").area_km2
    assert area[1 + step[0], 1 + step[1]] == 2
    assert area.sum() == 10


def test_a_code_that_is_no_direction_is_no_cell():
    network = drawn("→.", "↑.")
    assert network.area_km2.tolist() == [[2.0, -9999.0], [1.0, -9999.0]]


def test_a_circle_is_marked_and_the_rest_is_not():
    network = drawn("→←.", "↑.→")
    assert network.looped.tolist() == [[True, True, False], [True, False, False]]


def test_cells_of_a_geographic_grid_shrink_towards_the_pole():
    network = drawn("↓", "↓", transform=(1.0, 0.0, 4.0, 0.0, -1.0, 46.0), geographic=True)
    upper, lower = network.cell_km2[:, 0]
    assert upper < lower
    assert lower == pytest.approx(111.2**2 * math.cos(math.radians(44.5)), rel=0.01)


@pytest.mark.parametrize(
    ("codes", "transform"),
    [
        (np.ones((2, 2)), (1000.0, 1.0, 0.0, 0.0, -1000.0, 0.0)),
        (np.ones((2, 2)), (1000.0, 0.0, 0.0, 1.0, -1000.0, 0.0)),
        (np.ones(4), KM),
        (np.full((2, 2), 99), KM),
    ],
)
def test_what_is_no_flow_grid_is_refused(codes, transform):
    with pytest.raises(SchemaError):
        river_network(codes, transform, "north_clockwise")


def test_a_grid_in_which_no_river_ends_is_refused():
    with pytest.raises(SchemaError, match="no network"):
        drawn("→↓", "↑←")


def test_another_coding_leaves_no_cell():
    with pytest.raises(SchemaError, match="esri"):
        river_network(np.full((2, 2), 3), KM, "esri")
