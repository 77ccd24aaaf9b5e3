"""A model of others, run on the same record: what it foresaw, for the judge to set beside ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.verification.baselines import Variant
from pipeline.verification.fitting import TRIGGERS
from pipeline.verification.folds import Fold
from pipeline.verification.record import Record

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Peer:
    """The flows that another model foresaw.

    Attributes
    ----------
    peaks : by fold and way of foreseeing, with what the other folds taught: the highest flow of the
        hours ahead of each slot, dims (time, gauge), m3/s
    """

    method: str
    peaks: Mapping[str, Mapping[str, Floats]]

    def variants(self, fold: Fold, levels: Floats) -> list[Variant]:
        """Return what is compared in a fold: shares of the level, dims (gauge), in m3/s."""
        return [
            Variant(name, peak / levels, TRIGGERS) for name, peak in self.peaks[fold.name].items()
        ]


@dataclass(frozen=True, slots=True)
class NotRun:
    """A peer that could not be run, and why."""

    method: str
    why: str


RunPeer = Callable[[Record, Sequence[Fold]], Peer | NotRun]
