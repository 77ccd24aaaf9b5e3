"""Neighbours are near in distance and in height, both ways, and nobody is its own."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.quality.nearby import Reach, nearby
from pipeline.site.model import Check
from tests.quality.networks import network, rule

REACH = Reach(radius_km=10.0, climb_m=500.0)
LEVEL = st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20), st.floats(0, 2000)), max_size=12)


def pairs(block) -> np.ndarray:
    return nearby(block, REACH).toarray()


def of(stations):
    east, north, heights = zip(*stations, strict=True) if stations else ((), (), ())
    return network(east, north, np.zeros((1, len(stations))), heights=heights)


@given(LEVEL)
def test_to_be_a_neighbour_is_mutual_and_nobody_is_his_own(stations):
    found = pairs(of(stations))
    assert (found == found.T).all()
    assert not found.diagonal().any()


@given(LEVEL)
def test_neighbours_are_within_the_radius_and_the_climb_together(stations):
    found = pairs(of(stations))
    for i, (x, y, z) in enumerate(stations):
        for j, (u, v, w) in enumerate(stations):
            apart = ((x - u) ** 2 + (y - v) ** 2) / 100 + (z - w) ** 2 / 500**2
            if i != j and abs(apart - 1) > 0.02:
                assert found[i, j] == (apart < 1)


@pytest.mark.parametrize(("heights", "near"), [((0, 499), 1), ((0, 501), 0), ((0, np.nan), 1)])
def test_a_height_that_is_not_known_separates_nobody(heights, near):
    block = replace(of([(0, 0, 0), (0.1, 0, 0)]), elevation_m=np.array(heights, float))
    assert pairs(block)[0, 1] == near


def test_what_a_rule_does_not_say_is_the_default():
    assert Reach.of(rule(Check.LONE_BURST, neighbours=5)) == Reach(neighbours=5)
