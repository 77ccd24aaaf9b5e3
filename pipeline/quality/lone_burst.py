"""Lone burst: rain at one station that nothing around it knows of.

A convective cell is some 10 km wide where it rains more than 20 mm/h (Begum and Otung 2009, Radio
Science 44, RS2015), moves, and is far weaker at its edge than in its core. So a neighbour speaks
for a burst with whatever it caught within the hour before and after, down to 1 / `FACTOR` of it.
The factor and its floor are those of the high-influx filter (de Vos et al. 2019, Geophys. Res.
Lett. 46, 8820-8829: 10 mm where the neighbours' median is below 0.4 mm), but measured against the
wettest neighbour, not the median: in a core the median is dry. A count of robust deviations is not
used: among dry neighbours their spread is zero, and any number of them is exceeded. The ones that
can be wrong about a cell are few and near, and that is what `radius_km` says.

FAIL needs more than that nobody saw it, for a cell can stand between the stations: either the
amount is above the record of the world for its duration, or it exceeds the rule's `fail` in a form
that rain does not have. A cell passes in several steps of five minutes, rising and decaying; one
step, or steps all alike, is a tip counter's or a transmission's. Where a step is too long to tell
(`PROFILE_S`) the amount alone decides. And `fail` waits until the neighbours have spoken of a
later time: the cell may be on its way to them. A step as long as the window holds that time in
itself, so hourly sums are rejected in the cycle that first reads them, before anyone is told.

It looks ahead, up to `window_min`: what was SUSPECT becomes GOOD when the rain arrives next door.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.observation import QcFlag
from pipeline.quality.nearby import Reach, nearby
from pipeline.quality.record_rain import record_mm
from pipeline.quality.station_block import StationBlock
from pipeline.quality.testimony import SECOND_US, Floats, Truths, Witnesses, rows_within
from pipeline.site.model import QualityRule

FACTOR: Final = 25.0
PROFILE_S: Final = 900
PROFILE_STEPS: Final = 3
FLANK: Final = 0.1
"""Share of a step that the steps beside it have at least, where a cell passes."""


def lone_burst(block: StationBlock, rule: QualityRule) -> npt.NDArray[np.uint8]:
    """Flag rain that nothing around a station knows of.

    Parameters
    ----------
    block : rain, mm a step
    rule : more than `suspect` or `fail` mm a step, None = never; `radius_km`, `climb_m`,
        `window_min`, `neighbours` as in `Reach`

    Returns
    -------
    flags [time, station]: UNKNOWN where fewer than `neighbours` were alive around the time
    """
    reach = Reach.of(rule)
    near = nearby(block, reach)
    step_min = block.interval_s / 60.0
    rows = rows_within(block, reach.window_min + step_min, reach.window_min)
    around = Witnesses.of(block, near, rows)
    judged = around.alive() >= reach.neighbours
    record = record_mm(block.interval_s)
    doubtful = min(limit for limit in (rule.suspect, rule.fail, record) if limit is not None)
    high = judged & (block.values > doubtful)
    lone = high & (block.values > FACTOR * around.wettest(high))
    impossible = block.values > record
    if rule.fail is not None:
        within_step = step_min if step_min >= reach.window_min else 0.0
        later = rows_within(block, within_step, reach.window_min)
        settled = Witnesses.of(block, near, later).spoke() >= reach.neighbours
        impossible |= (block.values > rule.fail) & settled & ~_like_a_cell(block)
    flags = np.where(judged, QcFlag.GOOD, QcFlag.UNKNOWN)
    flags[lone] = QcFlag.SUSPECT
    flags[lone & impossible] = QcFlag.FAIL
    flags[np.isnan(block.values)] = QcFlag.MISSING
    return flags.astype(np.uint8)


def _like_a_cell(block: StationBlock) -> Truths:
    """Tell of each step whether it is part of a rise and decay as rain has it, or may be unseen.

    A missing step may have been anything. Where the steps are longer than `PROFILE_S` nothing is
    told, and no step is like a cell.
    """
    values = block.values
    steps, uneven = np.ones(values.shape), np.zeros(values.shape, np.bool_)
    if block.interval_s > PROFILE_S:
        return uneven
    for direction in (-1, 1):
        raining = np.ones(values.shape, np.bool_)
        for distance in range(1, PROFILE_STEPS):
            beside = _read_after(block, direction * distance)
            raining &= np.isnan(beside) | (beside >= FLANK * values)
            steps += raining
            uneven |= raining & (beside != values)
    return (steps >= PROFILE_STEPS) & uneven


def _read_after(block: StationBlock, steps: int) -> Floats:
    """Return what each station read `steps` intervals later; NaN = nothing."""
    asked = block.times + steps * block.interval_s * SECOND_US
    rows = np.searchsorted(block.times, asked).clip(max=len(asked) - 1)
    held = block.times[rows] == asked
    return np.where(held[:, None], block.values[rows], np.nan)
