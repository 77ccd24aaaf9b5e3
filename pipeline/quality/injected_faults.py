"""Faults put into a series on purpose, so that a check's detection can be measured.

Each is a pure function of values, of the span that it may spoil and of a seeded generator. What
gauges do wrong: Sieck, Burges and Steiner (2007, Water Resour. Res. 43, W01412) for rain; the error
classes of GSDR-QC (Lewis et al. 2021, Environ. Model. Softw. 144, 105169); clocks, counters and
sentinels are of telemetry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.quality.station_block import StationBlock

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
Change = Callable[[Floats, slice, np.random.Generator], None]
"""Spoils values [n] of one station in place, within a span."""

SENTINELS: Final = (-99.9, 999.9, 6553.5)
CLOCK_SKEW: Final = "clock skew"
GAP: Final = "gap"


@dataclass(frozen=True, slots=True, eq=False)
class Injected:
    """A block with a fault in one column.

    Attributes
    ----------
    spoiled : dims (time, station), the readings that are wrong: a zero times ten is not
    """

    block: StationBlock
    spoiled: Truths


def injected(
    fault: str, block: StationBlock, station: int, span: slice, rng: np.random.Generator
) -> Injected:
    """Return the block with one of `faults` in the rows `span` of one station."""
    if fault == CLOCK_SKEW:
        return _fast_clock(block, station, span, rng)
    values = block.values.copy()
    if fault == GAP:
        values[span, station] = np.nan
        spoiled = _first_after(values, station, span)
    else:
        {**OF_SUMS, **OF_LEVELS}[fault](values[:, station], span, rng)
        spoiled = ~np.isnan(values) & (values != block.values)
    return Injected(replace(block, values=values), spoiled)


def faults(*, of_sums: bool) -> tuple[str, ...]:
    """Return the names of the faults of sums (rain), or of levels and flows."""
    return (*(OF_SUMS if of_sums else OF_LEVELS), GAP, CLOCK_SKEW)


def _fast_clock(
    block: StationBlock, station: int, span: slice, rng: np.random.Generator
) -> Injected:
    """Stamp what was measured up to six hours, or half the span, too late."""
    values, latency_min = block.values.copy(), block.latency_min.copy()
    length = span.stop - span.start
    most = max(1, min(length // 2, 6 * 3600 // _step_s(block)))
    late = int(rng.integers(1, most + 1))
    values[span.start + late : span.stop, station] = block.values[
        span.start : span.stop - late, station
    ]
    values[span.start : span.start + late, station] = np.nan
    latency_min[span, station] -= late * _step_s(block) / 60.0
    spoiled = np.zeros(values.shape, np.bool_)
    spoiled[span, station] = ~np.isnan(values[span, station])
    return Injected(replace(block, values=values, latency_min=latency_min), spoiled)


def _first_after(values: Floats, station: int, span: slice) -> Truths:
    """Tell which reading ends a gap: it is right, and it is the one that a check can mark."""
    spoiled = np.zeros(values.shape, np.bool_)
    later = np.flatnonzero(~np.isnan(values[span.stop :, station]))[:1]
    spoiled[span.stop + later, station] = True
    return spoiled


def _step_s(block: StationBlock) -> int:
    return block.interval_s or int(np.median(np.diff(block.times)) // 1_000_000)


def _stuck(values: Floats, span: slice, rng: np.random.Generator) -> None:
    """Repeat the reading that some reading of the span's first half had."""
    first = span.start + int(rng.integers(0, max(1, (span.stop - span.start) // 2)))
    values[first : span.stop] = values[first]


def _spike(values: Floats, span: slice, rng: np.random.Generator) -> None:
    """Lift one reading by one to three times the range of the series."""
    at = int(rng.integers(span.start, span.stop))
    values[at] += rng.uniform(1.0, 3.0) * (np.nanmax(values) - np.nanmin(values))


def _lone_burst(values: Floats, span: slice, rng: np.random.Generator) -> None:
    """Put one to five times the greatest step, and at least 20 mm, into one dry step."""
    dry = span.start + np.flatnonzero(values[span] == 0)
    if len(dry):
        values[rng.choice(dry)] = max(20.0, rng.uniform(1.0, 5.0) * np.nanmax(values))


def _faulty_zero(values: Floats, span: slice, _rng: np.random.Generator) -> None:
    values[span] = np.where(np.isnan(values[span]), np.nan, 0.0)


def _drift(values: Floats, span: slice, rng: np.random.Generator) -> None:
    """Grow, in a straight line over the span, to 1.5 to 3 times the truth."""
    values[span] *= np.linspace(1.0, rng.uniform(1.5, 3.0), span.stop - span.start)


def _counter_reset(values: Floats, span: slice, rng: np.random.Generator) -> None:
    """Take the day's sum from one step, as differences of a counter do when it starts at zero."""
    at = int(rng.integers(span.start, span.stop))
    values[at] -= 1.0 + np.nansum(values[span])


def _sentinel(values: Floats, span: slice, rng: np.random.Generator) -> None:
    """Write a logger's constant in place of four readings."""
    values[rng.integers(span.start, span.stop, 4)] = rng.choice(SENTINELS)


def _interpolated(values: Floats, span: slice, rng: np.random.Generator) -> None:
    """Join two readings, four to ten steps apart, by a straight line."""
    first = int(rng.integers(span.start, max(span.start + 1, span.stop - 10)))
    last = min(first + int(rng.integers(4, 11)), span.stop - 1)
    line = np.linspace(values[first], values[last], last - first + 1)
    values[first + 1 : last] = np.round(line, 3)[1:-1]


def _duplicated_day(values: Floats, span: slice, _rng: np.random.Generator) -> None:
    """Repeat what the span before this one said, where there is one."""
    length = span.stop - span.start
    if span.start >= length:
        values[span] = values[span.start - length : span.start].copy()


def _times(factor: float) -> Change:
    def change(values: Floats, span: slice, _rng: np.random.Generator) -> None:
        values[span] *= factor

    return change


OF_SUMS: Final[Mapping[str, Change]] = MappingProxyType(
    {
        "stuck value": _stuck,
        "lone burst": _lone_burst,
        "faulty zero": _faulty_zero,
        "drift": _drift,
        "unit x10": _times(10.0),
        "unit x25.4": _times(25.4),
        "unit x1000": _times(1000.0),
        "unit /10": _times(0.1),
        "counter reset": _counter_reset,
        "sentinel": _sentinel,
        "interpolated run": _interpolated,
        "duplicated day": _duplicated_day,
    }
)
OF_LEVELS: Final[Mapping[str, Change]] = MappingProxyType(
    {
        "stuck value": _stuck,
        "spike": _spike,
        "drift": _drift,
        "unit x3.28": _times(3.28084),
        "unit x100": _times(100.0),
        "unit x1000": _times(1000.0),
        "sentinel": _sentinel,
        "interpolated run": _interpolated,
        "duplicated day": _duplicated_day,
    }
)
