from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catchment.nesting import catchments, downstream, river_km
from pipeline.catchment.network import RiverNetwork, river_network
from pipeline.catchment.outlet import EmptyCatchment, LoopedNetwork, Outlet
from tests.catchment.grids import KM, drawn, heights, steepest


@cache
def river() -> RiverNetwork:
    return drawn("↓.", "→↓", ".↓")


def outlets_on(network, cells):
    return [Outlet(f"v{i}", c, 0.0, float(network.area_km2.flat[c])) for i, c in enumerate(cells)]


@st.composite
def rivers(draw):
    network = river_network(steepest(draw(heights())), KM, "north_clockwise")
    size = network.shape[0] * network.shape[1]
    cells = draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=6))
    return network, outlets_on(network, cells)


@given(rivers())
def test_a_catchment_is_the_cells_whose_area_it_is(river):
    network, outlets = river
    found = catchments(network, outlets)
    for outlet in outlets:
        cells = found[outlet.village_id]
        assert network.cell_km2.flat[cells].sum() == outlet.area_km2
        assert outlet.cell in cells
        assert (np.diff(cells) > 0).all()


@given(rivers())
def test_catchments_are_nested_or_apart_as_the_rivers_are(river):
    network, outlets = river
    found = {v: set(cells.tolist()) for v, cells in catchments(network, outlets).items()}
    below = downstream(network, outlets)
    for outlet in outlets:
        chain, at = [], below[outlet.village_id]
        while at is not None:
            chain.append(at)
            at = below[at]
        for other in outlets:
            if other.cell == outlet.cell:
                assert found[other.village_id] == found[outlet.village_id]
            elif other.village_id in chain:
                assert found[outlet.village_id] < found[other.village_id]
            elif not found[outlet.village_id] & found[other.village_id]:
                assert other.village_id not in chain


@given(rivers())
def test_the_next_place_below_is_the_smallest_catchment_around(river):
    network, outlets = river
    found = {v: set(cells.tolist()) for v, cells in catchments(network, outlets).items()}
    for outlet in outlets:
        own = found[outlet.village_id]
        around = sorted(len(cells) for cells in found.values() if own < cells)
        next_below = downstream(network, outlets)[outlet.village_id]
        assert (len(found[next_below]) if next_below else None) == (around[0] if around else None)


def test_places_on_one_cell_share_the_next_one_and_the_first_stands_for_it():
    outlets = outlets_on(river(), [3, 3, 2, 5])
    assert downstream(river(), outlets) == {"v0": "v3", "v1": "v3", "v2": "v0", "v3": None}


def test_no_outlet_has_no_catchment():
    assert catchments(river(), []) == {}


def test_an_outlet_where_there_is_no_cell_is_named():
    with pytest.raises(EmptyCatchment, match=r"^v: ") as caught:
        catchments(river(), [Outlet("v", 1, 0.0, 1.0)])
    assert caught.value.village_id == "v"


def test_an_outlet_in_a_circle_is_named():
    with pytest.raises(LoopedNetwork, match=r"^v: "):
        catchments(drawn("→↓.", "↑←↓"), [Outlet("v", 0, 0.0, 1.0)])


def test_the_river_is_measured_from_cell_to_cell():
    upper, lower = outlets_on(river(), [0, 5])
    assert river_km(river(), upper, lower) == 3.0
    assert river_km(river(), lower, upper) is None
    assert river_km(river(), upper, upper) == 0.0
    diagonal = drawn("↘.", ".↓")
    assert river_km(diagonal, *outlets_on(diagonal, [0, 3])) == pytest.approx(2**0.5)


def test_a_river_in_a_circle_has_no_length():
    circle = drawn("→↓.", "↑←↓")
    assert river_km(circle, *outlets_on(circle, [0, 1])) is None
