"""Thresholds as dense arrays: rain by duration, wetness and level; stations by level."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numba
import numpy as np
import numpy.typing as npt

from pipeline.bulletin import RiskLevel
from pipeline.site.model import StationLevel, Threshold
from pipeline.site.risk_settings import Wetness
from pipeline.units import THOUSANDTH

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

WETNESS_ORDER: tuple[Wetness, ...] = (Wetness.DRY, Wetness.MEDIUM, Wetness.WET)
CLOSENESS_LEVEL = RiskLevel.ORANGE
"""Closeness is the largest value over the threshold of this level."""
LEVELS: tuple[RiskLevel, ...] = tuple(level for level in RiskLevel if level > RiskLevel.NONE)


def rain_table(
    thresholds: Iterable[Threshold], villages: Sequence[str], durations_h: Sequence[int]
) -> Floats:
    """Return the rain thresholds in mm, dims (village, duration, wetness, level 1-4).

    A row that is not given is a hole. A hole of one wetness takes the value of the drier class,
    or, where there is none, of the wetter one (lower, so it warns rather too early); where no
    class has a value NaN stays, and nothing is compared there. A wetter class never has a higher
    threshold than a drier one, so that more wetness never lowers a level.
    """
    rows = {village: i for i, village in enumerate(villages)}
    columns = {float(hours): i for i, hours in enumerate(durations_h)}
    table = np.full((len(rows), len(columns), len(WETNESS_ORDER), len(LEVELS)), np.nan)
    for t in thresholds:
        row, column = rows.get(t.village_id), columns.get(t.duration_h)
        if row is not None and column is not None and t.level > RiskLevel.NONE:
            table[row, column, WETNESS_ORDER.index(t.wetness), t.level - 1] = t.value
    table = np.fmin.accumulate(table, axis=2)
    for drier in range(len(WETNESS_ORDER) - 2, -1, -1):
        hole = np.isnan(table[:, :, drier])
        table[:, :, drier][hole] = table[:, :, drier + 1][hole]
    return np.round(table, THOUSANDTH)


def station_table(levels: Iterable[StationLevel], series: Sequence[tuple[str, str]]) -> Floats:
    """Return the levels of stations in their variable's unit, dims (series, level 1-4).

    `series` are (station, variable); a level that is not given is NaN.
    """
    rows = {key: i for i, key in enumerate(series)}
    table = np.full((len(rows), len(LEVELS)), np.nan)
    for level in levels:
        row = rows.get((level.station_id, str(level.variable)))
        if row is not None and level.level > RiskLevel.NONE:
            table[row, level.level - 1] = level.value
    return np.round(table, THOUSANDTH)


def lowered(table: Floats, factor: Floats) -> Floats:
    """Return thresholds over the villages' factors, dims (village, ...), rounded to thousandths."""
    if (factor == 1.0).all():
        return table
    spread = factor.reshape(-1, *(1,) * (table.ndim - 1))
    return np.asarray((table / spread).round(THOUSANDTH))


def highest_level(values: Floats, table: Floats) -> Ints:
    """Return the highest level whose threshold is reached, 0 if none.

    Parameters
    ----------
    values : dims (...), rounded to thousandths; NaN reaches nothing
    table : dims (..., level 1-4), the same unit; NaN is never reached
    """
    rows = np.ascontiguousarray(np.broadcast_to(table, (*values.shape, table.shape[-1])))
    found = np.empty(values.shape, dtype=np.int64)
    _highest(
        np.ascontiguousarray(values).reshape(-1),
        rows.reshape(-1, table.shape[-1]),
        found.reshape(-1),
    )
    return found


@numba.njit(cache=True)
def _highest(values: Floats, table: Floats, found: Ints) -> None:
    for row in range(len(values)):
        level = table.shape[1]
        while level > 0 and not values[row] >= table[row, level - 1]:
            level -= 1
        found[row] = level
