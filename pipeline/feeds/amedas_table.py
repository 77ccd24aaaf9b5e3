"""The station table of Japan's AMeDAS (``bosai/amedas/const/amedastable.json``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.errors import DecodeError
from pipeline.feeds.json_document import Json, document, part, text
from pipeline.feeds.sensors import value
from pipeline.feeds.table import FieldFault
from pipeline.observation import RawPayload

MINUTES = 60.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a station stands: degrees (JGD2011, taken as WGS 84) and metres above the sea."""

    lon: float
    lat: float
    elevation_m: float | None


def places(payload: RawPayload) -> Mapping[str, Place]:
    """Return the place of every station by its code; positions are written [degrees, minutes].

    A station whose position cannot be read has no place here.

    Raises
    ------
    DecodeError
        Not a map of stations, or not JSON within bounds.
    """
    found = document(payload)
    if not isinstance(found, dict):
        raise DecodeError(f"{payload.source_url}: no map of stations, each named once")
    read = ((code, _place(station)) for code, station in found.items())
    return {code: place for code, place in read if place is not None}


def _place(written: Json) -> Place | None:
    try:
        lon, lat = _degrees(written, "lon", 180), _degrees(written, "lat", 90)
        return Place(lon, lat, value(part(written, "alt"), "alt", None))
    except FieldFault:
        return None


def _degrees(written: Json, name: str, most: int) -> float:
    whole = value(text(written, name, 0), name, None)
    minutes = value(text(written, name, 1), name, None)
    if whole is None or minutes is None or abs(whole) > most or not 0 <= minutes < MINUTES:
        raise FieldFault(name, "not degrees and minutes")
    return whole + minutes / MINUTES
