"""Faulty zero: a rain station alone dry in a storm: a blocked funnel, a stuck bucket, snow.

After the faulty-zeros filter (de Vos et al. 2019, Geophys. Res. Lett. 46, 8820-8829: dry for half
an hour while the neighbours' median rains), with an amount in place of "any rain", because a gap
between two cells is dry in truth, and three quarters of the witnesses in place of the median.

The zeros of the whole dry window are flagged, not the last alone; so a zero may be doubted up to
`window_min` after it came. Rejecting it leaves the station blind, never wet.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.observation import QcFlag
from pipeline.quality.nearby import Reach, nearby
from pipeline.quality.station_block import StationBlock
from pipeline.quality.testimony import MINUTE_US, Rows, Truths, Window, Witnesses, rows_within
from pipeline.site.model import QualityRule

AGREED: Final = 0.75
"""Share of the witnesses that have to have been wet."""


def faulty_zero(block: StationBlock, rule: QualityRule) -> npt.NDArray[np.uint8]:
    """Flag zeros of a station that is alone dry in a storm.

    Parameters
    ----------
    block : rain, mm a step
    rule : more than `suspect` or `fail` mm fell around within `window_min`, None = never;
        `radius_km`, `climb_m`, `neighbours` as in `Reach`

    Returns
    -------
    flags [time, station]: UNKNOWN where fewer than `neighbours` were alive in the window
    """
    reach = Reach.of(rule)
    near = nearby(block, reach)
    rows = rows_within(block, reach.window_min, 0.0)
    around = Witnesses.of(block, near, rows)
    judged = around.alive() >= reach.neighbours
    flags = np.where(judged, QcFlag.GOOD, QcFlag.UNKNOWN)
    for limit, flag in ((rule.suspect, QcFlag.SUSPECT), (rule.fail, QcFlag.FAIL)):
        if limit is not None:
            agreed = around.wet(limit) >= np.maximum(AGREED * around.alive(), reach.neighbours)
            alone = judged & agreed & around.own.alive & (around.own.wettest == 0)
            flags[_within(alone, block, reach) & (block.values == 0)] = flag
    flags[np.isnan(block.values)] = QcFlag.MISSING
    return flags.astype(np.uint8)


def _within(ends: Truths, block: StationBlock, reach: Reach) -> Truths:
    """Tell which times lie in a window that ends at one of `ends`."""
    until = np.searchsorted(block.times, block.times + round(reach.window_min * MINUTE_US))
    rows = Rows(np.arange(len(until)), until, np.ones(len(until)))
    return Window.of(ends.astype(np.float64), rows).wettest > 0
