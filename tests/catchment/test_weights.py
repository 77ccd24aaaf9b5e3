import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catchment.weights import from_overlap, from_table
from pipeline.errors import SchemaError
from tests.catchment.grids import KM, drawn

RIVER = drawn("↓↓", "↓↓", "↓↓")
"""Cells x 0..2 km, y 0..-3 km."""


@st.composite
def grids(draw):
    """Return a rain grid, aligned or not, smaller or larger, of either orientation."""
    step = draw(st.sampled_from([250.0, 500.0, 700.0, 1000.0, 3000.0]))
    cols, rows = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    west, north = draw(st.integers(-4, 4)) * 333.0, draw(st.integers(-4, 4)) * 333.0
    up = draw(st.booleans())
    south = north - rows * step
    transform = (step, 0.0, west, 0.0, step if up else -step, south if up else north)
    return transform, (rows, cols)


def rectangles(transform, shape):
    a, _, c, _, e, f = transform
    for row, col in np.ndindex(shape):
        ys = sorted((f + row * e, f + (row + 1) * e))
        yield c + col * a, c + (col + 1) * a, *ys


def shared(one, other):
    wide = min(one[1], other[1]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[2], other[2])
    return max(wide, 0.0) * max(high, 0.0)


@given(grids(), st.lists(st.integers(0, 5), min_size=1, max_size=6, unique=True))
def test_a_weight_is_the_shared_area(grid, cells):
    transform, shape = grid
    weights = from_overlap([np.array(sorted(cells))], RIVER, transform, shape)
    own = list(rectangles(KM, RIVER.shape))
    expected = [
        sum(shared(own[cell], rain) for cell in cells) / (1e6 * len(cells))
        for rain in rectangles(transform, shape)
    ]
    dense = np.zeros(weights.n_sources)
    dense[weights.indices] = weights.data
    assert dense == pytest.approx(expected, abs=1e-12)
    assert (weights.data > 0).all()
    assert weights.row_sums() == pytest.approx([sum(expected)], abs=1e-12)


def test_rows_sum_to_one_where_covered_and_to_the_seen_share_where_not():
    west_half = (1000.0, 0.0, 0.0, 0.0, -1000.0, 0.0)
    weights = from_overlap([np.array([0, 2]), np.array([0, 1]), np.array([1])], RIVER, west_half,
                           (3, 1))  # fmt: skip
    assert weights.row_sums().tolist() == [1.0, 0.5, 0.0]
    assert weights.n_villages == 3
    assert weights.indptr.tolist() == [0, 2, 3, 3]


def test_larger_cells_count_for_more_on_a_geographic_grid():
    globe = drawn("↓", "↓", transform=(1.0, 0.0, 0.0, 0.0, -1.0, 62.0), geographic=True)
    weights = from_overlap([np.array([0, 1])], globe, globe.transform, (2, 1))
    northern, southern = weights.data
    assert northern < southern
    assert northern + southern == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("cells", "transform"),
    [(np.array([], int), KM), (np.array([0]), (1000.0, 2.0, 0.0, 0.0, -1000.0, 0.0))],
)
def test_no_cell_and_a_rotated_grid_are_refused(cells, transform):
    with pytest.raises(SchemaError):
        from_overlap([cells], RIVER, transform, (3, 2))


def test_a_table_becomes_weights_and_a_village_without_a_row_has_no_source():
    weights = from_table({"b": {"s2": 0.25, "s1": 0.75}}, ["a", "b"], ["s1", "s2"])
    assert weights.indptr.tolist() == [0, 0, 2]
    assert weights.indices.tolist() == [0, 1]
    assert weights.data.tolist() == [0.75, 0.25]
    assert weights.row_sums().tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    "table",
    [
        {"a": {"s1": 0.9}},
        {"a": {"s1": 1.5, "s2": -0.5}},
        {"a": {"s1": float("nan")}},
        {"a": {"s3": 1.0}},
        {"c": {"s1": 1.0}},
    ],
)
def test_a_table_that_cannot_be_right_is_refused(table):
    with pytest.raises(SchemaError):
        from_table(table, ["a", "b"], ["s1", "s2"])
