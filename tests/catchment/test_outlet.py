import math

import pytest

from pipeline.catchment.outlet import (
    LoopedNetwork,
    NoStream,
    Outlet,
    OutsideGrid,
    Place,
    Reach,
    snap,
)  # fmt: skip
from tests.catchment.grids import drawn

RIVER = drawn(
    "↓↓↓",
    "↓↓↓",
    "→→↓",
    "↑↑↓",
)  # drained km2: 111 / 222 / 4 8 11 / 1 1 12
REACH = Reach(min_area_km2=3.0, max_shift_km=1.5)


def place(col, row, **known):
    return Place("v", 1000.0 * col, -1000.0 * row, **known)


def test_a_place_on_its_stream_stays_there():
    assert snap(RIVER, place(1.5, 2.5), REACH) == Outlet("v", cell=7, shift_m=0.0, area_km2=8.0)


def test_a_place_off_its_stream_is_moved_to_the_nearest_and_says_how_far():
    assert snap(RIVER, place(0.6, 1.7), REACH) == Outlet("v", 6, shift_m=806.2, area_km2=4.0)


def test_of_equally_near_streams_the_larger_threatens():
    assert snap(RIVER, place(1.0, 2.5), REACH).area_km2 == 8.0


def test_a_gauge_off_its_river_finds_the_area_that_is_published_for_it():
    here = place(1.5, 1.5)
    assert snap(RIVER, here, REACH).area_km2 == 8.0
    assert snap(RIVER, place(1.5, 1.5, area_km2=11.4), REACH).area_km2 == 11.0


def test_the_derived_area_brings_a_place_back_to_its_own_cell():
    for cell in range(12):
        row, col = divmod(cell, 3)
        here = place(col + 0.5, row + 0.5)
        first = snap(RIVER, here, Reach(1.0, 1.5))
        again = snap(RIVER, place(col + 0.5, row + 0.5, area_km2=first.area_km2), Reach(1.0, 1.5))
        assert again == first


def test_a_river_that_is_too_large_is_another_service():
    found = snap(RIVER, place(2.5, 3.5), Reach(3.0, 1.5, max_area_km2=10.0))
    assert found.area_km2 == 8.0


@pytest.mark.parametrize(
    ("x", "y"), [(-1.0, -500.0), (500.0, 1.0), (3001.0, -500.0), (math.inf, 0.0), (0.0, math.nan)]
)
def test_a_place_outside_the_grid_is_named(x, y):
    with pytest.raises(OutsideGrid, match=r"^v: ") as caught:
        snap(RIVER, Place("v", x, y), REACH)
    assert caught.value.village_id == "v"
    assert caught.value.permanent


def test_a_place_with_no_stream_in_reach_is_named():
    with pytest.raises(NoStream, match=r"^v: no stream of 3 km2 or more within 0.9 km"):
        snap(RIVER, place(0.5, 0.5), Reach(3.0, 0.9))


def test_a_place_whose_rivers_run_in_a_circle_is_named():
    circle = drawn("→↓...", "↑←..↓", "....↓")
    with pytest.raises(LoopedNetwork, match=r"^v: ") as caught:
        snap(circle, place(2.5, 0.5), Reach(1.0, 1.2))
    assert caught.value.village_id == "v"
    assert snap(circle, place(4.5, 1.5), Reach(1.0, 1.2)).area_km2 == 1.0


def test_shifts_are_metres_on_a_geographic_grid():
    steps = drawn("→→", transform=(0.01, 0.0, 4.0, 0.0, -0.01, 60.0), geographic=True)
    outlet = snap(steps, Place("v", 4.0, 59.995), Reach(0.1, 1.0))
    assert outlet.shift_m == pytest.approx(0.005 * 111_195 * math.cos(math.radians(60)), rel=1e-3)
