"""Areal rain: the mean over a catchment of what was seen of it, and how much that was."""

from __future__ import annotations

from typing import Final

import numba
import numpy as np
import numpy.typing as npt

from pipeline.catchment.weights import Weights
from pipeline.errors import SchemaError

FloatArray = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHARES: Final = 1e6
"""Shares are whole millionths, for they are compared with limits such as 0.99 and with 1: sums of
383 times 1/383 must be 1."""
TILE: Final = 64


def areal_mean(values: npt.NDArray[np.floating], weights: Weights) -> tuple[FloatArray, FloatArray]:
    """Average over each catchment, keeping how much of it was seen.

    Parameters
    ----------
    values : [time, source], mm in one step, NaN where a source said nothing
    weights : village x source

    Returns
    -------
    mean : float64 [time, village], mm; over the part that was seen, NaN where coverage is 0
    coverage : float64 [time, village], 0..1; share of the catchment that was seen

    Raises
    ------
    SchemaError
        The values do not have one column for each source.

    Notes
    -----
    Each village's sum runs over its sources in their order, for every step alone: a block of
    steps gives the same bytes as the steps one by one.
    Source: WMO-No. 168, Guide to Hydrological Practices (2009), vol. II, areal estimation.
    """
    if values.shape[1:] != (weights.n_sources,):
        raise SchemaError(f"values {values.shape} do not have {weights.n_sources} sources")
    steps = np.ascontiguousarray(values)
    mean = np.empty((len(steps), weights.n_villages))
    coverage = np.empty_like(mean)
    average = _average_one if len(steps) == 1 else _average
    average(steps, weights.indptr, weights.indices, weights.data, mean, coverage)
    return mean, coverage


@numba.njit(cache=True)
def _average_one(
    values: npt.NDArray[np.floating], indptr: Ints, indices: Ints, data: FloatArray,
    mean: FloatArray, coverage: FloatArray,
) -> None:  # fmt: skip
    """Fill the means of one step alone: the same sums in the same order, in registers."""
    step = values[0]
    for village in range(len(indptr) - 1):
        own = indices[indptr[village] : indptr[village + 1]]
        weight = data[indptr[village] : indptr[village + 1]]
        total, seen = 0.0, 0.0
        for entry in range(len(own)):
            said = step[own[entry]]
            some = said == said  # noqa: PLR0124 - NaN, where it said nothing
            total += weight[entry] * (said if some else 0.0)
            seen += weight[entry] if some else 0.0
        mean[0, village] = total / seen if seen > 0.0 else np.nan
        coverage[0, village] = min(1.0, np.rint(seen * SHARES) / SHARES)


@numba.njit(cache=True)
def _average(
    values: npt.NDArray[np.floating], indptr: Ints, indices: Ints, data: FloatArray,
    mean: FloatArray, coverage: FloatArray,
) -> None:  # fmt: skip
    """Fill the means, some steps at a time: what a source said in them lies side by side."""
    width = min(TILE, len(values))
    by_source = np.zeros((values.shape[1], width))
    total, seen = np.empty(width), np.empty(width)
    for begin in range(0, len(values), TILE):
        n = min(width, len(values) - begin)
        for t in range(n):
            by_source[:, t] = values[begin + t]
        for village in range(len(indptr) - 1):
            for t in range(n):
                total[t], seen[t] = 0.0, 0.0
            for entry in range(indptr[village], indptr[village + 1]):
                source, weight = indices[entry], data[entry]
                for t in range(n):
                    said = by_source[source, t]
                    some = said == said  # noqa: PLR0124 - NaN, where it said nothing
                    total[t] += weight * (said if some else 0.0)
                    seen[t] += weight if some else 0.0
            for t in range(n):
                some = seen[t] > 0.0
                mean[begin + t, village] = total[t] / seen[t] if some else np.nan
                coverage[begin + t, village] = min(1.0, np.rint(seen[t] * SHARES) / SHARES)
