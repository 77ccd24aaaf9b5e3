"""Protocol ``jma_amedas``: one map of all stations of Japan's AMeDAS, ten minutes apart.

``bosai/amedas/data/map/YYYYMMDDhhmmss.json``: the time is in the address alone, in Japan time.
"""

from __future__ import annotations

from typing import Final

from pipeline.errors import DecodeError
from pipeline.feeds import unit
from pipeline.feeds.json_document import Json, document, part
from pipeline.feeds.protocol import Problems, Protocol
from pipeline.feeds.sensors import reading, station_of, value
from pipeline.feeds.stamp import of_address
from pipeline.feeds.table import FieldFault
from pipeline.feeds.tally import Tally
from pipeline.feeds.window import Window
from pipeline.observation import Decoded, QcFlag, RawPayload
from pipeline.site.model import FeedSpec
from pipeline.units import Variable

MINUTES: Final = {
    "precipitation10m": 10,
    "precipitation1h": 60,
    "precipitation3h": 180,
    "precipitation24h": 1440,
}
QUALITY: Final = {"0": QcFlag.GOOD, "1": QcFlag.UNKNOWN, "5": QcFlag.MISSING, "6": QcFlag.MISSING}
"""What the second of each pair says: 0 normal, 1 quasi-normal (some parts lack, within what is
allowed), 4 parts lack beyond that, so that a sum is a lower bound, 5 missing, 6 not observed. A
value without quality ([0, null]) is of something that is not observed there. Whatever else is
SUSPECT. The maps have no published description: the meanings are those of JMA's marks on values
(normal, ``)``, ``]``, ``///``), matched on maps.
"""


def decode(payload: RawPayload, spec: FeedSpec, window: Window | None = None) -> Decoded:
    """Decode one element of every station that has it.

    Raises
    ------
    DecodeError
        Not a map of stations, or not JSON within bounds, or its address has no stamp.
    """
    minutes = MINUTES.get(spec.parameter or "")
    if minutes is None or spec.variable is not Variable.RAIN:
        raise DecodeError(f"feed {spec.feed_id}: no such element of rain", field="parameter")
    unit.agreed(spec.variable, "mm", spec.unit)
    at = of_address(payload.source_url, spec)
    if window is not None and at not in window:
        return Decoded()
    found = document(payload, spec.max_bytes)
    if not isinstance(found, dict):
        raise DecodeError(f"{payload.source_url}: no map of stations, each named once")
    tally = Tally(payload.source_url)
    for row, (code, elements) in enumerate(found.items(), 1):
        station = station_of(spec, code, code)
        try:
            pair = _pair(elements, spec.parameter or "")
            if pair is not None:
                amount, flag = pair
                rain = None if amount is None else amount * spec.scale
                tally.keep(reading(spec, station, at, rain, interval_s=60 * minutes, flag=flag))
        except FieldFault as fault:
            tally.refuse(str(fault), row, fault.field, station)
    return Decoded(readings=tuple(tally.readings), faults=tally.faults())


def _pair(elements: Json, name: str) -> tuple[float | None, QcFlag] | None:
    """Return value and flag of an element; None where the station has it not."""
    if not isinstance(elements, dict):
        raise FieldFault(name, "not one station's elements")
    pair = part(elements, name)
    if pair is None:
        return None
    if not isinstance(pair, list) or len(pair) != 2:  # noqa: PLR2004 - a pair
        raise FieldFault(name, "not a pair of value and quality")
    amount, quality = value(pair[0], name, None), pair[1]
    flag = QcFlag.MISSING if quality is None else QUALITY.get(str(quality), QcFlag.SUSPECT)
    return (None, flag) if flag is QcFlag.MISSING else (amount, flag)


def problems(spec: FeedSpec) -> Problems:
    """Yield what a jma_amedas feed's declaration lacks or contradicts."""
    minutes = MINUTES.get(spec.parameter or "")
    if spec.variable is not Variable.RAIN:
        yield "variable", "the protocol reads rain"
    if minutes is None:
        yield "parameter", f"state one of {', '.join(MINUTES)}"
    if spec.pattern is None:
        yield "pattern", "a map's time is in its address, so a pattern must be stated"
    if minutes is not None and spec.interval_min > minutes:
        yield "interval_min", f"{minutes} minutes at most, or rain falls between two maps"
    if spec.stamp == "start":
        yield "stamp", "a map is named by the end of its intervals"
    if spec.zone == "UTC":
        yield "zone", "maps are named in Japan time: state Asia/Tokyo"
    if spec.unit not in (None, "mm"):
        yield "unit", "the protocol's rain is in mm"


PROTOCOL: Final = Protocol(decode, problems, states_unit=True)
