"""Protocol ``usgs``: stages, discharges and rain of the United States Geological Survey.

It reads instantaneous values of NWIS (WaterML as JSON), and the collections `continuous` and
`latest-continuous` of the Water Data OGC API. A station is its site number; one of another agency
has the agency before it (``MO005-06821190``). Its sensors are ``site:method`` and, of the OGC API,
the time series id.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.errors import DecodeError
from pipeline.feeds import unit
from pipeline.feeds.json_document import Json, document, listed, part, text
from pipeline.feeds.protocol import Problems, Protocol
from pipeline.feeds.sensors import Sensors, instant, reading, station_of, value
from pipeline.feeds.table import FieldFault
from pipeline.feeds.tally import Tally
from pipeline.feeds.window import Window
from pipeline.observation import Decoded, QcFlag, RawPayload, Reading
from pipeline.quality.verdict import worst
from pipeline.site.model import FeedSpec
from pipeline.units import Variable

PARAMETERS: Final[dict[Variable, str]] = {
    Variable.STAGE: "00065",
    Variable.DISCHARGE: "00060",
    Variable.RAIN: "00045",
}
"""Source: USGS parameter codes: gage height, discharge, precipitation."""

NODATA: Final = -999999.0
"""Of NWIS, where a payload states none."""

INSTANT: Final = frozenset({"00000", "00011"})
"""Statistic codes of instantaneous values; others are of days. Source: USGS statistic codes."""

SUM: Final = "00006"
REMARKS: Final[dict[str, QcFlag]] = {
    **dict.fromkeys(("a", "approved"), QcFlag.GOOD),
    **dict.fromkeys(("p", "provisional", "revised", "1", "2", "dry"), QcFlag.UNKNOWN),
    "x": QcFlag.FAIL,
}
"""What a qualifier says of its value. ``A`` is "approved" in what the services send, though older
tables let it stand for ice. ``X`` is erroneous, ``Dry`` zero flow, ``1`` and ``2`` protect from
writing. Every other is SUSPECT, which may raise a level and lowers none: ``e E`` estimated,
``Ice``, ``B Bkw`` backwater, ``R Rat`` rating undefined or being developed, ``Eqp`` equipment
malfunction, ``Fld`` flood damage, ``K`` calibration drift, ``F`` filtered, ``< >`` bounds, ``&``
unspecified, and those not known here. Source: USGS, Instantaneous Value Qualification Codes
(uv_rmk_cd)."""

UNIT_MARKS: Final = str.maketrans({"^": None, "\N{SUPERSCRIPT THREE}": "3"})


@dataclass(frozen=True, slots=True)
class _Series:
    """What all values of a time series have in common, as written."""

    station: str
    sensor: str
    unit: str | None
    nodata: float | None = NODATA


@dataclass(frozen=True, slots=True)
class _Value:
    """One value as written; `names` are those of its time and value in the payload."""

    time: str
    value: Json
    remarks: tuple[str, ...]
    names: tuple[str, str]


def decode(payload: RawPayload, spec: FeedSpec, window: Window | None = None) -> Decoded:
    """Decode an answer of NWIS or of the OGC API; readings of other parameters are passed over.

    Values are converted from the unit that the payload states. Rain belongs to intervals of
    `spec.interval_min`, which no payload states.

    Raises
    ------
    DecodeError
        Neither of the two, or not JSON within bounds, or with too many readings.
    """
    found = document(payload, spec.max_bytes)
    tally = Tally(payload.source_url, window)
    rows, of_row = part(found, "value", "timeSeries"), _of_nwis
    if rows is None:
        rows, of_row = part(found, "features"), _of_feature
    if not isinstance(rows, list):
        message = f"{payload.source_url}: neither NWIS time series nor a feature collection"
        raise DecodeError(message)
    sensors = Sensors(tally)
    for row, written in enumerate(rows, 1):
        try:
            for series, each in of_row(written, spec):
                _keep(series, each, spec, sensors, row)
        except FieldFault as fault:
            tally.refuse(str(fault), row, fault.field)
    return Decoded(readings=tuple(tally.readings), faults=tally.faults())


def _keep(
    series: _Series, written: _Value | FieldFault, spec: FeedSpec, sensors: Sensors, row: int
) -> None:
    station = station_of(spec, series.sensor, series.station)
    try:
        if isinstance(written, FieldFault):
            raise written
        sensors.keep(_reading(series, written, station, spec), series.sensor, row)
    except FieldFault as fault:
        sensors.tally.refuse(str(fault), row, fault.field, station)


def _reading(series: _Series, written: _Value, station: str, spec: FeedSpec) -> Reading:
    time_name, value_name = written.names
    if "T" not in written.time:
        raise FieldFault(time_name, f"a day is no instant: {written.time[:40]!r}")
    found = value(written.value, value_name, series.nodata)
    if found == spec.nodata:
        found = None
    flag = QcFlag.UNKNOWN
    for remark in written.remarks:
        flag = worst(flag, REMARKS.get(remark.strip().casefold(), QcFlag.SUSPECT))
    return reading(
        spec,
        station,
        instant(written.time, time_name, spec),
        None if found is None else found * spec.scale * _factor(series.unit, spec),
        interval_s=60 * spec.interval_min,
        flag=flag,
    )


def _factor(stated: str | None, spec: FeedSpec) -> float:
    written = None if stated is None else html.unescape(stated).translate(UNIT_MARKS)
    try:
        return unit.agreed(spec.variable, written, spec.unit)
    except DecodeError as error:
        raise FieldFault("unit", str(error)) from None


def _of_nwis(written: Json, spec: FeedSpec) -> Iterator[tuple[_Series, _Value | FieldFault]]:
    """Yield the values of every method of one NWIS time series."""
    if text(written, "variable", "variableCode", 0, "value") != _parameter(spec):
        return
    statistic = part(written, "variable", "options", "option", 0, "optionCode")
    _require_instant(statistic, spec, "variable.options")
    site = text(written, "sourceInfo", "siteCode", 0, "value")
    agency = part(written, "sourceInfo", "siteCode", 0, "agencyCode")
    station = site if agency in (None, "USGS") else f"{agency}-{site}"
    stated = part(written, "variable", "unit", "unitCode")
    nodata = value(part(written, "variable", "noDataValue"), "variable.noDataValue", None)
    for method in listed(part(written, "values")):
        if not isinstance(part(method, "value"), list):
            raise FieldFault("values", "not a list of values")
        series = _Series(
            station,
            f"{station}:{part(method, 'method', 0, 'methodID')}",
            stated if isinstance(stated, str) else None,
            NODATA if nodata is None else nodata,
        )
        for each in listed(part(method, "value")):
            yield series, _nwis_value(each)


def _nwis_value(written: Json) -> _Value | FieldFault:
    try:
        time = text(written, "dateTime")
    except FieldFault as fault:
        return fault
    remarks = _remarks(part(written, "qualifiers"))
    return _Value(time, part(written, "value"), remarks, ("dateTime", "value"))


def _of_feature(written: Json, spec: FeedSpec) -> Iterator[tuple[_Series, _Value | FieldFault]]:
    """Yield the one value of a feature of the OGC API."""
    stated = part(written, "properties")
    if text(stated, "parameter_code") != _parameter(spec):
        return
    _require_instant(part(stated, "statistic_id"), spec, "statistic_id")
    unit_name = part(stated, "unit_of_measure")
    series = _Series(
        text(stated, "monitoring_location_id").removeprefix("USGS-"),
        text(stated, "time_series_id"),
        unit_name if isinstance(unit_name, str) else None,
    )
    remarks = _remarks(part(stated, "qualifier")) + _remarks(part(stated, "approval_status"))
    time = text(stated, "time")
    yield series, _Value(time, part(stated, "value"), remarks, ("time", "value"))


def _parameter(spec: FeedSpec) -> str | None:
    return spec.parameter or PARAMETERS.get(spec.variable)


def _require_instant(statistic: Json, spec: FeedSpec, field: str) -> None:
    known = INSTANT | {SUM} if spec.variable.is_sum else INSTANT
    if statistic is not None and str(statistic) not in known:
        raise FieldFault(field, f"not of instantaneous values: {str(statistic)[:40]!r}")


def _remarks(written: Json) -> tuple[str, ...]:
    """Return the codes of a qualifier, which is a list, one text, or nothing."""
    return tuple(each for each in listed(written) if isinstance(each, str) and each.strip())


def problems(spec: FeedSpec) -> Problems:
    """Yield what a usgs feed's declaration lacks."""
    if _parameter(spec) is None:
        yield "parameter", f"state the USGS parameter code of {spec.variable}"


def links(payload: RawPayload) -> Sequence[str]:
    """Name the next page of an answer of the OGC API (OGC 17-069r4, 7.15.6: rel = next)."""
    found = listed(part(document(payload), "links"))
    pages = [part(each, "href") for each in found if part(each, "rel") == "next"]
    return [page for page in pages if isinstance(page, str)]


PROTOCOL: Final = Protocol(decode, problems, states_unit=True, links=links)
