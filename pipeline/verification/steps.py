"""Equal steps of time, named by their ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from pipeline import instants

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps that end at first, first + length, and so on; n of them."""

    first: datetime
    length: timedelta
    n: int

    def split(self, length: timedelta) -> Steps:
        """Return the shorter steps that these are made of."""
        return Steps(self.first - self.length + length, length, self.n * (self.length // length))

    def end(self, row: int) -> datetime:
        """Return the end of a step."""
        return self.first + row * self.length

    def rows(self, us: Ints) -> Ints:
        """Return the step in which each instant lies, its end included; < 0 or >= n is outside."""
        length_us = int(self.length.total_seconds()) * 1_000_000
        return np.asarray(-((instants.to_us(self.first) - us) // length_us))
