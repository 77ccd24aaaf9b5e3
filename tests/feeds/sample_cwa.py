"""Payloads of protocol ``cwa`` in the old and the new schema."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from pipeline.feeds.cwa import ELEMENTS
from pipeline.site.model import FeedSpec
from tests.feeds.sample import Sample

DRY = "-998.00"
AT = "2024-07-15T16:10:00+08:00"


def cwa_spec(**changes: Any) -> FeedSpec:
    """Declare a feed of ten minutes' rain."""
    declared: dict[str, Any] = {
        "feed_id": "cwa", "protocol": "cwa", "where": "https://data.example.org/O-A0002-001",
        "variable": "rain_mm", "parameter": "MIN_10", "interval_min": 10, "dry": -998,
        "zone": "Asia/Taipei", "cadence_min": 10,
    }  # fmt: skip
    return FeedSpec.model_validate(declared | changes)


def old_station(code: str, stated: Any = DRY, **elements: Any) -> dict[str, Any]:
    """Return a station of the old schema; all its elements say the same but those named."""
    names = [each.old for each in ELEMENTS]
    return {
        "stationId": code, "locationName": "somewhere", "lat": "23.9", "lon": "120.8",
        "time": {"obsTime": AT},
        "weatherElement": [
            {"elementName": "ELEV", "elementValue": {"value": "837.00"}},
            *(
                {"elementName": name, "elementValue": {"value": elements.get(name, stated)}}
                for name in names
            ),
        ],
    }  # fmt: skip


def new_station(code: str, stated: Any = 0.0) -> dict[str, Any]:
    """Return a station of the new schema."""
    return {
        "StationId": code, "StationName": "somewhere", "ObsTime": {"DateTime": AT},
        "RainfallElement": {each.new: {"Precipitation": stated} for each in ELEMENTS},
    }  # fmt: skip


def old(stations: Sequence[Any]) -> bytes:
    """Return a file of the old schema."""
    return json.dumps({"cwbopendata": {"sent": AT, "location": list(stations)}}).encode()


def new(stations: Sequence[Any]) -> bytes:
    """Return an answer of the new schema."""
    return json.dumps({"success": "true", "records": {"Station": list(stations)}}).encode()


def _sample(
    name: str, rows: tuple[Any, ...], with_rows: Callable[[Sequence[Any]], bytes]
) -> Sample:
    return Sample(name, cwa_spec(), f"{name}.json", with_rows(rows), rows, with_rows)


SAMPLES = (
    _sample(
        "cwa-old",
        (old_station("C1I230"), old_station("C0A9A0", "2.50"), old_station("C0X", "-999.00")),
        old,
    ),
    _sample("cwa-new", (new_station("C1I230"), new_station("C0A9A0", 2.5)), new),
)
