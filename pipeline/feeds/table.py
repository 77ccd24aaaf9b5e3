"""Layouts ``long`` and ``wide``: tables with a header and a time on every row."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

import numpy as np

from pipeline.feeds import stamp, unit
from pipeline.feeds.lines import Cells, rows
from pipeline.feeds.number import number
from pipeline.feeds.tally import Tally, require_few
from pipeline.feeds.window import Window
from pipeline.observation import Decoded, QcFlag, Reading
from pipeline.quality.interpolated import known_from, resolution
from pipeline.site.model import FeedSpec
from pipeline.units import Variable

NEEDED: Final = ("station_id", "variable", "valid_time", "value")
OPTIONAL: Final = ("known_at", "flag", "interval_min")
VARIABLES: Final[frozenset[str]] = frozenset(Variable)
DAY_MIN: Final = 1440


class FieldFault(ValueError):
    """One field of one row cannot be read."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def decode_long(text: str, where: str, spec: FeedSpec, window: Window | None) -> Decoded:
    """Decode one reading a row; rows of the site's other variables belong to other feeds.

    Raises
    ------
    DecodeError
        A column that the layout needs is missing, or there are too many readings.
    """
    tally = _tally(where, spec, window)
    names = _names(spec)
    for line, cells in rows(text, spec, tuple(names[n] for n in NEEDED if names[n]), tally):
        try:
            if _is_ours(cells, names["variable"], spec):
                station = _station(cells, names, spec)
                tally.keep(_reading(cells, station, names["value"], spec, names))
        except FieldFault as fault:
            tally.refuse(str(fault), line, fault.field)
    return _decoded(tally, spec, window)


def decode_wide(text: str, where: str, spec: FeedSpec, window: Window | None) -> Decoded:
    """Decode one time a row and one station a column; unmapped columns bear station ids.

    Where feeds.toml maps columns to stations, the other columns are not read.

    Raises
    ------
    DecodeError
        The time column, or a mapped column, is missing, or there are too many readings.
    """
    tally = _tally(where, spec, window)
    names = _names(spec)
    time_column = names["valid_time"]
    of_no_station = {time_column, *(names[name] for name in OPTIONAL)}
    for line, cells in rows(text, spec, (time_column, *spec.station_map), tally):
        columns = spec.station_map or {c: c for c in cells if c not in of_no_station}
        for column, station in columns.items():
            try:
                tally.keep(_reading(cells, station, column, spec, names))
            except FieldFault as fault:
                tally.refuse(str(fault), line, fault.field)
                if fault.field != column:
                    break  # what every column of the row leans on: told once
    return _decoded(tally, spec, window)


def _names(spec: FeedSpec) -> dict[str, str]:
    """Return the feed's name of each column that we know; an empty one says that it has none."""
    ours = {name: name for name in (*NEEDED, *OPTIONAL)}
    return ours | {"valid_time": spec.time_column} | spec.columns


def _is_ours(cells: Cells, column: str, spec: FeedSpec) -> bool:
    """Tell whether a row is of the feed's variable; a table without the column is of one alone."""
    if not column:
        return True
    written = cells[column].strip()
    if spec.parameter is not None:
        return written == spec.parameter
    if written not in VARIABLES:
        raise FieldFault(column, f"unknown: {written[:40]!r}")
    return written == spec.variable


def _station(cells: Cells, names: dict[str, str], spec: FeedSpec) -> str:
    if not names["station_id"]:
        return spec.station_id or ""
    written = cells[names["station_id"]].strip()
    return spec.station_map.get(written, written)


def _reading(
    cells: Cells, station: str, column: str, spec: FeedSpec, names: dict[str, str]
) -> Reading:
    interval_s = 60 * _interval(cells, names["interval_min"], spec)
    at = _instant(cells, names["valid_time"], spec)
    if spec.stamp == "start":
        at += timedelta(seconds=interval_s)
    value = _value(cells[column], column, spec)
    flag = _flag(cells, names["flag"])
    missing = value is None or flag is QcFlag.MISSING
    return Reading(
        station_id=station,
        variable=spec.variable,
        interval_s=interval_s if spec.variable.is_sum else 0,
        valid_time=at,
        value=None if missing else value,
        flag=QcFlag.MISSING if missing else flag,
        known_at=_known_at(cells, names["known_at"], spec),
    )


def _instant(cells: Cells, field: str, spec: FeedSpec) -> datetime:
    try:
        return stamp.instant(cells[field], spec.zone)
    except ValueError:
        raise FieldFault(field, f"not a time: {cells[field][:40]!r}") from None


def _known_at(cells: Cells, field: str, spec: FeedSpec) -> datetime | None:
    return _instant(cells, field, spec) if cells.get(field, "").strip() else None


def _value(text: str, field: str, spec: FeedSpec) -> float | None:
    try:
        value = number(text, spec.nodata, spec.decimal)
    except ValueError as error:
        raise FieldFault(field, str(error)) from None
    return None if value is None else value * spec.scale * unit.factor(spec.variable, spec.unit)


def _flag(cells: Cells, field: str) -> QcFlag:
    text = cells.get(field, "").strip()
    try:
        return QcFlag(int(text)) if text else QcFlag.UNKNOWN
    except ValueError:
        raise FieldFault(field, f"not a QARTOD flag: {text[:40]!r}") from None


def _interval(cells: Cells, field: str, spec: FeedSpec) -> int:
    text = cells.get(field, "").strip()
    if not text:
        return spec.interval_min
    # isdigit alone takes "²", which int refuses, and int refuses thousands of digits.
    is_written = text.isascii() and text.isdigit() and len(text) <= len(str(DAY_MIN))
    if not is_written or not 0 < int(text) <= DAY_MIN:
        raise FieldFault(field, f"not the minutes of up to a day: {text[:40]!r}")
    return int(text)


def _tally(where: str, spec: FeedSpec, window: Window | None) -> Tally:
    """Return a tally of what is asked for; an interpolated run is seen whole."""
    return Tally(where, None if spec.interpolated == "known_at_end" else window)


def _decoded(tally: Tally, spec: FeedSpec, window: Window | None) -> Decoded:
    readings = tally.readings
    if spec.interpolated == "known_at_end":
        known = _known_at_run_ends(tally, spec)
        readings = [r for r in known if window is None or r.valid_time in window]
    return Decoded(readings=tuple(readings), faults=tally.faults())


def _known_at_run_ends(tally: Tally, spec: FeedSpec) -> list[Reading]:
    """Return the readings, those inside an interpolated run known when its last one is."""
    out: list[Reading] = []
    for _, group in groupby(sorted(tally.readings, key=_by_station), key=lambda r: r.station_id):
        rows = list(group)
        step = timedelta(minutes=spec.interval_min)
        places = [(row.valid_time - rows[0].valid_time) // step for row in rows]
        require_few(places[-1] + 1, tally.where)  # two rows may lie centuries apart
        values = np.full(places[-1] + 1, np.nan)
        values[places] = [np.nan if row.value is None else row.value for row in rows]
        written = values / (spec.scale * unit.factor(spec.variable, spec.unit))
        sources = known_from(written, resolution(written))
        for row, place in zip(rows, places, strict=True):
            end = rows[0].valid_time + int(sources[place]) * step
            known = None if sources[place] == place else end + timedelta(minutes=spec.latency_min)
            out.append(row if known is None else replace(row, known_at=known))
    return out


def _by_station(reading: Reading) -> tuple[str, datetime]:
    return reading.station_id, reading.valid_time
