"""Parts of a record: what is fitted on the others is judged on each, out of fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """One part of a record.

    Attributes
    ----------
    first, last : slots
    within : dims (time)
    """

    name: str
    first: datetime
    last: datetime
    within: Bools


def folds(times: Sequence[datetime], splits: Sequence[datetime]) -> tuple[Fold, ...]:
    """Return the parts of a record between some instants; each begins with the slot at a split."""
    part = np.searchsorted(np.array(sorted(splits)), np.array(times), side="right")
    found: list[Fold] = []
    for number in np.unique(part).tolist():
        within = part == number
        rows = np.flatnonzero(within).tolist()
        name = chr(ord("A") + len(found))
        found.append(Fold(name, times[rows[0]], times[rows[-1]], within))
    return tuple(found)
