"""Weights of rain stations by their distance from a catchment."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.catchment.weights import Weights, from_rows

Floats = npt.NDArray[np.float64]

POWER: Final = 2.0
CLOSEST_KM: Final = 0.1
"""Nearer than this a station is as good as at the place."""
CLIMB_KM_PER_100M: Final = 1.0
"""A hundred metres up or down count as so many kilometres along: rain changes with height."""


def apart_with_climb(apart_km: Floats, climb_m: Floats) -> Floats:
    """Return distances that grow with the difference in elevation; unknown climbs count as none."""
    climb_km = np.nan_to_num(climb_m) / 100.0 * CLIMB_KM_PER_100M
    return np.asarray(np.hypot(apart_km, climb_km))


def by_inverse_distance(apart_km: Floats, *, nearest: int, within_km: float) -> Weights:
    """Return weights by the inverse square of the distance.

    A station that says nothing leaves its share to the others in the proportion of theirs, which is
    what weights computed without it would be: so they need not be computed anew, and the coverage
    tells what it was worth.

    Parameters
    ----------
    apart_km : dims (village, station); NaN where a place is not known
    nearest : so many stations at most stand for a village
    within_km : and none that is further away

    Returns
    -------
    Weights
        Rows sum to 1, or have no station.

    Source: Shepard (1968), A two-dimensional interpolation function for irregularly-spaced data,
    Proc. 23rd ACM National Conference, 517-524.
    """
    rows = [_row(one, nearest, within_km) for one in apart_km]
    return from_rows(rows, apart_km.shape[1])


def _row(apart_km: Floats, nearest: int, within_km: float) -> tuple[npt.NDArray[np.int64], Floats]:
    order = np.argsort(apart_km, kind="stable")[:nearest]
    chosen = np.sort(order[apart_km[order] <= within_km])
    share = np.maximum(apart_km[chosen], CLOSEST_KM) ** -POWER
    return chosen, share / share.sum()
