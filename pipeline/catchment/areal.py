"""Areal rain: the mean over a catchment of what was seen of it, and how much that was."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pipeline.catchment.weights import Weights
from pipeline.errors import SchemaError

FloatArray = npt.NDArray[np.float64]

COVERAGE_DECIMALS = 6
"""Shares are compared with limits such as 0.99 and with 1: sums of 383 times 1/383 must be 1."""


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
    by_source = np.asarray(values, np.float64).T
    unseen = np.isnan(by_source)
    total = _product(weights, np.where(unseen, 0.0, by_source))
    seen = _product(weights, (~unseen).astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(seen > 0.0, total / seen, np.nan)
    return mean, np.minimum(1.0, seen.round(COVERAGE_DECIMALS))


def _product(weights: Weights, by_source: FloatArray) -> FloatArray:
    """Return weights @ values, transposed to [time, village]; always by the many-column kernel."""
    shape = (weights.n_villages, weights.n_sources)
    matrix = sparse.csr_matrix((weights.data, weights.indices, weights.indptr), shape=shape)
    spare = np.zeros((by_source.shape[0], 1))
    product = matrix @ np.concatenate([by_source, spare, spare], axis=1)
    return np.ascontiguousarray(product[:, : by_source.shape[1]].T)
