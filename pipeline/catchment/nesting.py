"""Catchments nested as the rivers are: the cells above each outlet, and the next outlet below."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.catchment.network import RiverNetwork, centres, m_per_unit
from pipeline.catchment.outlet import EmptyCatchment, LoopedNetwork, Outlet


def catchments(
    network: RiverNetwork, outlets: Sequence[Outlet]
) -> dict[str, npt.NDArray[np.int64]]:
    """Return the cells that drain to each outlet, ascending; a nested one holds those above it.

    Raises
    ------
    EmptyCatchment
        No cell drains to an outlet: it lies where the grid has no cell.
    LoopedNetwork
        An outlet drains in a circle.
    """
    for outlet in outlets:
        _refuse_unfit(network, outlet)
    unique, basin = _interbasins(network, outlets)
    below = _next(network, unique, basin)
    order = np.argsort(basin, kind="stable")
    edges = np.searchsorted(basin[order], np.arange(len(unique) + 2))
    own = [order[edges[i + 1] : edges[i + 2]] for i in range(len(unique))]
    held: list[list[npt.NDArray[np.intp]]] = [[] for _ in unique]
    for i, cells in enumerate(own):
        at = i
        while at >= 0:
            held[at].append(cells)
            at = below[at]
    whole = {
        cell: np.sort(np.concatenate(parts)).astype(np.int64)
        for cell, parts in zip(unique.tolist(), held, strict=True)
    }
    return {outlet.village_id: whole[outlet.cell] for outlet in outlets}


def downstream(network: RiverNetwork, outlets: Sequence[Outlet]) -> dict[str, str | None]:
    """Return for each outlet the next one down its river, or None.

    Outlets on one cell share the next one below; upstream places point at the first of them.
    """
    unique, basin = _interbasins(network, outlets)
    below = _next(network, unique, basin)
    first: dict[int, str] = {}
    for outlet in outlets:
        first.setdefault(outlet.cell, outlet.village_id)
    cells = unique.tolist()
    named = {
        cell: None if at < 0 else first[cells[at]] for cell, at in zip(cells, below, strict=True)
    }
    return {outlet.village_id: named[outlet.cell] for outlet in outlets}


def river_km(network: RiverNetwork, upper: Outlet, lower: Outlet) -> float | None:
    """Return the kilometres along the river from one outlet down to another; None if it misses it.

    Straight from cell centre to cell centre: a lower bound of the river's own length.
    """
    at, km = upper.cell, 0.0
    while at != lower.cell:
        onward = int(network.flow.idxs_ds[at])
        if onward == at or network.looped.flat[at]:
            return None
        km += _distance_km(network, at, onward)
        at = onward
    return km


def _refuse_unfit(network: RiverNetwork, outlet: Outlet) -> None:
    if network.area_km2.flat[outlet.cell] <= 0:
        raise EmptyCatchment(outlet.village_id, "no cell drains to its outlet")
    if network.looped.flat[outlet.cell]:
        raise LoopedNetwork(outlet.village_id, "its river runs in a circle")


def _distance_km(network: RiverNetwork, one: int, other: int) -> float:
    cells = np.array([one, other], np.int64)
    x, y = centres(network, cells // network.shape[1], cells % network.shape[1])
    across, along = m_per_unit(network, float(y.mean()))
    return math.hypot((x[1] - x[0]) * across, (y[1] - y[0]) * along) / 1e3


def _interbasins(
    network: RiverNetwork, outlets: Sequence[Outlet]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the outlets' distinct cells, and for each cell of the grid 1 + its first outlet."""
    unique = np.unique(np.array([outlet.cell for outlet in outlets], np.int64))
    if unique.size == 0:
        return unique, np.zeros(network.shape[0] * network.shape[1], np.int64)
    return unique, np.asarray(network.flow.basins(idxs=unique), np.int64).ravel()


def _next(
    network: RiverNetwork, unique: npt.NDArray[np.int64], basin: npt.NDArray[np.int64]
) -> list[int]:
    """Return for each distinct outlet the position of the next one below it, or -1."""
    onward = network.flow.idxs_ds[unique]
    below = np.where(onward == unique, 0, basin[onward]) - 1
    return [int(at) for at in below]
