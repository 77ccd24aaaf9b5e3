"""Areal rain of every step asked for so far, by the content that it was made from.

A cache and nothing more: `areal_mean` gives each step the same bytes alone or among others, so an
empty cache and a full one lead to the same bulletin.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

import numpy as np
import numpy.typing as npt

from pipeline.catchment.areal import areal_mean
from pipeline.catchment.weights import Weights
from pipeline.risk.thresholds import Bools, Floats, Ints

UNSEEN = 0
"""The row of a step of which nothing was seen: NaN, coverage 0."""
NOT_OURS = -1
"""Content that is no rain of ours: it has no row and leaves its step as it is."""
UNKNOWN = -2
"""Content that was never met."""


class ArealCache:
    """Rows of areal rain, each found by a key of its content.

    Attributes
    ----------
    mean_mm, coverage : dims (row, village), mm in one step and 0..1
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._rows: dict[bytes, int] = {}
        self.mean_mm: Floats = np.full((1, weights.n_villages), np.nan)
        self.coverage: Floats = np.zeros((1, weights.n_villages))

    def add(
        self,
        keys: Sequence[bytes],
        values: npt.NDArray[np.floating],
        *,
        whole: Bools | None = None,
        weights: Weights | None = None,
    ) -> None:
        """Average the steps of new keys over the catchments.

        Parameters
        ----------
        values : dims (key, source), mm in one step, NaN where a source said nothing usable
        whole : dims (key, source); False where a value is suspect or a part of its step only: it
            counts in the mean and half in the coverage, so what rests on it is never complete
        weights : of the sources, where they are not those of the site's rain
        """
        weights = self._weights if weights is None else weights
        mean, coverage = areal_mean(values, weights)
        if whole is not None and not whole.all():
            sure = areal_mean(np.where(whole, values, np.nan), weights)[1]
            coverage = (coverage + sure) / 2
        for offset, key in enumerate(keys):
            self._rows[key] = len(self.mean_mm) + offset
        self.mean_mm = np.concatenate([self.mean_mm, mean])
        self.coverage = np.concatenate([self.coverage, coverage])

    def fuller(self, held: Ints, other: Ints) -> Ints:
        """Return rows that take from `other` every village of which it saw no less than `held`."""
        less = self.coverage[other] < self.coverage[held]
        chosen = other.copy()
        for i in np.flatnonzero(less.any(axis=1)).tolist():
            chosen[i] = self._mixed(int(held[i]), int(other[i]), less[i])
        return chosen

    def _mixed(self, held: int, other: int, less: Bools) -> int:
        if less.all():
            return held
        key = b"mixed" + np.array([held, other], dtype=np.int64).tobytes()
        if key not in self._rows:
            self._rows[key] = len(self.mean_mm)
            mean = np.where(less, self.mean_mm[held], self.mean_mm[other])
            coverage = np.where(less, self.coverage[held], self.coverage[other])
            self.mean_mm = np.concatenate([self.mean_mm, mean[None]])
            self.coverage = np.concatenate([self.coverage, coverage[None]])
        return self._rows[key]

    def refuse(self, keys: Sequence[bytes]) -> None:
        """Remember content that is no rain of ours."""
        self._rows |= dict.fromkeys(keys, NOT_OURS)

    def rows(self, keys: Sequence[bytes]) -> Ints:
        """Return the row of each key; NOT_OURS for what was refused, UNKNOWN for what is new."""
        found = map(self._rows.get, keys, repeat(UNKNOWN))
        return np.fromiter(found, dtype=np.int64, count=len(keys))
