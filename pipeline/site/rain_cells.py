"""Which cell of the rain grid lies over each rain station."""

from __future__ import annotations

from pipeline.site.frozen import Frozen


class RainCells(Frozen):
    """Which cell of a rain grid lies over each rain station; the checks of neighbours ask it.

    Attributes
    ----------
    grid_id : whose cells they are
    shape : (rows, cols) of the grid
    stations : rain stations that lie on it, sorted
    cells : the cell over each, row-major
    """

    grid_id: str
    shape: tuple[int, int]
    stations: tuple[str, ...]
    cells: tuple[int, ...]
