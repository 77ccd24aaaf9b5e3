"""How much of what is wrong a check finds, and how much of what is right it takes for wrong."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.observation import QcFlag
from pipeline.quality.injected_faults import Injected, injected
from pipeline.quality.station_block import StationBlock

Flags = npt.NDArray[np.uint8]
Truths = npt.NDArray[np.bool_]
Judge = Callable[[StationBlock], Mapping[str, Flags]]
"""Flags [time, station] of each check, one or more, by its name."""

DAY_US: Final = 86_400_000_000
WINDOW_US: Final = 30 * DAY_US
"""What is judged at once: about what a cycle reads."""
LEAST_STEPS: Final = 12
PEAK: Final = 0.999
"""The readings at and above this share of a station's are its peaks."""
ANY: Final = "any check"
GRAVEST: Final = np.array(
    [QcFlag.MISSING, QcFlag.UNKNOWN, QcFlag.GOOD, QcFlag.SUSPECT, QcFlag.FAIL], np.uint8
)
"""From what says least to what says most."""
ORDER: Final = np.zeros(max(QcFlag) + 1, np.intp)
ORDER[GRAVEST] = np.arange(len(GRAVEST))


@dataclass(frozen=True, slots=True)
class Detection:
    """What a check found of a fault.

    Attributes
    ----------
    injected : faults put in
    judged : those of which the check could judge a reading at all
    detected : those of which a reading was flagged that was not flagged before
    spoiled, flagged : the readings of those faults, and how many of them
    """

    fault: str
    check: str
    injected: int
    judged: int
    detected: int
    spoiled: int
    flagged: int


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """What a check found where nothing was put in.

    Attributes
    ----------
    readings, suspect, fail : with a value, and how many of them were flagged so
    peaks, peaks_suspect, peaks_fail : the same of the highest thousandth of each station
    """

    check: str
    readings: int
    suspect: int
    fail: int
    peaks: int
    peaks_suspect: int
    peaks_fail: int


def detections(
    block: StationBlock, judge: Judge, fault: str, *, draws: int, seed: int
) -> tuple[Detection, ...]:
    """Return what each check found of a fault that was put in `draws` times, and what any did.

    Every draw takes one station and the day of one of its readings; half of them a reading of its
    highest twentieth. A draw in which the fault changes nothing is not counted.
    """
    rng = np.random.default_rng([seed, zlib.crc32(fault.encode())])
    counts: dict[str, list[tuple[bool, int]]] = {}
    spoiled: list[int] = []
    for whole, station, span in _draws(block, draws, rng):
        found = injected(fault, whole, station, span, rng)
        if not found.spoiled.any():
            continue
        spoiled.append(int(found.spoiled.sum()))
        for check, seen in _seen(judge, whole, found).items():
            counts.setdefault(check, []).append(seen)
    return tuple(
        Detection(
            fault=fault,
            check=check,
            injected=len(spoiled),
            judged=sum(judged for judged, _ in each),
            detected=sum(new > 0 for _, new in each),
            spoiled=sum(spoiled),
            flagged=sum(new for _, new in each),
        )
        for check, each in counts.items()
    )


def false_alarms(block: StationBlock, judge: Judge) -> tuple[FalseAlarm, ...]:
    """Return what each check, and any of them, flags in a block as it is."""
    read = ~np.isnan(block.values)
    high = np.array([_quantile(column, PEAK) for column in block.values.T])
    peak = read & (block.values >= high) & (block.values > 0)
    return tuple(_false_alarm(check, flags, read, peak) for check, flags in _all(judge(block)))


def _false_alarm(check: str, flags: Flags, read: Truths, peak: Truths) -> FalseAlarm:
    suspect, fail = flags == QcFlag.SUSPECT, flags == QcFlag.FAIL
    each = (read, read & suspect, read & fail, peak, peak & suspect, peak & fail)
    return FalseAlarm(check, *(int(truths.sum()) for truths in each))


def _seen(judge: Judge, whole: StationBlock, found: Injected) -> dict[str, tuple[bool, int]]:
    """Return whether each check could judge, and how many spoiled readings it flags anew."""
    before, after = judge(whole), judge(found.block)
    judged = {check: found.spoiled & (flags != QcFlag.UNKNOWN) for check, flags in after.items()}
    new = {
        check: found.spoiled & _is_flagged(flags) & ~_is_flagged(before[check])
        for check, flags in after.items()
    }
    for each in (judged, new):
        each[ANY] = np.logical_or.reduce([*each.values()])
    return {check: (bool(judged[check].any()), int(new[check].sum())) for check in new}


def _all(flags: Mapping[str, Flags]) -> Iterator[tuple[str, Flags]]:
    """Yield the flags of each check, then the gravest of all."""
    yield from flags.items()
    yield ANY, GRAVEST[np.max([ORDER[each] for each in flags.values()], axis=0)]


def _is_flagged(flags: Flags) -> Truths:
    return np.isin(flags, (QcFlag.SUSPECT, QcFlag.FAIL))


def _draws(
    block: StationBlock, draws: int, rng: np.random.Generator
) -> Iterator[tuple[StationBlock, int, slice]]:
    """Yield a window of the block, a station, and the rows of a day of it."""
    candidates = [np.flatnonzero(~np.isnan(column)) for column in block.values.T]
    stations = [station for station, rows in enumerate(candidates) if len(rows) > LEAST_STEPS]
    for draw in range(draws if stations else 0):
        station = stations[int(rng.integers(len(stations)))]
        rows, column = candidates[station], block.values[:, station]
        if draw % 2:
            rows = rows[column[rows] >= _quantile(column, 0.95)]
        first, end = _around(block, int(rng.choice(rows)), rng)
        start = np.searchsorted(block.times, block.times[first] - WINDOW_US // 2)
        stop = np.searchsorted(block.times, block.times[first] + WINDOW_US // 2)
        yield _rows(block, slice(start, stop)), station, slice(first - start, end - start)


def _around(block: StationBlock, row: int, rng: np.random.Generator) -> tuple[int, int]:
    """Return the first and the end row of a day, or of some steps, that holds a row."""
    day = int(rng.integers(DAY_US))
    first = int(np.searchsorted(block.times, block.times[row] - day))
    end = int(np.searchsorted(block.times, block.times[first] + DAY_US))
    return first, max(end, min(first + LEAST_STEPS, len(block.times)))


def _rows(block: StationBlock, rows: slice) -> StationBlock:
    return replace(
        block,
        times=block.times[rows],
        values=block.values[rows],
        latency_min=block.latency_min[rows],
        grid=None if block.grid is None else block.grid[rows],
    )


def _quantile(column: npt.NDArray[np.float64], share: float) -> float:
    read = column[~np.isnan(column)]
    return float(np.quantile(read, share)) if len(read) else np.inf
