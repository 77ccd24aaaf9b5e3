"""Layout ``series``: one station, a start stamp on the first line, then one value a line."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from pipeline.errors import DecodeError
from pipeline.feeds import stamp, unit
from pipeline.feeds.number import number
from pipeline.feeds.window import Window
from pipeline.observation import Decoded, Fault, QcFlag, Reading
from pipeline.quality.interpolated import known_from, resolution
from pipeline.site.model import FeedSpec

FIRST_VALUE_LINE = 2


def decode_series(text: str, where: str, spec: FeedSpec, window: Window | None) -> Decoded:
    """Decode one station's series; an interpolated run looks at the whole of it.

    Raises
    ------
    DecodeError
        No start stamp, or the feed declares no station.
    """
    first, *lines = text.splitlines() or [""]
    start = _start(first, where, spec)
    numbers, faults = _numbers(lines, where, spec)
    step = timedelta(minutes=spec.interval_min)
    low, high = _span(start, step, len(numbers), window)
    if spec.interpolated == "known_at_end":
        sources = known_from(numbers, resolution(numbers))
    else:
        sources = np.arange(len(numbers))
    scale = spec.scale * unit.factor(spec.variable, spec.unit)
    faulty = {fault.row for fault in faults}
    readings = tuple(
        _reading(spec, start + index * step, float(numbers[index] * scale), known)
        for index in range(low, high)
        if index + FIRST_VALUE_LINE not in faulty
        for known in [None if sources[index] == index else start + int(sources[index]) * step]
    )
    kept = tuple(f for f in faults if f.row and low <= f.row - FIRST_VALUE_LINE < high)
    return Decoded(readings=readings, faults=kept)


def _start(first: str, where: str, spec: FeedSpec) -> datetime:
    if spec.station_id is None:
        raise DecodeError(f"feed {spec.feed_id} declares no station", field="station_id")
    try:
        return stamp.interval_end(stamp.instant(first, spec.zone), spec)
    except ValueError:
        raise DecodeError(f"{where}: the first line is no start stamp", row=1) from None


def _numbers(
    lines: list[str], where: str, spec: FeedSpec
) -> tuple[npt.NDArray[np.float64], list[Fault]]:
    """Return the numbers as written (NaN = missing or faulty) and the faults."""
    try:
        numbers = np.array(lines, dtype=np.float64)
    except ValueError:
        numbers = np.full(len(lines), np.inf)
    if spec.nodata is not None:
        numbers[numbers == spec.nodata] = np.nan
    faults: list[Fault] = []
    for index in np.flatnonzero(np.isinf(numbers) | np.isnan(numbers)).tolist():
        try:
            value = number(lines[index], spec.nodata)
            numbers[index] = np.nan if value is None else value
        except ValueError as error:
            numbers[index] = np.nan
            faults.append(Fault(where, str(error), index + FIRST_VALUE_LINE, "value"))
    return numbers, faults


def _span(start: datetime, step: timedelta, length: int, window: Window | None) -> tuple[int, int]:
    """Return the first and the last index (excluded) whose times are asked for."""
    if window is None:
        return 0, length
    low = max(0, -((start - window.start) // step))
    return low, min(length, (window.end - start) // step + 1)


def _reading(spec: FeedSpec, at: datetime, value: float, known: datetime | None) -> Reading:
    return Reading(
        station_id=spec.station_id or "",
        variable=spec.variable,
        interval_s=spec.interval_min * 60 if spec.variable.is_sum else 0,
        valid_time=at,
        value=None if np.isnan(value) else value,
        flag=QcFlag.MISSING if np.isnan(value) else QcFlag.UNKNOWN,
        known_at=None if known is None else known + timedelta(minutes=spec.latency_min),
    )
