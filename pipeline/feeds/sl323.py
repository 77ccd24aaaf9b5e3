"""Protocol ``sl323``: China's real-time tables of rain, rivers and reservoirs, asked over SQL.

Source: SL 323-2011 (tables ST_PPTN_R, ST_RIVER_R, ST_RSVR_R). Loaders leave out rain below 0.1 mm,
so no row is a dry station or a dead one: that it lives is told by its other readings
(`Station.reports = "events"`). The day's rain (DYP, 08:00 to 08:00) is not asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.errors import DecodeError
from pipeline.feeds import sensors, unit
from pipeline.feeds.json_document import Json, document, part
from pipeline.feeds.protocol import Problems, Protocol, Query
from pipeline.feeds.table import DAY_MIN, FieldFault
from pipeline.feeds.tally import Tally
from pipeline.feeds.window import Window
from pipeline.observation import Decoded, RawPayload, Reading
from pipeline.site.model import FeedSpec
from pipeline.units import Variable

HOUR_MIN: Final = 60
EXACT_MIN: Final = 1e-6
ROUNDED_MIN: Final = 0.31
"""How far a whole minute lies at most from the hours that two decimals tell of it (0.08 h)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One measured column: in which table, of what, and in which unit the standard writes it."""

    table: str
    variable: Variable
    unit: str


COLUMNS: Final = {
    "DRP": Column("ST_PPTN_R", Variable.RAIN, "mm"),
    "Z": Column("ST_RIVER_R", Variable.STAGE, "m"),
    "Q": Column("ST_RIVER_R", Variable.DISCHARGE, "m3/s"),
    "RZ": Column("ST_RSVR_R", Variable.STAGE, "m"),
    "W": Column("ST_RSVR_R", Variable.STORAGE, "1e6 m3"),
    "INQ": Column("ST_RSVR_R", Variable.DISCHARGE, "m3/s"),
    "OTQ": Column("ST_RSVR_R", Variable.DISCHARGE, "m3/s"),
}
"""By the standard's name; of one variable the first is read, unless `parameter` names another."""


def queries(spec: FeedSpec, window: Window) -> list[Query]:
    """Return the one table to be asked for, its times in the feed's zone, as tables keep them."""
    if _problem(spec) is not None:
        return []
    start, zone = window.start, ZoneInfo(spec.zone)
    if spec.stamp == "start":
        start -= timedelta(minutes=spec.interval_min)
    return [
        Query(
            name(spec, COLUMNS[_parameter(spec)].table),
            tuple(name(spec, column) for column in _asked(spec)),
            time_column=name(spec, "TM"),
            start=start.astimezone(zone).replace(tzinfo=None),
            end=window.end.astimezone(zone).replace(tzinfo=None),
        )
    ]


def decode(payload: RawPayload, spec: FeedSpec, window: Window | None = None) -> Decoded:
    """Decode the rows of one table; a row that cannot be read is a fault and the others are used.

    A row counts from 1, in the order in which the database gave them.

    Raises
    ------
    DecodeError
        Not an answer for the table and columns that the feed asks for.
    """
    problem = _problem(spec)
    if problem is not None:
        raise DecodeError(problem, field="parameter")
    tally = Tally(payload.source_url, window)
    for number, cells in enumerate(answered(payload, spec, _asked(spec)), 1):
        try:
            tally.keep(_reading(cells, spec))
        except FieldFault as fault:
            tally.refuse(str(fault), number, fault.field)
    return Decoded(readings=tuple(tally.readings), faults=tally.faults())


def name(spec: FeedSpec, standard: str) -> str:
    """Return the database's own name of one of the standard's tables or columns."""
    return spec.columns.get(standard, standard)


