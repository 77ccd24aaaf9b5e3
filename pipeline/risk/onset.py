"""When water is expected: from the time of concentration, closeness and travel time.

With T the time of concentration and c the closeness (areal rain over its level-3 threshold, held
within [0.5, 4]), the water of rain alone is expected at slot + 0.6 T/c, between 0.3 T/c and T/c:
0.6 T is the lag between a storm's rain and its peak, a catchment at twice its threshold rises to
the hazard stage in half that time, and the band is a factor of about two to either side. Where an
upstream station has reached its level 3, its water arrives one travel time after the reading,
give or take a fifth. Where the rainfall-runoff model foresees the flow of level 3 so many hours
ahead, the water is expected then, give or take a half. The earliest of these counts, so more rain
or a higher river is never later.
The age of a river's reading is thereby in the onset, and who counts back from it must not take it
off again; the age of the rain is not.

Source: lag = 0.6 T: USDA NRCS, National Engineering Handbook, part 630, chapter 15 (2010).
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from pipeline.catchment.accumulation import time_of_concentration_h
from pipeline.risk.thresholds import Floats

SHARES = np.array([0.3, 0.6, 1.0])
"""Earliest, likely and latest as shares of T/c."""
TRAVEL_SHARES = np.array([0.8, 1.0, 1.2])
CROSSING_SHARES = np.array([0.5, 1.0, 1.5])
CLOSENESS_RANGE = (0.5, 4.0)
UNKNOWN_AREA_H = 1.0
MINUTE = timedelta(minutes=1)


def time_of_concentration(area_km2: float | None) -> float:
    """Return the time of concentration in hours; one hour (short: cautious) without an area.

    Source: see `catchment.accumulation.time_of_concentration_h`.
    """
    return UNKNOWN_AREA_H if area_km2 is None else time_of_concentration_h(area_km2)


def rain_offsets_h(response_h: Floats, closeness: Floats) -> Floats:
    """Return hours after the slot, dims (village, earliest/likely/latest).

    `closeness` NaN (no rain was seen, or no threshold) counts as 1.
    """
    c = np.clip(np.where(np.isnan(closeness), 1.0, closeness), *CLOSENESS_RANGE)
    return np.asarray(SHARES * (response_h / c)[:, None], dtype=np.float64)


def crossing_offsets_h(crossing_h: float | Floats) -> Floats:
    """Return hours after the slot until the flow that the model foresees is there."""
    return np.asarray(CROSSING_SHARES * crossing_h, dtype=np.float64)


def travel_offsets_h(travel_h: float, age_h: float) -> Floats:
    """Return hours after the slot until an upstream station's water arrives; never before it."""
    return np.maximum(TRAVEL_SHARES * travel_h - age_h, 0.0)
