"""Wrong unit: a logger set to tenths, inches, centimetres, feet, after a visit or an exchange."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.observation import QcFlag
from pipeline.quality.level_unit import level_factors
from pipeline.quality.rain_unit import rain_factors
from pipeline.quality.station_block import StationBlock
from pipeline.quality.testimony import Floats
from pipeline.site.model import QualityRule


def wrong_unit(block: StationBlock, rule: QualityRule) -> npt.NDArray[np.uint8]:
    """Flag readings of stations that look wrong by the factor between two units.

    Always SUSPECT, never FAIL: a factor is a guess, and a person has to ask. Zeros are right in
    every unit.

    Parameters
    ----------
    rule : see `rain_factors` for rain, `level_factors` for anything else
    """
    factors = unit_factors(block, rule)
    flags = np.where(np.isnan(factors), QcFlag.UNKNOWN, QcFlag.GOOD)
    flags[~np.isnan(factors) & (factors != 1.0) & (block.values > 0)] = QcFlag.SUSPECT
    flags[np.isnan(block.values)] = QcFlag.MISSING
    return flags.astype(np.uint8)


def unit_factors(block: StationBlock, rule: QualityRule) -> Floats:
    """Return the factor that each reading is too large by; 1 = right, NaN = not judged."""
    return (rain_factors if rule.variable.is_sum else level_factors)(block, rule)
