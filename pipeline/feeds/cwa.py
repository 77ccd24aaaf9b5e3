"""Protocol ``cwa``: the rain gauges of Taiwan's Central Weather Administration (O-A0002-001).

Both schemas: the old one of the Central Weather Bureau (``location[].weatherElement[]``) and the
one since 2023 (``Station[].RainfallElement``), as files and as answers of the data API.
"""

from __future__ import annotations

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
from pipeline.observation import Decoded, RawPayload
from pipeline.site.model import FeedSpec
from pipeline.units import Variable


@dataclass(frozen=True, slots=True)
class Element:
    """Rain over the time before the stamp.

    Attributes
    ----------
    old, new : its name in each schema
    says_dry : whether the number for "no rain" is a statement about it
    """

    old: str
    new: str
    minutes: int
    says_dry: bool


ELEMENTS: Final = (
    Element("MIN_10", "Past10Min", 10, says_dry=True),
    Element("RAIN", "Past1hr", 60, says_dry=True),
    Element("HOUR_3", "Past3hr", 180, says_dry=True),
    Element("HOUR_6", "Past6hr", 360, says_dry=True),
    Element("HOUR_12", "Past12hr", 720, says_dry=False),
    Element("HOUR_24", "Past24hr", 1440, says_dry=False),
)
"""``NOW``, ``latest_2days`` and ``latest_3days`` count from midnight: they have no one interval.

-998 says that RAIN, MIN_10, HOUR_3 and HOUR_6 are 0.00, and any other number below zero that the
value of that time is missing. Source: Central Weather Bureau, description of data set O-A0002-001,
notes 1 and 2 on rain.
"""

NAMED: Final = {name: element for element in ELEMENTS for name in (element.old, element.new)}
STATIONS: Final[tuple[tuple[str, ...], ...]] = (
    ("cwbopendata", "location"),
    ("cwaopendata", "location"),
    ("records", "location"),
    ("records", "Station"),
    ("cwaopendata", "dataset", "Station"),
)


def decode(payload: RawPayload, spec: FeedSpec, window: Window | None = None) -> Decoded:
    """Decode one element of every station.

    No number below zero is ever rain: `spec.dry` says 0 mm of the elements that it is about, and
    everything else is missing.

    Raises
    ------
    DecodeError
        Not such a document, or not JSON within bounds, or the feed names no element.
    """
    element = NAMED.get(spec.parameter or "")
    if element is None or spec.variable is not Variable.RAIN:
        raise DecodeError(f"feed {spec.feed_id}: no such element of rain", field="parameter")
    unit.agreed(spec.variable, "mm", spec.unit)
    found = document(payload, spec.max_bytes)
    stations = next((s for path in STATIONS if (s := part(found, *path)) is not None), None)
    if not isinstance(stations, list):
        raise DecodeError(f"{payload.source_url}: names no list of stations")
    sensors = Sensors(Tally(payload.source_url, window))
    for row, station in enumerate(stations, 1):
        _keep(station, element, spec, sensors, row)
    return Decoded(readings=tuple(sensors.tally.readings), faults=sensors.tally.faults())


def _keep(written: Json, element: Element, spec: FeedSpec, sensors: Sensors, row: int) -> None:
    station = None
    try:
        is_new = part(written, "StationId") is not None
        code = text(written, "StationId" if is_new else "stationId")
        station = station_of(spec, code, code)
        time = ("ObsTime", "DateTime") if is_new else ("time", "obsTime")
        at = instant(text(written, *time), ".".join(time), spec)
        number = _new_value(written, element) if is_new else _old_value(written, element)
        found = _rain(number, element, spec)
        sensors.keep(reading(spec, station, at, found, interval_s=60 * element.minutes), code, row)
    except FieldFault as fault:
        sensors.tally.refuse(str(fault), row, fault.field, station)


def _old_value(written: Json, element: Element) -> str:
    for each in listed(part(written, "weatherElement")):
        if part(each, "elementName") == element.old:
            stated = part(each, "elementValue")
            return text(each, "elementValue", *(["value"] if isinstance(stated, dict) else []))
    raise FieldFault(element.old, "the element is missing")


def _new_value(written: Json, element: Element) -> str:
    return text(written, "RainfallElement", element.new, "Precipitation")


def _rain(written: str, element: Element, spec: FeedSpec) -> float | None:
    found = value(written, element.old, spec.nodata)
    if found is not None and found == spec.dry and element.says_dry:
        return 0.0
    if found is None or found < 0:
        return None
    return found * spec.scale


def problems(spec: FeedSpec) -> Problems:
    """Yield what a cwa feed's declaration lacks or contradicts."""
    element = NAMED.get(spec.parameter or "")
    if spec.variable is not Variable.RAIN:
        yield "variable", "the protocol reads rain"
    if element is None:
        yield "parameter", f"state one of {', '.join(each.old for each in ELEMENTS)}"
    elif spec.interval_min != element.minutes:
        yield "interval_min", f"{element.old} is of {element.minutes} minutes"
    if spec.dry is None:
        yield "dry", "state the number that stands for no rain (-998), or all dry gauges are blind"
    if spec.unit not in (None, "mm"):
        yield "unit", "the protocol's rain is in mm"


PROTOCOL: Final = Protocol(decode, problems, states_unit=True)
