"""How a check of a station is told: to a person line by line, to a program as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pipeline import instants

if TYPE_CHECKING:
    from pipeline.site.signature import StationSignature
    from pipeline.station_check import CaseReading, StationCheck


def answer(site: str, found: StationCheck) -> dict[str, Any]:
    """Return what a check found as JSON has it."""
    case = asdict(found.case) | {
        "station": found.case.station.model_dump(mode="json"),
        "levels": [level.model_dump(mode="json") for level in found.case.levels],
    }
    return {
        "schema": "floodwarn.station-check/1",
        "site": site,
        "at": found.at,
        "raw": [asdict(one) for one in found.raw],
        **case,
    }


def lines(found: StationCheck) -> Iterator[str]:
    """Yield what a check found, a line at a time."""
    case = found.case
    about = case.station
    yield f"{about.station_id} {about.name}, as known at {instants.text(found.at)}"
    for raw in found.raw:
        came = "never came" if raw.fetched_at is None else f"came {instants.text(raw.fetched_at)}"
        yield f"raw: feed {raw.feed_id}, payload {raw.sha256 or '-'}, {came}"
        yield from (f"  | {line}" for line in raw.lines)
    yield "readings, newest first:"
    yield from (f"  {_reading(one)}" for one in case.readings)
    yield f"probation: {_probation(found)}"
    yield from (f"  {_signature(one)}" for one in about.signatures)
    yield from (f"  lacks {word}" for word in case.lacks)
    yield "neighbours, in the hour of the newest reading:"
    for other in case.neighbours:
        climb = "" if other.climb_m is None else f", {other.climb_m:+.0f} m"
        yield f"  {other.station_id} {other.name}, {other.distance_km:.1f} km{climb}"
        yield from (f"    {_reading(one)}" for one in other.readings)
    yield "villages that rest on it:"
    for village in case.villages:
        weight = "" if village.weight is None else f", weight {village.weight:.3f}"
        travel = "" if village.travel_min is None else f", {village.travel_min} min below"
        yield f"  {village.village_id}{weight}{travel}"
    for level in case.levels:
        yield f"level {level.level.value}: {level.variable} {level.value:g} {level.unit}"


def _reading(one: CaseReading) -> str:
    value = "no value" if one.value is None else f"{one.value:g}"
    step = f" in {one.interval_s // 60} min" if one.interval_s else ""
    return (
        f"{instants.text(one.valid_time)} {one.variable} {value}{step}, {one.flag.name},"
        f" after {one.latency_s // 60} min, by {one.feed_id}"
    )


def _probation(found: StationCheck) -> str:
    if not found.case.on_probation:
        return "none"
    day = found.case.station.probation_until
    return f"to the end of {day}, and until all is signed for in station_signatures.csv"


def _signature(one: StationSignature) -> str:
    return f"{one.what.replace('_', ' ')} signed by {one.signed_by} on {one.signed_on}"
