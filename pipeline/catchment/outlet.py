"""The stream cell that stands for a place: settlements lie beside their rivers, gauges off them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.catchment.network import RiverNetwork, centres, m_per_unit
from pipeline.errors import PipelineError


class CatchmentError(PipelineError):
    """One place that cannot be given its catchment; the others can.

    Attributes
    ----------
    village_id : str
        The place.
    """

    def __init__(self, village_id: str, message: str) -> None:
        super().__init__(f"{village_id}: {message}")
        self.village_id = village_id


class OutsideGrid(CatchmentError):
    """The place lies outside the flow direction grid."""


class NoStream(CatchmentError):
    """No stream that is large enough lies within reach of the place."""


class LoopedNetwork(CatchmentError):
    """The cells around the place drain in a circle: the grid is wrong there."""


class EmptyCatchment(CatchmentError):
    """No cell drains to the place's outlet."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place to be given its stream.

    Attributes
    ----------
    x, y : in the grid's CRS (metres, or degrees where the network is geographic)
    area_km2 : drained area that is already known (of a gauge, or of an earlier derivation)
    """

    village_id: str
    x: float
    y: float
    area_km2: float | None = None


@dataclass(frozen=True, slots=True)
class Outlet:
    """The stream cell that stands for a place.

    Attributes
    ----------
    cell : row-major index in the flow direction grid
    shift_m : from the place to the centre of the cell
    area_km2 : drained by the cell, itself included
    """

    village_id: str
    cell: int
    shift_m: float
    area_km2: float


@dataclass(frozen=True, slots=True)
class Reach:
    """How far, and among which streams, a place is given its own.

    Attributes
    ----------
    max_area_km2 : a larger river is another service's work, and its catchment is not seen
    """

    min_area_km2: float
    max_shift_km: float
    max_area_km2: float = math.inf


def snap(network: RiverNetwork, place: Place, reach: Reach) -> Outlet:
    """Move a place to the stream that threatens it.

    Streams are the cells that drain at least `reach.min_area_km2`, whose centres lie within
    `reach.max_shift_km`. Where the place's drained area is known the stream that fits it best is
    taken (a gauge one cell off its river), else the nearest; then the larger, then the first cell.

    Returns
    -------
    Outlet
        With the shift in metres and the drained area in km2, to be reported.

    Raises
    ------
    OutsideGrid
        The place lies outside the grid.
    LoopedNetwork
        A cell within reach drains in a circle.
    NoStream
        No stream lies within reach.
    """
    rows, cols, shift_m = _within(network, place, reach.max_shift_km)
    if network.looped[rows, cols].any():
        raise LoopedNetwork(place.village_id, "the flow directions around it run in a circle")
    area = network.area_km2[rows, cols]
    fit = (area >= reach.min_area_km2) & (area <= reach.max_area_km2)
    if not fit.any():
        raise NoStream(
            place.village_id,
            f"no stream of {reach.min_area_km2:g} km2 or more within {reach.max_shift_km:g} km",
        )
    rows, cols, shift_m, area = rows[fit], cols[fit], shift_m[fit], area[fit]
    misfit = np.zeros_like(area) if place.area_km2 is None else abs(np.log(area / place.area_km2))
    cell = rows * network.shape[1] + cols
    best = np.lexsort((cell, -area, shift_m.round(3), misfit.round(6)))[0]
    return Outlet(
        place.village_id, int(cell[best]), round(float(shift_m[best]), 1), float(area[best])
    )


def _within(
    network: RiverNetwork, place: Place, max_shift_km: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    a, _, c, _, e, f = network.transform
    if not (math.isfinite(place.x) and math.isfinite(place.y)):
        raise OutsideGrid(place.village_id, "it has no position in the grid's projection")
    row, col = math.floor((place.y - f) / e), math.floor((place.x - c) / a)
    if not (0 <= row < network.shape[0] and 0 <= col < network.shape[1]):
        raise OutsideGrid(place.village_id, "it lies outside the flow direction grid")
    across, along = m_per_unit(network, place.y)
    dr = math.ceil(max_shift_km * 1e3 / abs(e * along)) + 1
    dc = math.ceil(max_shift_km * 1e3 / abs(a * across)) + 1
    window = np.meshgrid(
        np.arange(max(0, row - dr), min(network.shape[0], row + dr + 1), dtype=np.int64),
        np.arange(max(0, col - dc), min(network.shape[1], col + dc + 1), dtype=np.int64),
        indexing="ij",
    )
    rows, cols = window[0].ravel(), window[1].ravel()
    x, y = centres(network, rows, cols)
    shift_m = np.hypot((x - place.x) * across, (y - place.y) * along)
    near = shift_m <= max_shift_km * 1e3
    return rows[near], cols[near], shift_m[near]
