"""Layout ``series``: one station, a start stamp on the first line, then one value a line."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from itertools import islice

import numpy as np
import numpy.typing as npt

from pipeline.errors import DecodeError
from pipeline.feeds import stamp, unit
from pipeline.feeds.number import number
from pipeline.feeds.tally import MAX_READINGS, Tally, require_few
from pipeline.feeds.window import Window
from pipeline.observation import Decoded, QcFlag, Reading
from pipeline.quality.interpolated import known_from, resolution
from pipeline.site.model import FeedSpec

FIRST_VALUE_LINE = 2


def decode_series(text: str, where: str, spec: FeedSpec, window: Window | None) -> Decoded:
    """Decode one station's series; an interpolated run looks at the whole of it.

    Raises
    ------
    DecodeError
        No start stamp, too many values, or the feed declares no station.
    """
    first, *lines = _lines(text, where) or [""]
    start = _start(first, where, spec)
    step = timedelta(minutes=spec.interval_min)
    tally, asked = Tally(where), range(*_span(start, step, len(lines), window))
    numbers, faulty = _numbers(lines, spec, asked, tally)
    if spec.interpolated == "known_at_end":
        sources = known_from(numbers, resolution(numbers))
    else:
        sources = np.arange(len(numbers))
    scale = spec.scale * unit.factor(spec.variable, spec.unit)
    for index in asked:
        if not faulty[index]:
            known = None if sources[index] == index else start + int(sources[index]) * step
            at = start + index * step
            tally.keep(_reading(spec, at, float(numbers[index] * scale), known))
    return Decoded(readings=tuple(tally.readings), faults=tally.faults())


def _lines(text: str, where: str) -> list[str]:
    """Return the lines of a series, its start stamp among them, if they are not too many."""
    lines = list(islice(io.StringIO(text, newline=None), MAX_READINGS + FIRST_VALUE_LINE))
    require_few(len(lines) - 1, where)
    return lines


def _start(first: str, where: str, spec: FeedSpec) -> datetime:
    if spec.station_id is None:
        raise DecodeError(f"feed {spec.feed_id} declares no station", field="station_id")
    try:
        return stamp.interval_end(stamp.instant(first, spec.zone), spec)
    except ValueError:
        raise DecodeError(f"{where}: the first line is no start stamp", row=1) from None


def _numbers(
    lines: list[str], spec: FeedSpec, asked: range, tally: Tally
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return the numbers as written (NaN = missing or faulty), and which of them are faulty."""
    try:
        numbers = np.array(lines if spec.decimal == "." else [""], dtype=np.float64)
    except ValueError:
        numbers = np.full(len(lines), np.inf)
    if spec.nodata is not None:
        numbers[numbers == spec.nodata] = np.nan
    faulty = np.zeros(len(lines), np.bool_)
    for index in np.flatnonzero(~np.isfinite(numbers)).tolist():
        try:
            value = number(lines[index], spec.nodata, spec.decimal)
            numbers[index] = np.nan if value is None else value
        except ValueError as error:
            numbers[index], faulty[index] = np.nan, True
            if index in asked:
                tally.refuse(str(error), index + FIRST_VALUE_LINE, "value")
    return numbers, faulty


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
