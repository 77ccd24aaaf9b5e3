"""Critical rain (临界雨量): the rain over a duration that makes a catchment reach a given flow."""

from __future__ import annotations

import math

INITIAL_LOSS = 0.2
"""Share of the storage S that rain fills before any of it runs off (NEH-4, eq. 10-9)."""
STORAGE_RATIO = (2.281, 1.0, 0.427)
"""S of a dry, medium and wet catchment, over S of a medium one (Hawkins et al. 1985)."""


def threshold_runoff_mm(
    flow_m3s: float, area_km2: float, duration_h: float, concentration_h: float
) -> float:
    """Return the runoff depth of a storm of this duration whose flood peaks at `flow_m3s`.

    Triangular unit hydrograph: peak = 0.208 A R / (D/2 + 0.6 tc), with m3/s, km2, mm and h. Base
    flow is left out.

    Source: USDA NEH-4 (1972), ch. 16, eq. 16-6; Carpenter et al. (1999), J. Hydrol. 224, 21-44.
    """
    return flow_m3s * (duration_h / 2.0 + 0.6 * concentration_h) / (0.208 * area_km2)


def critical_rain_mm(runoff_mm: float, storage_mm: float) -> float:
    """Return the rain P of which `runoff_mm` runs off, where the soil can still hold `storage_mm`.

    The inverse of R = (P - 0.2 S)^2 / (P + 0.8 S) for P > 0.2 S.

    Source: USDA NEH-4 (1972), ch. 10, eq. 10-10.
    """
    loss = INITIAL_LOSS * storage_mm
    half = loss + runoff_mm / 2.0
    root = half**2 - loss**2 + runoff_mm * (storage_mm - loss)
    return half + math.sqrt(root)
