"""The verdict on each reading: the worst of what the feed says and what our own checks find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.observation import QcFlag, Reading
from pipeline.quality.gross_range import gross_range
from pipeline.units import Variable

SEVERITY = {
    QcFlag.UNKNOWN: 0,
    QcFlag.GOOD: 1,
    QcFlag.SUSPECT: 2,
    QcFlag.FAIL: 3,
    QcFlag.MISSING: 4,
    QcFlag.WITHDRAWN: 5,
}


def worst(one: QcFlag, other: QcFlag) -> QcFlag:
    """Return the graver of two flags; UNKNOWN gives way to any verdict."""
    return max(one, other, key=SEVERITY.__getitem__)


def judged(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """Return the readings with their flags; values are kept even where they fail."""
    kinds = {(reading.variable, reading.interval_s) for reading in readings}
    flags = np.empty(len(readings), np.uint8)
    for variable, interval_s in kinds:
        flags[_of_kind(readings, variable, interval_s)] = gross_range(
            _values(readings, variable, interval_s), variable, interval_s
        )
    return tuple(
        replace(reading, flag=worst(reading.flag, QcFlag(flag)))
        for reading, flag in zip(readings, flags.tolist(), strict=True)
    )


def _of_kind(readings: Sequence[Reading], variable: Variable, interval_s: int) -> list[int]:
    return [
        i for i, r in enumerate(readings) if r.variable is variable and r.interval_s == interval_s
    ]


def _values(
    readings: Sequence[Reading], variable: Variable, interval_s: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(
        [
            np.nan if r.value is None else r.value
            for r in readings
            if r.variable is variable and r.interval_s == interval_s
        ],
        np.float64,
    )
