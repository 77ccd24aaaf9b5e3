"""The river network of a D8 grid: which cell drains into which, and how much drains through it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from affine import Affine

from pipeline.errors import SchemaError

Coding = Literal["north_clockwise", "esri"]
Transform = tuple[float, float, float, float, float, float]

ESRI = (64, 128, 1, 2, 4, 8, 16, 32)
"""ESRI codes of N, NE, E, SE, S, SW, W, NW: the order of codes 1..8 clockwise from north."""
PIT, NO_CELL = 0, 247
NOTHING_DRAINS = -9999.0
EARTH_M = 6_371_007.2
"""Radius of the sphere that has the Earth's area (GRS 80)."""
M_PER_DEGREE = math.radians(EARTH_M)


@dataclass(frozen=True, slots=True, eq=False)
class RiverNetwork:
    """A D8 grid that knows its order.

    Attributes
    ----------
    transform : affine (a, b, c, d, e, f) of the cells' upper left corners
    geographic : x, y are longitude and latitude in degrees
    cell_km2 : float64 [rows, cols], area of each cell
    area_km2 : float64 [rows, cols], drained area, the cell itself included; -9999 = no cell
    looped : bool [rows, cols], the cell drains into a circle
    flow : pyflwdir's network
    """

    shape: tuple[int, int]
    transform: Transform
    geographic: bool
    cell_km2: npt.NDArray[np.float64]
    area_km2: npt.NDArray[np.float64]
    looped: npt.NDArray[np.bool_]
    flow: Any


def river_network(
    codes: npt.NDArray[Any], transform: Transform, coding: Coding, *, geographic: bool = False
) -> RiverNetwork:
    """Read a D8 grid; a cell whose code is none of the coding's eight is no cell (0 is a pit).

    Parameters
    ----------
    codes : [rows, cols]; ``north_clockwise`` 1..8 from north, ``esri`` 1 (east) .. 128
    transform : affine (a, b, c, d, e, f), axis-aligned, metres or degrees
    coding : how `codes` name the directions
    geographic : x, y are longitude and latitude: cell areas follow the latitude

    Returns
    -------
    RiverNetwork
        Drained areas in km2. A circle in the grid does not fail here but at the places near it.

    Raises
    ------
    SchemaError
        The grid is not two-dimensional or is rotated, holds no cell, or no river in it ends.

    Source: Eilander et al. (2021), HESS 25, 5287-5313 (pyflwdir).
    """
    refuse_rotated(transform)
    if len(codes.shape) != len(("row", "column")):
        raise SchemaError("flow directions must be one two-dimensional grid")
    d8 = _esri(codes, coding)
    if not (d8 != NO_CELL).any():
        raise SchemaError(f"no flow direction in the grid reads as {coding}")
    import pyflwdir  # noqa: PLC0415 - it compiles for a second; a cycle only needs the weights

    try:
        flow = pyflwdir.from_array(d8, ftype="d8", check_ftype=False, transform=Affine(*transform))
    except ValueError as error:  # one cell, or no river that ends
        raise SchemaError(f"the flow directions make no network: {error}") from error
    shape = (codes.shape[0], codes.shape[1])
    cell_km2 = _cell_km2(shape, transform, geographic=geographic)
    drained = np.asarray(flow.accuflux(cell_km2, nodata=NOTHING_DRAINS), np.float64)
    return RiverNetwork(
        shape=shape,
        transform=transform,
        geographic=geographic,
        cell_km2=cell_km2,
        area_km2=np.where(d8 == NO_CELL, NOTHING_DRAINS, drained),
        looped=np.asarray(flow.rank == -1),
        flow=flow,
    )


def _esri(codes: npt.NDArray[Any], coding: Coding) -> npt.NDArray[np.uint8]:
    own = tuple(range(1, 9)) if coding == "north_clockwise" else ESRI
    d8 = np.full(codes.shape, NO_CELL, np.uint8)
    d8[codes == 0] = PIT
    for code, esri in zip(own, ESRI, strict=True):
        d8[codes == code] = esri
    return d8


def _cell_km2(
    shape: tuple[int, int], transform: Transform, *, geographic: bool
) -> npt.NDArray[np.float64]:
    """Return the area of each cell; of a geographic one that of its piece of a sphere."""
    a, _, _, _, e, f = transform
    if not geographic:
        return np.full(shape, abs(a * e) / 1e6)
    sines = np.sin(np.radians(f + e * np.arange(shape[0] + 1)))
    zones = math.radians(abs(a)) * np.abs(np.diff(sines)) * EARTH_M**2 / 1e6
    return np.repeat(zones[:, None], shape[1], axis=1)


def refuse_rotated(transform: Transform) -> None:
    """Refuse a grid whose rows do not run east.

    Raises
    ------
    SchemaError
        The affine transform has a rotation or a shear.
    """
    if transform[1] != 0.0 or transform[3] != 0.0:
        raise SchemaError("the grid is rotated; its rows must run east and its columns north")


def centres(
    network: RiverNetwork, rows: npt.NDArray[np.int64], cols: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return x and y of cell centres, in the grid's CRS."""
    a, _, c, _, e, f = network.transform
    x = np.asarray(c + a * (cols + 0.5), np.float64)
    return x, np.asarray(f + e * (rows + 0.5), np.float64)


def m_per_unit(network: RiverNetwork, y: float) -> tuple[float, float]:
    """Return metres per unit of x and of y at a place (a sphere is enough for a few km)."""
    if not network.geographic:
        return 1.0, 1.0
    return M_PER_DEGREE * math.cos(math.radians(y)), M_PER_DEGREE
