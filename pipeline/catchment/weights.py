"""Weights that turn what grids and stations saw into the rain on each catchment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pipeline.catchment.network import RiverNetwork, Transform, refuse_rotated
from pipeline.errors import SchemaError

ROW_SUM_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Sparse weights village x source, row by row (CSR).

    A row sums to the share of the catchment that its sources can see: 1 where all of it.

    Attributes
    ----------
    indptr : int64 [villages + 1], where each village's entries begin
    indices : int64 [entries], source of each entry, ascending in a row
    data : float64 [entries], share of the catchment's area, above 0
    n_sources : cells of the rain grid (row-major) or stations
    """

    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int64]
    data: npt.NDArray[np.float64]
    n_sources: int

    @property
    def n_villages(self) -> int:
        """Number of rows."""
        return len(self.indptr) - 1

    def row_sums(self) -> npt.NDArray[np.float64]:
        """Return the share of each catchment that its sources can see, float64 [villages]."""
        return np.array(
            [
                float(self.data[a:b].sum())
                for a, b in zip(self.indptr, self.indptr[1:], strict=False)
            ]
        )


def from_overlap(
    cells: Sequence[npt.NDArray[np.int64]],
    network: RiverNetwork,
    rain_transform: Transform,
    rain_shape: tuple[int, int],
) -> Weights:
    """Return weights by the exact overlap of catchment cells with rain cells, both upright.

    Parameters
    ----------
    cells : one array a village, row-major cells of the flow direction grid
    network : the grid those cells belong to
    rain_transform : affine (a, b, c, d, e, f) of the rain grid, in the same CRS
    rain_shape : (rows, cols) of the rain grid; extent and resolution may differ

    Returns
    -------
    Weights
        Rows sum to 1 where the rain grid covers the whole catchment, to less where it does not.

    Raises
    ------
    SchemaError
        A grid is rotated, or a catchment holds no cell.
    """
    refuse_rotated(rain_transform)
    a, _, c, _, e, f = network.transform
    ra, _, rc, _, re, rf = rain_transform
    down = _overlap(_edges(f, e, network.shape[0]), _edges(rf, re, rain_shape[0]))
    across = _overlap(_edges(c, a, network.shape[1]), _edges(rc, ra, rain_shape[1]))
    rows = [_shares(own, network, down, across) for own in cells]
    return _weights(sparse.vstack(rows, format="csr"), rain_shape[0] * rain_shape[1])


def from_rows(
    rows: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]], n_sources: int
) -> Weights:
    """Return weights from the sources of each village and their shares; none above 0 = unknown."""
    each = [
        sparse.csr_matrix((share, (np.zeros_like(source), source)), shape=(1, n_sources))
        for source, share in rows
    ]
    return _weights(sparse.vstack(each, format="csr"), n_sources)


def from_table(
    table: Mapping[str, Mapping[str, float]], villages: Sequence[str], stations: Sequence[str]
) -> Weights:
    """Return weights that were stated by hand: ``table[village_id][station_id]``.

    A village without a row has no source: its rain is unknown, never zero.

    Raises
    ------
    SchemaError
        A weight is not a number above 0, a row does not sum to 1, or a name is unknown.
    """
    at = {station: i for i, station in enumerate(stations)}
    unknown = sorted(
        set(table) - set(villages) | {s for row in table.values() for s in row} - set(stations)
    )
    if unknown:
        raise SchemaError(f"weights name what the site does not have: {', '.join(unknown)}")
    matrix = sparse.lil_matrix((len(villages), len(stations)), dtype=np.float64)
    for i, village in enumerate(villages):
        row = table.get(village, {})
        if row and not (
            all(w > 0 for w in row.values()) and abs(sum(row.values()) - 1.0) <= ROW_SUM_TOLERANCE
        ):
            raise SchemaError(f"weights of {village} must be above 0 and sum to 1")
        for station, weight in row.items():
            matrix[i, at[station]] = weight
    return _weights(matrix.tocsr(), len(stations))


def _edges(origin: float, step: float, n: int) -> npt.NDArray[np.float64]:
    return np.asarray(origin + step * np.arange(n + 1, dtype=np.float64), np.float64)


def _overlap(own: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> sparse.csr_matrix:
    """Return the share of each own interval that each other interval covers."""
    low, high = np.minimum(own[:-1], own[1:]), np.maximum(own[:-1], own[1:])
    low2, high2 = np.minimum(other[:-1], other[1:]), np.maximum(other[:-1], other[1:])
    step = abs(own[1] - own[0])
    share = sparse.lil_matrix((len(low), len(low2)), dtype=np.float64)
    order = np.argsort(low2)
    first = np.searchsorted(high2[order], low, side="right")
    last = np.searchsorted(low2[order], high, side="left")
    for i in range(len(low)):
        for j in order[first[i] : last[i]]:
            share[i, j] = (min(high[i], high2[j]) - max(low[i], low2[j])) / step
    return share.tocsr()


def _shares(
    own: npt.NDArray[np.int64],
    network: RiverNetwork,
    down: sparse.csr_matrix,
    across: sparse.csr_matrix,
) -> sparse.csr_matrix:
    """Return one row: the share of a catchment's area in each rain cell."""
    if own.size == 0:
        raise SchemaError("a catchment without a cell has no weights")
    rows, cols = own // network.shape[1], own % network.shape[1]
    km2 = network.cell_km2[rows, cols]
    # One catchment cell at (row, col) spreads over down[row] x across[col]: summed as one product.
    spread = down[rows].multiply((km2 / km2.sum())[:, None]).T @ across[cols]
    return sparse.csr_matrix(spread).reshape((1, -1)).tocsr()


def _weights(matrix: sparse.csr_matrix, n_sources: int) -> Weights:
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return Weights(
        indptr=np.asarray(matrix.indptr, np.int64),
        indices=np.asarray(matrix.indices, np.int64),
        data=np.asarray(matrix.data, np.float64),
        n_sources=n_sources,
    )