def answered(payload: RawPayload, spec: FeedSpec, asked: tuple[str, ...]) -> list[dict[str, Json]]:
    """Return the rows of an answer by the standard's column names; one of another length is empty.

    Raises
    ------
    DecodeError
        Not an answer for these columns.
    """
    found = document(payload, spec.max_bytes)
    columns, rows = part(found, "columns"), part(found, "rows")
    if columns != [name(spec, column) for column in asked] or not isinstance(rows, list):
        raise DecodeError(f"{payload.source_url}: not the columns that are asked for")
    return [
        dict(zip(asked, row, strict=True))
        if isinstance(row, list) and len(row) == len(asked)
        else {}
        for row in rows
    ]


def station_code(cells: dict[str, Json]) -> str:
    """Return a row's STCD, which CHAR(8) pads with blanks.

    Raises
    ------
    FieldFault
        There is none.
    """
    code = cells.get("STCD")
    if not isinstance(code, str) or not code.strip():
        raise FieldFault("STCD", "no station code")
    return code.strip()


def _reading(cells: dict[str, Json], spec: FeedSpec) -> Reading:
    column = _parameter(spec)
    code, written = station_code(cells), cells.get("TM")
    if not isinstance(written, str):
        raise FieldFault("TM", "no time")
    interval_min = _interval(cells, spec) if spec.variable.is_sum else 0
    found = sensors.value(cells.get(column), column, spec.nodata)
    if found is not None:
        found *= spec.scale * unit.factor(spec.variable, COLUMNS[column].unit)
    return sensors.reading(
        spec,
        spec.station_map.get(code, code),
        sensors.instant(written, "TM", spec),
        found,
        interval_s=interval_min * 60,
    )


def _interval(cells: dict[str, Json], spec: FeedSpec) -> int:
    """Return the minutes of INTV, which the standard writes as hours and minutes: 0.05 is five."""
    found = sensors.value(cells.get("INTV"), "INTV", None)
    if found is None:
        return spec.interval_min
    if not 0 < found <= DAY_MIN:
        raise FieldFault("INTV", "not the length of up to a day")
    minutes, most = _minutes(found, spec)
    if abs(minutes - round(minutes)) > most or not 0 < round(minutes) <= DAY_MIN:
        raise FieldFault("INTV", "not whole minutes of up to a day; state interval_code")
    return round(minutes)


def _minutes(found: float, spec: FeedSpec) -> tuple[float, float]:
    """Return minutes, and how far they may be from whole ones as they are written."""
    match spec.interval_code:
        case "minutes":
            return found, EXACT_MIN
        case "hours":
            return found * HOUR_MIN, ROUNDED_MIN
        case "hmm":
            hours = math.floor(found)
            over = (found - hours) * 100
            if round(over) >= HOUR_MIN:
                raise FieldFault("INTV", "60 minutes or more after the point; state interval_code")
            return hours * HOUR_MIN + over, EXACT_MIN


def _parameter(spec: FeedSpec) -> str:
    own = (column for column, each in COLUMNS.items() if each.variable is spec.variable)
    return next(own, "") if spec.parameter is None else spec.parameter


def _asked(spec: FeedSpec) -> tuple[str, ...]:
    column = _parameter(spec)
    return ("STCD", "TM", column, "INTV") if column == "DRP" else ("STCD", "TM", column)


def _problem(spec: FeedSpec) -> str | None:
    column = COLUMNS.get(_parameter(spec))
    if column is None or column.variable is not spec.variable:
        return f"no column of {spec.variable}; known are {', '.join(COLUMNS)}"
    return None


def problems(spec: FeedSpec) -> Problems:
    """Yield what an sl323 feed's declaration contradicts."""
    problem = _problem(spec)
    if problem is not None:
        yield "parameter", problem
    elif spec.unit not in {None, COLUMNS[_parameter(spec)].unit}:
        yield "unit", f"the standard writes {COLUMNS[_parameter(spec)].unit}; leave it out"
    known = {"STCD", "TM", "INTV", *COLUMNS, *(each.table for each in COLUMNS.values())}
    for column in sorted(spec.columns.keys() - known):
        yield "columns", f"{column[:40]!r} is no table or column that is asked for"


PROTOCOL: Final = Protocol(decode, problems, states_unit=True, queries=queries)
