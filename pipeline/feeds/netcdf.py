"""NetCDF by the CF conventions: grids of one variable, at its times, by its members."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pipeline.errors import DecodeError
from pipeline.feeds import cf_unit
from pipeline.feeds.apart import apart
from pipeline.feeds.cf_axes import Axes
from pipeline.feeds.cf_file import CfFile
from pipeline.feeds.netcdf_file import variables
from pipeline.feeds.raster import agreed_scale, possible
from pipeline.feeds.stamp import interval_end
from pipeline.feeds.window import Window
from pipeline.observation import Decoded, Fault, GridReading, RawPayload
from pipeline.site.model import FeedSpec

LONGEST: Final = timedelta(days=31)


def decode(payload: RawPayload, spec: FeedSpec, window: Window | None = None) -> Decoded:
    """Decode the grids of one NetCDF file whose times are asked for.

    Of a forecast the runs count that began in the times asked for, so far ahead as feeds.toml
    says. Scale, fill values and the valid range are the file's. A sum's interval is that of the
    time bounds, and its valid time their end; without bounds both are as feeds.toml declares.

    Raises
    ------
    DecodeError
        Truncated, not CF, too large, or not what the feed declares.
    """
    where = payload.source_url
    try:
        found = apart(variables, payload.content, spec.parameter, spec.nodata)
    except DecodeError as error:
        raise DecodeError(f"{where}: truncated, or not NetCDF: {error}") from None
    return _decoded(CfFile(found, where, spec), window)


@dataclass(frozen=True, slots=True)
class _Slice:
    """One grid of the file, before its numbers are looked at."""

    place: tuple[int, ...]
    valid_time: datetime
    interval_s: int
    reference_time: datetime | None
    member: int | None


def _decoded(file: CfFile, window: Window | None) -> Decoded:
    asked = [each for each in _slices(file) if _is_asked(each, file, window)]
    if not asked:
        return Decoded()
    axes, numbers = file.axes(), file.numbers()
    faults = list(_interval_faults(asked, file))
    grids = []
    for each in asked:
        grid, fails = _grid(file, axes, numbers[each.place], each)
        grids.append(grid)
        if fails:
            at = f"{each.valid_time:%Y-%m-%dT%H:%MZ}"
            faults.append(Fault(file.where, f"{fails} cells of {at} out of gross range"))
    return Decoded(grids=tuple(grids), faults=tuple(faults))


def _is_asked(each: _Slice, file: CfFile, window: Window | None) -> bool:
    """Tell whether a slice is wanted: by its time, or by that of the run that foresaw it."""
    if window is not None and (each.reference_time or each.valid_time) not in window:
        return False
    hours = file.spec.forecast_h
    if hours is None:
        return True
    if each.reference_time is None:
        message = f"{file.where}: states no forecast_reference_time, and is declared a forecast"
        raise DecodeError(message, field="forecast_h")
    return timedelta(0) < each.valid_time - each.reference_time <= timedelta(hours=hours)


def _slices(file: CfFile) -> Iterator[_Slice]:
    """Yield every combination of the dimensions before the two of space."""
    times, ends = file.times(), file.intervals()
    references, members = file.reference_times(), file.members()
    for place in np.ndindex(*file.lead_shape):
        at = times.at(place)
        if file.spec.variable.is_sum and ends is not None:
            start, end = ends.at(place)
            valid_time, interval_s = end, round((end - start).total_seconds())
        else:
            interval_s = file.spec.interval_min * 60 if file.spec.variable.is_sum else 0
            valid_time = interval_end(at, file.spec) if interval_s else at
        if interval_s < 0 or interval_s > LONGEST.total_seconds():
            raise DecodeError(f"{file.where}: its time bounds span no interval", field="time")
        reference = None if references is None else references.at(place)
        member = None if members is None else members.at(place)
        yield _Slice(place, valid_time, interval_s, reference, member)


def _interval_faults(asked: list[_Slice], file: CfFile) -> Iterator[Fault]:
    declared = file.spec.interval_min * 60
    stated = {each.interval_s for each in asked} - {declared}
    if file.spec.variable.is_sum and "interval_min" in file.spec.model_fields_set and stated:
        minutes = ", ".join(f"{seconds / 60:g}" for seconds in sorted(stated)[:3])
        message = f"the file states {minutes} min, feeds.toml {declared // 60}; the file's is used"
        yield Fault(file.where, message, field="interval_min")


def _grid(
    file: CfFile, axes: Axes, numbers: npt.NDArray[Any], each: _Slice
) -> tuple[GridReading, int]:
    factor = cf_unit.factor(file.unit, file.spec, each.interval_s, file.where)
    scale, _ = agreed_scale(file.scale, file.spec, file.where)
    # The file's own scale is in the numbers; only what feeds.toml alone states is still to do.
    factor *= scale if file.scale == (1.0, 0.0) else 1.0
    turned = numbers[axes.rows][:, axes.columns]
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is out of range below
        cells, fails = possible(turned * factor, file.spec, each.interval_s)
    grid = GridReading(
        grid_id=file.spec.grid_id or file.spec.feed_id,
        variable=file.spec.variable,
        interval_s=each.interval_s,
        valid_time=each.valid_time,
        cells=cells,
        geometry=axes.geometry,
        reference_time=each.reference_time,
        member=each.member,
    )
    return grid, fails
