"""Flow grids that cannot run in a circle, and rivers drawn by hand."""

import numpy as np
from hypothesis import strategies as st

from pipeline.catchment.network import ESRI, RiverNetwork, river_network

KM = (1000.0, 0.0, 0.0, 0.0, -1000.0, 0.0)
"""Cells of 1 km2; the upper left corner of the grid lies at (0, 0)."""
STEPS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
ARROWS = "↑↗→↘↓↙←↖"
NO_CELL = -9999.0


def drawn(*rows: str, transform=KM, geographic=False) -> RiverNetwork:
    """Return the network that the arrows draw; `.` is no cell."""
    codes = np.array(
        [[ARROWS.index(c) + 1 if c in ARROWS else NO_CELL for c in row] for row in rows]
    )
    return river_network(codes, transform, "north_clockwise", geographic=geographic)


@st.composite
def heights(draw) -> np.ndarray:
    """Return distinct heights, so that water always has one way down."""
    rows, cols = draw(st.integers(2, 7)), draw(st.integers(2, 7))
    order = draw(st.permutations(range(rows * cols)))
    return np.array(order).reshape(rows, cols)


def steepest(height: np.ndarray) -> np.ndarray:
    """Return codes 1..8 to the lowest neighbour; a hollow flows north if at the edge, else is 0."""
    codes = np.zeros(height.shape)
    for row, col in np.ndindex(height.shape):
        around = [
            (height[row + dr, col + dc], code)
            for code, (dr, dc) in enumerate(STEPS, 1)
            if 0 <= row + dr < height.shape[0] and 0 <= col + dc < height.shape[1]
        ]
        lowest, code = min(around)
        codes[row, col] = code if lowest < height[row, col] else 0
    return codes


def esri(codes: np.ndarray) -> np.ndarray:
    """Return the same directions in ESRI's codes."""
    out = np.zeros(codes.shape)
    for code, other in enumerate(ESRI, 1):
        out[codes == code] = other
    return out
