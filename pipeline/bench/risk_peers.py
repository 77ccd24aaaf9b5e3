"""What is commonly used for the arithmetic of risk: the same answers by scipy, pandas and numpy.

Each takes and gives what ours does, keeps NaN apart from zero as ours does, and was written to be
as fast as its library allows, in whole arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numba
import numpy as np
import numpy.typing as npt
import pandas as pd
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from scipy import sparse
from shapely.geometry import Polygon

from pipeline.catchment.polygons import features
from pipeline.catchment.weights import Weights
from pipeline.runoff.gr4h import (
    EXCHANGE_EXPONENT,
    PERCOLATION,
    ROUTED,
    Parameters,
    State,
    hydrographs,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Sums = tuple[Floats, Floats]
"""Rain and coverage, dims (..., duration, village)."""

MILLI: Final = 3
DUST: Final = 1e-9
"""pandas adds to and takes from one sum, which does not come back to zero."""


def scipy_mean(values: Floats, weights: Weights) -> tuple[Floats, Floats]:
    """Return areal mean and coverage, dims (time, village), by products of a sparse matrix."""
    shape = (weights.n_villages, weights.n_sources)
    matrix = sparse.csr_matrix((weights.data, weights.indices, weights.indptr), shape=shape)
    unseen = np.isnan(values.T)
    total = matrix @ np.where(unseen, 0.0, values.T)
    seen = matrix @ (~unseen).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(seen > 0.0, total / seen, np.nan).T, np.minimum(1.0, seen.round(6)).T


def numpy_sums(mean: Floats, coverage: Floats, durations: Sequence[int], steps: int) -> Sums:
    """Return the sums up to each of the last steps, as differences of sums from the beginning."""
    nothing = np.zeros((1, mean.shape[1]))
    fall = np.concatenate([nothing, np.cumsum(np.nan_to_num(mean), axis=0)])
    seen = np.concatenate([nothing, np.cumsum(coverage, axis=0)])
    end = np.arange(len(fall) - steps, len(fall))
    rain, part = (
        np.stack([total[end] - total[np.maximum(end - d, 0)] for d in durations], axis=1)
        for total in (fall, seen)
    )
    share = part / np.asarray(durations)[:, None]
    return np.where(part > 0.0, rain, np.nan).round(MILLI), np.minimum(1.0, share.round(6))


def pandas_sums(mean: Floats, coverage: Floats, durations: Sequence[int], steps: int) -> Sums:
    """Return the same by rolling windows of a frame with a column a village."""
    fall, seen = pd.DataFrame(np.nan_to_num(mean)), pd.DataFrame(coverage)
    rain, part = (
        np.stack(
            [frame.rolling(d, min_periods=1).sum().to_numpy()[-steps:] for d in durations], axis=1
        )
        for frame in (fall, seen)
    )
    share = part / np.asarray(durations)[:, None]
    return np.where(part > DUST, rain, np.nan).round(MILLI), np.minimum(1.0, share.round(6))


def numpy_level(sums: Floats, thresholds: Floats) -> Ints:
    """Return the highest level that any duration reaches, dims (..., village).

    Parameters
    ----------
    sums : dims (..., duration, village)
    thresholds : dims (duration, village, level), ascending
    """
    reached = sums[..., None] >= thresholds
    return np.asarray(reached.sum(axis=-1).max(axis=-2))


def exactextract_mean(
    grid: Floats, frame: tuple[float, ...], polygons: Sequence[Polygon]
) -> Floats:
    """Return the mean of a grid over polygons, found anew as its command does."""
    found = exact_extract(
        NumPyRasterSource(grid, *frame),
        features(polygons),
        ["mean"],
    )
    return np.array([one["properties"]["mean"] for one in found], np.float64)


def numpy_gr4h(
    rain: Floats, pet: Floats, future: Floats, parameters: Parameters, state: State
) -> Floats:
    """Return GR4H's flow ahead of each hour, hour by hour for all catchments together."""
    first, second = hydrographs(parameters.x4)
    stores = state.copy()
    runoff = np.empty_like(future)
    for t in range(len(rain)):
        stores, _ = _hour(rain[t], pet[t], parameters, stores, (first, second))
        at = stores
        for k in range(future.shape[1]):
            at, runoff[t, k] = _hour(future[t, k], pet[t], parameters, at, (first, second))
    return runoff


def _hour(
    rain: Floats, pet: Floats, of: Parameters, at: State, ordinates: tuple[Floats, Floats]
) -> tuple[State, Floats]:
    fill, net = at.production / of.x1, rain - pet
    strength = np.tanh(np.minimum(np.abs(net) / of.x1, 13.0))
    gain = of.x1 * (1 - fill * fill) * strength / (1 + fill * strength)
    loss = at.production * (2 - fill) * strength / (1 + (1 - fill) * strength)
    wet = net >= 0
    s = np.where(wet, at.production + gain, np.maximum(0.0, at.production - loss))
    percolated = s * (1 - (1 + (s / of.x1 / PERCOLATION) ** 4) ** -0.25)
    effective = (np.where(wet, net - gain, 0.0) + percolated)[:, None]
    routed = _moved(at.routed) + ROUTED * effective * ordinates[0]
    direct = _moved(at.direct) + (1 - ROUTED) * effective * ordinates[1]
    exchange = of.x2 * (at.routing / of.x3) ** EXCHANGE_EXPONENT
    r = np.maximum(0.0, at.routing + routed[:, 0] + exchange)
    released = r * (1 - (1 + (r / of.x3) ** 4) ** -0.25)
    after = State(s - percolated, r - released, routed, direct)
    return after, released + np.maximum(0.0, direct[:, 0] + exchange)


def _moved(on_its_way: Floats) -> Floats:
    return np.concatenate([on_its_way[:, 1:], np.zeros((len(on_its_way), 1))], axis=1)


@numba.njit(cache=True, fastmath=True)
def read_once(values: Floats) -> float:
    """Add up all there is, dims (value): the least that any work on these bytes costs."""
    total = 0.0
    for i in range(len(values)):
        total += values[i]
    return total
