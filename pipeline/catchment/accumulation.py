"""Rain accumulated over durations, the time a catchment takes to answer, and what was not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numba
import numpy as np
import numpy.typing as npt

from pipeline.errors import SchemaError

FloatArray = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

UNITS: Final = 2.0**20
"""In a millimetre, or in a whole share; 2^53 of them, eight million metres, can be counted."""
TILE: Final = 4096
FOUR: Final = 4


def accumulate(
    mean: FloatArray, coverage: FloatArray, durations: Sequence[int]
) -> tuple[FloatArray, FloatArray]:
    """Sum the rain of the last steps of the window, for each duration.

    Parameters
    ----------
    mean : [time, village], mm in one step; NaN where nothing was seen
    coverage : [time, village], 0..1, share of the catchment seen in each step
    durations : steps, e.g. 1, 2, 3, 6, 12, 24 of one hour

    Returns
    -------
    rain : float64 [duration, village], mm to 0.001; the sum of what was seen, NaN if nothing was
    coverage : float64 [duration, village], 0..1; mean share seen, steps before the window being 0

    Raises
    ------
    SchemaError
        Shapes differ, the window is empty, or a duration is below one step.
    """
    rain, seen = accumulate_steps(mean, coverage, durations, steps=1)
    return rain[0], seen[0]


def accumulate_steps(
    mean: FloatArray, coverage: FloatArray, durations: Sequence[int], *, steps: int
) -> tuple[FloatArray, FloatArray]:
    """Sum the rain up to each of the last `steps` steps of the window: `accumulate` as a block.

    Each step's rain is taken to a whole number of 2^-20 mm. Such sums are exact in whatever order
    they are made, so a block gives the same bytes as the steps one by one and reads each once;
    rounding to 0.001 mm makes thresholds meet equal numbers on every machine.

    Returns
    -------
    rain : float64 [step, duration, village], mm to 0.001; NaN where nothing was seen
    coverage : float64 [step, duration, village], 0..1

    Raises
    ------
    SchemaError
        Shapes differ, the window is shorter than `steps`, or a duration is below one step.
    """
    if mean.shape != coverage.shape or not 1 <= steps <= len(mean) or min(durations) < 1:
        raise SchemaError(f"cannot accumulate {mean.shape}, {coverage.shape} over {durations}")
    rain = np.empty((steps, len(durations), mean.shape[1]))
    covered = np.empty_like(rain)
    order = np.argsort(durations)
    window = np.ascontiguousarray(mean), np.ascontiguousarray(coverage)
    _sums(*window, np.asarray(durations)[order], order, rain, covered)
    return rain, covered


@numba.njit(cache=True)
def _sums(
    mean: FloatArray, coverage: FloatArray, spans: Ints, order: Ints,
    rain: FloatArray, covered: FloatArray,
) -> None:  # fmt: skip
    """Fill the sums of ascending spans, some villages at a time: what they need stays near."""
    n = mean.shape[1]
    width = min(TILE, n)
    total, part = np.empty((len(spans), width)), np.empty((len(spans), width))
    for begin in range(0, n, TILE):
        end = min(begin + TILE, n)
        _begin(mean, coverage, spans, (len(mean) - len(rain), begin, end), total, part)
        for step in range(len(rain)):
            row = len(mean) - len(rain) + step
            for d in range(len(spans)):
                if step:
                    _add(mean[row, begin:end], coverage[row, begin:end], total[d], part[d], 1.0)
                    if row >= spans[d]:
                        old = row - spans[d]
                        _add(
                            mean[old, begin:end], coverage[old, begin:end], total[d], part[d], -1.0
                        )
                to = order[d]
                _write(
                    total[d], part[d], spans[d], rain[step, to, begin:end],
                    covered[step, to, begin:end],
                )  # fmt: skip


@numba.njit(cache=True)
def _begin(
    mean: FloatArray, coverage: FloatArray, spans: Ints, at: tuple[int, int, int],
    total: FloatArray, part: FloatArray,
) -> None:  # fmt: skip
    """Sum backwards from a row: each span goes on where the shorter one ended."""
    row, begin, end = at
    fall, share = np.zeros(total.shape[1]), np.zeros(total.shape[1])
    for d in range(len(spans)):
        first = min(spans[d - 1], row + 1) if d else 0
        last = min(spans[d], row + 1)
        rest = (last - first) % FOUR
        for back in range(first, last - rest, FOUR):
            r = row - back  # rows are taken one by one: a block of them is read as if scattered
            _add_four(
                mean[r, begin:end], mean[r - 1, begin:end],
                mean[r - 2, begin:end], mean[r - 3, begin:end],
                coverage[r, begin:end], coverage[r - 1, begin:end],
                coverage[r - 2, begin:end], coverage[r - 3, begin:end], fall, share,
            )  # fmt: skip
        for back in range(last - rest, last):
            r = row - back
            _add(mean[r, begin:end], coverage[r, begin:end], fall, share, 1.0)
        total[d], part[d] = fall, share


@numba.njit(cache=True)
def _add(
    mean: FloatArray, coverage: FloatArray, total: FloatArray, part: FloatArray, sign: float
) -> None:
    for v in range(len(mean)):
        total[v] += sign * _units(mean[v], mean[v])
        part[v] += sign * _units(coverage[v], mean[v])


@numba.njit(cache=True)
def _add_four(  # noqa: PLR0913, PLR0917
    m0: FloatArray, m1: FloatArray, m2: FloatArray, m3: FloatArray,
    c0: FloatArray, c1: FloatArray, c2: FloatArray, c3: FloatArray,
    total: FloatArray, part: FloatArray,
) -> None:  # fmt: skip
    """Add four steps at once: what was added up is fetched and put back a fourth as often."""
    for v in range(len(m0)):
        early = _units(m0[v], m0[v]) + _units(m1[v], m1[v])
        total[v] += early + (_units(m2[v], m2[v]) + _units(m3[v], m3[v]))
        early = _units(c0[v], m0[v]) + _units(c1[v], m1[v])
        part[v] += early + (_units(c2[v], m2[v]) + _units(c3[v], m3[v]))


@numba.njit(cache=True)
def _units(value: float, seen: float) -> float:
    """Return a value in whole units, or none of them where the mean is NaN: nothing was seen."""
    return np.rint(value * UNITS) if seen == seen else 0.0  # noqa: PLR0124


@numba.njit(cache=True)
def _write(
    total: FloatArray, part: FloatArray, span: int, rain: FloatArray, covered: FloatArray
) -> None:
    for v in range(len(rain)):
        seen = part[v] > 0.0
        rain[v] = np.rint(total[v] / UNITS * 1e3) / 1e3 if seen else np.nan
        covered[v] = min(1.0, np.rint(part[v] / UNITS / span * 1e6) / 1e6)


def time_of_concentration_h(area_km2: float) -> float:
    """Return the hours that water takes from the catchment's far end to its outlet.

    tc = 0.76 A^0.38, from the area alone: the duration of rain that counts, and so a first guess of
    the water's travel. Fitted on rural catchments of up to 250 km2 in eastern New South Wales.

    Raises
    ------
    ValueError
        The area is not above 0.

    Source: McDermott and Pilgrim (1982); Australian Rainfall and Runoff (1987), book IV.
    """
    if not area_km2 > 0.0:
        raise ValueError(f"a catchment of {area_km2} km2 has no time of concentration")
    return float(0.76 * area_km2**0.38)
