"""One area of a CAP message: its names, its codes, and its rings on the map.

A circle becomes a ring around it, so that no place inside is lost. CAP writes its radius in
kilometres, the Chinese national form in metres. An open ring is closed.

Source: OASIS CAP 1.2, 3.2.4; GB/T 35965.1-2018.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final

from pipeline.feeds.tally import printable
from pipeline.feeds.xml import Element, children, line, name_of, text, whole_text

Ring = tuple[tuple[float, float], ...]
Geocodes = tuple[tuple[str, str], ...]

EARTH_KM: Final = 6371.0
MOST_RADIUS_KM: Final = 2000.0
"""Wider than any country's warning; beyond it a ring on a map is none."""

SIDES: Final = 64
FEWEST_CORNERS: Final = 3
MOST_CORNERS: Final = 20_000
"""Of a ring; the largest that was seen has 6,773. A ring is laid over the villages every cycle."""

METRES: Final = 1000.0
COMMAS: Final = re.compile(r"[,，;；]")
SHOWN_NAME: Final = 500
NATIONAL_CODE: Final = "geocode"


def places(area: Element) -> list[tuple[str, Geocodes]]:
    """Return name and codes; one for each place where the national form lists them in pairs."""
    name = _printable(text(area, "areaDesc"))
    if name_of(area)[0] is not None:
        return [(name, tuple(_codes(area)))]
    codes = [c.strip() for c in COMMAS.split(text(area, "geocode")) if c.strip()]
    names = [n.strip() for n in COMMAS.split(name) if n.strip()]
    if not codes or len(names) != len(codes):
        return [(name, tuple((NATIONAL_CODE, code) for code in codes))]
    pairs = dict.fromkeys(zip(names, codes, strict=True))
    return [(each, ((NATIONAL_CODE, code),)) for each, code in pairs]


def rings(area: Element) -> tuple[tuple[Ring, ...], list[tuple[str, str, int | None]]]:
    """Return the rings of (lon, lat), and field, fault and line of those that are none."""
    found: list[Ring] = []
    faults: list[tuple[str, str, int | None]] = []
    unit_km = 1.0 if name_of(area)[0] is not None else 1 / METRES
    for field, read in (("polygon", _polygon), ("circle", lambda t: _circle(t, unit_km))):
        for element in children(area, field):
            said = whole_text(element)
            try:
                found += [ring for ring in [read(said)] if said and ring]
            except ValueError as error:
                faults.append((field, str(error), line(element)))
    return tuple(found), faults


def _codes(area: Element) -> Iterator[tuple[str, str]]:
    for code in children(area, "geocode"):
        name, value = text(code, "valueName"), text(code, "value")
        if value:
            yield _printable(name), _printable(value)


def _polygon(said: str) -> Ring:
    if not said:
        return ()
    pairs = said.split()
    if len(pairs) > MOST_CORNERS:
        raise ValueError(f"a polygon has at most {MOST_CORNERS} corners")
    ring = tuple(map(_pair, pairs))
    if len(set(ring)) < FEWEST_CORNERS:
        raise ValueError("a polygon has at least three corners")
    return ring if ring[0] == ring[-1] else (*ring, ring[0])


def _circle(said: str, unit_km: float) -> Ring:
    """Return the ring around a circle; nothing for a point, in which no village lies."""
    if not said:
        return ()
    centre, _, radius = said.partition(" ")
    lon, lat = _pair(centre)
    km = _number(radius) * unit_km
    if not 0 <= km <= MOST_RADIUS_KM:
        raise ValueError(f"a radius of 0 to {MOST_RADIUS_KM:g} km")
    if km == 0:
        return ()
    reach = math.degrees(km / EARTH_KM) / math.cos(math.pi / SIDES)
    wide = reach / max(math.cos(math.radians(lat)), 0.01)
    turns = [2 * math.pi * i / SIDES for i in range(SIDES)]
    ring = [(lon + wide * math.cos(t), lat + reach * math.sin(t)) for t in turns]
    return (*ring, ring[0])


def _pair(said: str) -> tuple[float, float]:
    """Return (lon, lat); CAP writes the latitude first."""
    lat, _, lon = said.partition(",")
    north, east = _number(lat), _number(lon)
    if not (-90 <= north <= 90 and -180 <= east <= 180):  # noqa: PLR2004 - the ends of the earth
        raise ValueError("a latitude, then a longitude, in degrees")
    return east, north


def _number(said: str) -> float:
    try:
        value = float(said)
    except ValueError:
        raise ValueError("not a number") from None
    if not math.isfinite(value):
        raise ValueError("not a number")
    return value


def _printable(said: str) -> str:
    """Return a text as one line, fit to be stored and shown."""
    return printable(" ".join(said.split()), SHOWN_NAME)
