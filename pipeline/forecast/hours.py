"""Rain foreseen for intervals of any length and beginning, as rain of whole hours ahead."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

AHEAD_H: Final = 12
"""So far ahead every kind of rain is foreseen: a flash flood's water is there by then."""


def apart(mm: Floats, from_h: Floats, to_h: Floats) -> tuple[Floats, Floats, Floats]:
    """Return sums that all begin at one instant as what fell between their ends; others as given.

    Models tell precipitation since the beginning of their run; packing makes such a sum fall now
    and then by a little, which is no rain.

    Parameters
    ----------
    mm : dims (interval, catchment)
    from_h, to_h : dims (interval)
    """
    if len(to_h) == 1 or not (from_h == from_h[0]).all():
        return mm, from_h, to_h
    order = np.argsort(to_h)
    total, ends = mm[order], to_h[order]
    between = np.diff(total, axis=0, prepend=0.0).clip(min=0.0)
    return between, np.concatenate([from_h[:1], ends[:-1]]), ends


def hours_ahead(mm: Floats, from_h: Floats, to_h: Floats, *, ahead: int) -> Floats:
    """Return the rain of each hour ahead, an interval's rain falling evenly over it.

    Parameters
    ----------
    mm : dims (interval, catchment), sum of each interval; NaN where nothing is foreseen
    from_h, to_h : where each interval begins and ends, in hours after the present; dims (interval)
    ahead : so many hours are answered for

    Returns
    -------
    dims (hour ahead, catchment), mm in one hour; what is not foreseen adds nothing
    """
    begin = np.arange(ahead, dtype=np.float64)[:, None]
    shared = np.clip(np.minimum(to_h, begin + 1.0) - np.maximum(from_h, begin), 0.0, None)
    return np.asarray((shared / (to_h - from_h)) @ np.nan_to_num(mm))
