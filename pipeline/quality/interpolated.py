"""Runs that an archive filled in by a straight line: the inner points look ahead.

An archive that was made hourly from a recorder's irregular readings holds, between two true
readings, points on the line that joins them. Such a point was computed from the *next* reading,
so nobody could have known it before that reading came.

The rule: from a reading on, the longest stretch whose points all lie on one line through it,
within the rounding of the values, is a run if at least `MIN_INNER` points lie inside it and its
slope is at least `MIN_STEPS` times the resolution a step. The inner points are known when the last
point is. Its limits:

* a single inner point (two equal steps) cannot be told from chance, and is left as it is;
* flat and almost flat runs are left as they are: rounding makes every slow recession straight,
  and a line without slope tells nothing of what comes;
* a true limb that rises by equal steps for three intervals or more is delayed wrongly, by its
  own length. At three decimals this is rare (a chance agreement of four readings to 0.001).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MIN_INNER = 2
MIN_STEPS = 10.0
MAX_DECIMALS = 6
SLACK = 1e-9


def resolution(values: npt.NDArray[np.float64]) -> float:
    """Return the coarsest power of ten (at most 1) of which all values are multiples."""
    finite = values[np.isfinite(values)]
    for decimals in range(MAX_DECIMALS):
        if np.allclose(finite, np.round(finite, decimals), rtol=0, atol=1e-7):
            return float(10.0**-decimals)
    return float(10.0**-MAX_DECIMALS)


def known_from(values: npt.NDArray[np.float64], step: float) -> npt.NDArray[np.intp]:
    """Return for each value the index of the reading without which it could not be known.

    Parameters
    ----------
    values : [n] at equal intervals, NaN = missing, any unit
    step : resolution of the values, same unit

    Returns
    -------
    [n]; its own index, or for the inner points of an interpolated run the index of its last point
    """
    source = np.arange(len(values))
    for first, last in _runs(values.tolist(), step, _candidates(values, step)):
        source[first + 1 : last] = last
    return source


def _candidates(values: npt.NDArray[np.float64], step: float) -> list[int]:
    """Return where a run can begin: two equal differences in a row that are not almost flat.

    Each second difference carries four rounding errors of half a step.
    """
    differences = np.diff(values)
    straight = np.abs(np.diff(differences)) <= 2 * step + SLACK
    steep = np.abs(differences[:-1]) >= (MIN_STEPS - 1) * step
    return [int(i) for i in np.flatnonzero(straight & steep)]


def _runs(values: list[float], step: float, starts: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    free_from = 0
    for first in starts:
        if first < free_from:
            continue
        last = _end_of_line(values, first, step)
        inner = last - first - 1
        slope = abs(values[last] - values[first]) / (last - first)
        if inner >= MIN_INNER and slope >= MIN_STEPS * step:
            runs.append((first, last))
            free_from = last
    return runs


def _end_of_line(values: list[float], first: int, step: float) -> int:
    """Return the last index up to which one slope from `first` meets every point within `step`."""
    lowest, highest = -np.inf, np.inf
    last = first
    for index in range(first + 1, len(values)):
        rise, length = values[index] - values[first], index - first
        lowest = max(lowest, (rise - step - SLACK) / length)
        highest = min(highest, (rise + step + SLACK) / length)
        if not lowest <= highest or rise != rise:  # noqa: PLR0124 - NaN ends the line
            break
        last = index
    return last
