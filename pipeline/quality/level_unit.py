"""The factor by which a level or flow is wrong: it jumps from metres to feet or centimetres."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from pipeline.quality.before import before
from pipeline.quality.station_block import StationBlock
from pipeline.quality.testimony import Floats
from pipeline.site.model import QualityRule
from pipeline.units import Variable

OF_LEVELS: Final = (3.28084, 100.0, 1000.0)
"""Feet, centimetres and millimetres in a metre."""
OF_FLOWS: Final = (35.3147, 1000.0)
"""Cubic feet and litres in a cubic metre."""
FACTORS: Final[Mapping[Variable, tuple[float, ...]]] = MappingProxyType(
    {
        Variable.STAGE: OF_LEVELS,
        Variable.DEPTH: OF_LEVELS,
        Variable.DISCHARGE: OF_FLOWS,
        Variable.STORAGE: OF_FLOWS,
    }
)
NEAR: Final = 0.05
"""How far a jump may be from a factor, as a share of it: a river moves little in one step."""


def level_factors(block: StationBlock, rule: QualityRule) -> Floats:
    """Return the factor that a level is too large by, [time, station]; 1 = right.

    The first reading is taken to be right. A jump between two readings by a factor, within 5 %,
    changes the unit; the jump back, or a fall below the root of the factor, ends it. So does a
    silence longer than `window_min`, since what was before it says nothing of after. A river that
    trebles within one step is taken for feet: this is doubt, and doubt never lowers a river.
    Ratios need numbers above zero: NaN elsewhere, and at the first reading.

    Parameters
    ----------
    rule : `above`, a level that a ratio can be taken of, in the variable's unit; None = 0
    """
    least = 0.0 if rule.above is None else max(0.0, rule.above)
    # Their logarithms: a ratio to next to nothing is beyond what a float can hold.
    values = np.log(np.where(block.values > least, block.values, np.nan))
    earlier, since_min = before(values, block.times)
    if rule.window_min is not None:
        earlier = np.where(since_min <= rule.window_min, earlier, np.nan)
    jumps = _nearest(values - earlier, FACTORS.get(rule.variable, ()))
    factor, base = np.ones(values.shape[1]), np.full(values.shape[1], np.nan)
    factors = np.full(values.shape, np.nan)
    for row, jump in enumerate(jumps):
        said = ~np.isnan(values[row])
        base = np.where(jump != 1.0, earlier[row], base)
        factor = np.where(said, _held(factor * jump, values[row] - base), factor)
        factors[row, said] = np.where(np.isnan(jump), np.nan, factor)[said]
        factor = np.where(np.isnan(factor), 1.0, factor)
    return factors


def _nearest(step: Floats, factors: tuple[float, ...]) -> Floats:
    """Return the factor, or its inverse, that a step of logarithms is; 1 where none, NaN stays."""
    nearest = np.where(np.isnan(step), np.nan, 1.0)
    for factor in (*factors, *(1 / factor for factor in factors)):
        nearest[np.abs(step - np.log(factor)) <= np.log1p(NEAR)] = factor
    return nearest


def _held(factor: Floats, rise: Floats) -> Floats:
    """Return the factor while the level is still that far (a logarithm) from the jump; else 1."""
    away = np.abs(rise) > 0.5 * np.abs(np.log(factor))
    whole = np.isclose(factor, 1.0)
    return np.where(np.isnan(factor) | (away & ~whole), factor, 1.0)
