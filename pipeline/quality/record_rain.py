"""The most rain that was ever measured in a time: above it, no instrument has told the truth."""

from __future__ import annotations

from typing import Final

import numpy as np

RECORDS: Final = (
    (1.0, 38.0),  # Barot, Guadeloupe, 26 November 1970
    (8.0, 126.0),  # Fuessen, Bavaria, 25 May 1920
    (15.0, 198.0),  # Plumb Point, Jamaica, 12 May 1916
    (30.0, 280.0),  # Sikeshugou, Hebei, 3 July 1974
    (60.0, 401.0),  # Shangdi, Inner Mongolia, 3 July 1975
    (600.0, 1400.0),  # Muduocaidang, Inner Mongolia, 1 August 1977
    (1440.0, 1825.0),  # Foc-Foc, La Reunion, 7-8 January 1966
)
"""(minutes, mm) of the world's records that no shorter or longer one overshadows."""


def record_mm(duration_s: float) -> float:
    """Return the greatest rain on record for a duration, mm.

    Between two records the depth grows as a power of the duration; beyond the last and the first
    it stays as it is.

    Source: WMO-No. 1045 (2009), Manual on Estimation of Probable Maximum Precipitation, annex 2.
    """
    minutes, depths_mm = np.log(np.array(RECORDS)).T
    return float(np.exp(np.interp(np.log(duration_s / 60.0), minutes, depths_mm)))
