"""Whether it is dark: nobody is told in the dark that the danger is less."""

from __future__ import annotations

from datetime import datetime

from astral import Observer
from astral.sun import elevation

CIVIL_DUSK_DEG = -6.0
"""The sun's height at civil dusk and dawn; below it, water and ways cannot be seen."""


def is_dark(at: datetime, *, lon: float, lat: float) -> bool:
    """Tell whether the sun is more than six degrees below the horizon of a place.

    Parameters
    ----------
    at : UTC
    lon, lat : WGS84 degrees
    """
    return float(elevation(Observer(lat, lon), at, with_refraction=False)) < CIVIL_DUSK_DEG
