"""Protocol ``uk_ea``: rain, stages and flows of the Environment Agency (flood-monitoring API).

It reads answers of ``/id/measures``, ``/id/stations`` and ``/data/readings``: whatever of them
carries a reading. A station is its `stationReference`; its sensors are measures, by their notation
(``1029TH-level-stage-i-15_min-mASD``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
from pipeline.observation import Decoded, RawPayload, Reading
from pipeline.site.model import FeedSpec
from pipeline.units import Variable

PARAMETERS: Final[dict[Variable, str]] = {
    Variable.RAIN: "rainfall",
    Variable.STAGE: "level/Stage",
    Variable.DISCHARGE: "flow",
}
"""Parameter and, where it matters, qualifier: a stage downstream of a weir is another series."""

NOTATION: Final = re.compile(
    r"(?P<station>[^/]*?)-(?P<parameter>rainfall|level|flow)-(?P<qualifier>[^/]*)"
    r"-(?P<kind>[A-Za-z_]+)-(?P<period>[^-/]+)-(?P<unit>[^/]+)"
)
"""A reading names its measure by address alone; checked against the fields of 4,326 measures."""

MOST_NOTATION: Final = 200
PERIOD: Final = re.compile(r"(\d{1,4})_(min|h)")
SECONDS: Final = {"min": 60, "h": 3600}
DAY_S: Final = 86_400
TOTALS: Final = frozenset({"total", "t"})
"""Sums over the period; an ``event`` has no length and a ``cumulative total`` never falls."""


@dataclass(frozen=True, slots=True)
class _Measure:
    """What a measure says of its readings, as written."""

    sensor: str
    station: str
    parameter: str
    qualifier: str
    kind: str
    period: Json
    unit: str | None


def decode(payload: RawPayload, spec: FeedSpec, window: Window | None = None) -> Decoded:
    """Decode every reading of the feed's parameter; a measure without a reading tells nothing.

    Stages stand against a zero that is the station's (mASD), the sea's (mAOD) or not told (m).
    `spec.unit` declares which of them is read. A measure against another is another feed's, and a
    fault if feeds.toml maps it; one in no unit of the variable is always a fault.

    Raises
    ------
    DecodeError
        Not such an answer, or not JSON within bounds, or of stages without a declared unit.
    """
    if spec.variable is Variable.STAGE and spec.unit is None:
        raise DecodeError(f"feed {spec.feed_id} declares no zero of its stages", field="unit")
    found = document(payload, spec.max_bytes)
    items = found if isinstance(found, list) else part(found, "items")
    if items is None:
        raise DecodeError(f"{payload.source_url}: neither a list nor items")
    sensors = Sensors(Tally(payload.source_url, window))
    for row, item in enumerate(listed(items), 1):
        for measure, latest in _readings(item):
            _keep(measure, latest, spec, sensors, row)
    return Decoded(readings=tuple(sensors.tally.readings), faults=sensors.tally.faults())


def _readings(item: Json) -> Iterator[tuple[Json, Json]]:
    """Yield each measure of an item with what is given as its reading."""
    if part(item, "dateTime") is not None:
        yield part(item, "measure"), item
    elif part(item, "measures") is not None:
        reference = part(item, "stationReference")
        for measure in listed(part(item, "measures")):
            if isinstance(measure, dict):
                whole = {"stationReference": reference, **measure}
                yield whole, measure.get("latestReading")
            elif not isinstance(measure, str):  # a text is a link to the measure
                yield measure, None
    else:
        yield item, part(item, "latestReading")


def _keep(written: Json, latest: Json, spec: FeedSpec, sensors: Sensors, row: int) -> None:
    station = None
    try:
        measure = _by_notation(written) if isinstance(written, str) else _by_fields(written)
        station = station_of(spec, measure.sensor, measure.station)
        if not _is_ours(measure, spec):
            return
        for each in listed(latest):
            if not isinstance(each, str):  # a text is a link to the reading
                sensors.keep(_reading(measure, each, station, spec), measure.sensor, row)
    except FieldFault as fault:
        sensors.tally.refuse(str(fault), row, fault.field, station)


def _by_fields(written: Json) -> _Measure:
    address = part(written, "notation") or part(written, "@id")
    station = part(written, "stationReference") or part(written, "station", "@id")
    stated = part(written, "unitName")
    return _Measure(
        sensor=_last(text({"notation": address}, "notation")),
        station=_last(text({"stationReference": station}, "stationReference")),
        parameter=text(written, "parameter"),
        qualifier=_plain(part(written, "qualifier")),
        kind=_plain(part(written, "valueType")),
        period=part(written, "period"),
        unit=stated if isinstance(stated, str) else None,
    )


def _by_notation(address: str) -> _Measure:
    notation = _last(address)
    found = None if len(notation) > MOST_NOTATION else NOTATION.fullmatch(notation)
    if found is None:
        raise FieldFault("measure", f"not a measure: {notation[:40]!r}")
    period = PERIOD.fullmatch(found["period"])
    return _Measure(
        sensor=notation,
        station=text(found.groupdict(), "station"),
        parameter=found["parameter"],
        qualifier=_plain(found["qualifier"]),
        kind=_plain(found["kind"]),
        period=None if period is None else str(int(period[1]) * SECONDS[period[2]]),
        unit=found["unit"].replace("_s", "/s"),
    )


def _is_ours(measure: _Measure, spec: FeedSpec) -> bool:
    """Tell whether a measure is of the feed's parameter, qualifier and zero, or should be."""
    wanted = spec.parameter or PARAMETERS.get(spec.variable, "")
    parameter, _, qualifier = wanted.partition("/")
    if measure.parameter != parameter or _plain(qualifier) not in ("", measure.qualifier):
        return False
    is_mapped = not spec.station_map.keys().isdisjoint((measure.sensor, measure.station))
    is_other_zero = measure.unit in unit.FACTORS[spec.variable] and measure.unit != spec.unit
    return is_mapped or spec.unit is None or not is_other_zero


