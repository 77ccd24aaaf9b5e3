"""The factor by which a rain station is wrong: its storm against its neighbours' storm."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from scipy.sparse import csr_array

from pipeline.quality.nearby import Reach, nearby
from pipeline.quality.station_block import StationBlock
from pipeline.quality.testimony import Floats, Truths, Window, Witnesses, rows_within
from pipeline.site.model import QualityRule

FACTORS: Final = (1.0, 10.0, 25.4, 1000.0, 1 / 10.0, 1 / 25.4)
"""Tenths for millimetres, inches for millimetres, metres for millimetres, and back."""
NEAR: Final = 1.5
"""How far a station's share may be from a factor; the factors are further apart than twice that."""
STORM_MM: Final = 20.0
STORM_MIN: Final = 1440
AGREED: Final = 3.0
"""How far the neighbours may be from their own median: at a storm's edge they do not agree."""
STEADY: Final = 0.5
"""Share of the storm that may have come in one step: a burst is not a unit."""


def rain_factors(block: StationBlock, rule: QualityRule) -> Floats:
    """Return the factor that a station's rain is too large by, [time, station]; 1 = right.

    The sum of the last `window_min` is set against the median of the neighbours' sums, of those
    alive, where that is a storm and they agree. NaN where not, where fewer than `neighbours` were
    alive, or where half came in one step; 1 also where the share is near no factor.

    Parameters
    ----------
    rule : a storm is more than `suspect` mm in `window_min`

    Source: the comparison over long sums in place of steps is GSDR-QC's, checks 16 to 25 (Lewis
    et al. 2021, Environ. Model. Softw. 144, 105169).
    """
    storm_mm = STORM_MM if rule.suspect is None else rule.suspect
    reach = Reach.of(rule)
    reach = replace(reach, window_min=STORM_MIN if rule.window_min is None else rule.window_min)
    rows = rows_within(block, reach.window_min, 0.0)
    near = nearby(block, reach)
    # What the grid says is not among the sums that the median is of.
    around = Witnesses.of(replace(block, grid=None), near, rows)
    own = around.own
    stormy = own.alive & (own.wettest <= STEADY * own.total) & (own.total > 0)
    asked = stormy & (around.alive() >= reach.neighbours)
    median = _agreed(own, near, asked)
    judged = asked & (median > storm_mm)
    return _nearest(np.where(judged, own.total / np.where(judged, median, 1.0), np.nan))


def _agreed(own: Window, near: csr_array, asked: Truths) -> Floats:
    """Return the (lower) median of the sums of the neighbours alive; 0 where they disagree."""
    found = np.zeros(asked.shape)
    for station in np.flatnonzero(asked.any(axis=0)):
        rows = np.flatnonzero(asked[:, station])
        among = np.ix_(rows, near.indices[near.indptr[station] : near.indptr[station + 1]])
        alive = own.alive[among].sum(axis=1)
        ranked = np.sort(np.where(own.alive[among], own.total[among], np.inf), axis=1)
        least, median, most = (
            np.take_along_axis(ranked, place[:, None], axis=1)[:, 0]
            for place in (np.zeros_like(alive), (alive - 1) // 2, alive - 1)
        )
        agreed = (most <= AGREED * median) & (median <= AGREED * least)
        found[rows, station] = np.where(agreed, median, 0.0)
    return found


def _nearest(share: Floats) -> Floats:
    """Return the factor that a share is near; 1 where it is near none, NaN stays."""
    factors = np.array(FACTORS)
    away = np.abs(np.log(share[..., None] / factors))
    nearest = factors[np.argmin(np.where(np.isnan(away), np.inf, away), axis=-1)]
    close = away.min(axis=-1) <= np.log(NEAR)
    return np.where(np.isnan(share), np.nan, np.where(close, nearest, 1.0))
