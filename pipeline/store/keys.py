"""Several columns as one integer a row: sorted and compared at once, and not column by column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.store.rows import Integers

LIMIT = 2**63
"""Keys stay below it: they are signed 64-bit integers."""


def packed(*columns: npt.NDArray[Any]) -> Integers:
    """Return keys that order and equal as the rows do, the first column most significant.

    Columns are of integers and of equal length. Where their ranges are too wide for one key,
    ranks take the values' place, so that the order is the same whatever the values.
    """
    key, size = np.zeros(len(columns[0]), np.int64), 1
    if not len(key):
        return key
    for column in columns:
        low, span = _range(column)
        if size * span >= LIMIT:
            key, size = _ranks(key)
        if size * span < LIMIT:
            digit = np.subtract(column, low, dtype=np.int64)
        else:
            digit, span = _ranks(column)
        if size == 1:
            key = digit
        else:
            key *= span
            key += digit
        size *= span
    return key


def matches(keys: Integers, among: Integers) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.intp]]:
    """Tell which keys are among sorted ones, and where; elsewhere the place means nothing."""
    if not len(among):
        return np.zeros(len(keys), bool), np.zeros(len(keys), np.intp)
    place = np.minimum(np.searchsorted(among, keys), len(among) - 1)
    return among[place] == keys, place


def same_rows(
    mine: Sequence[npt.NDArray[Any]], theirs: Sequence[npt.NDArray[Any]]
) -> npt.NDArray[np.bool_]:
    """Tell which of my rows are among theirs, column for column."""
    both = [np.concatenate(pair) for pair in zip(mine, theirs, strict=True)]
    keys = packed(*both)
    return np.isin(keys[: len(mine[0])], keys[len(mine[0]) :])


def bits(values: npt.NDArray[np.float64]) -> Integers:
    """Return floats as integers that are equal where the floats are the same bytes."""
    return np.ascontiguousarray(values).view(np.int64)


def _range(column: npt.NDArray[Any]) -> tuple[int, int]:
    low, high = int(column.min()), int(column.max())
    return low, high - low + 1


def _ranks(column: npt.NDArray[Any]) -> tuple[Integers, int]:
    distinct, ranks = np.unique(column, return_inverse=True)
    return ranks.astype(np.int64, copy=False), len(distinct)