def _reading(measure: _Measure, written: Json, station: str, spec: FeedSpec) -> Reading:
    at = instant(text(written, "dateTime"), "dateTime", spec)
    stated = part(written, "value")
    if isinstance(stated, list):
        if len(stated) != 1:
            raise FieldFault("value", f"{len(stated)} values at one time")
        stated = stated[0]
    found = value(stated, "value", spec.nodata)
    factor = spec.scale * _factor(measure, spec)
    return reading(
        spec,
        station,
        at,
        None if found is None else found * factor,
        interval_s=_interval(measure, spec),
    )


def _interval(measure: _Measure, spec: FeedSpec) -> int:
    if not spec.variable.is_sum:
        return 0
    if measure.kind not in TOTALS:
        raise FieldFault("valueType", f"no sum over an interval: {measure.kind[:40]!r}")
    found = value(measure.period, "period", None)
    if found is None or not 0 < found <= DAY_S or found != int(found):
        raise FieldFault("period", "not the seconds of up to a day")
    return int(found)


def _factor(measure: _Measure, spec: FeedSpec) -> float:
    try:
        return unit.agreed(spec.variable, measure.unit, spec.unit)
    except DecodeError as error:
        raise FieldFault("unitName", str(error)) from None


def _last(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def _plain(written: Json) -> str:
    """Return a qualifier or kind as notations write it, so that both forms compare."""
    return written.strip().replace(" ", "_").casefold() if isinstance(written, str) else ""


def problems(spec: FeedSpec) -> Problems:
    """Yield what a uk_ea feed's declaration lacks."""
    if spec.parameter is None and spec.variable not in PARAMETERS:
        yield "parameter", f"state the Environment Agency's parameter of {spec.variable}"
    if spec.variable is Variable.STAGE and spec.unit is None:
        yield "unit", "stages stand against several zeros: state mASD, mAOD or m"


PROTOCOL: Final = Protocol(decode, problems, states_unit=True)
