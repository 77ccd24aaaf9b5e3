"""Payloads of protocol ``uk_ea``: measures, stations and readings, in the API's three forms."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from pipeline.site.model import FeedSpec
from tests.feeds.sample import Sample

ROOT = "http://water.example.org/flood-monitoring"
RAIN = "rainfall-tipping_bucket_raingauge-t-15_min-mm"


def ea_spec(**changes: Any) -> FeedSpec:
    """Declare a feed of rain."""
    declared: dict[str, Any] = {
        "feed_id": "ea", "protocol": "uk_ea", "where": f"{ROOT}/id/measures",
        "variable": "rain_mm", "cadence_min": 15, "interval_min": 15,
    }  # fmt: skip
    return FeedSpec.model_validate(declared | changes)


def latest(measure: Any, stated: Any, at: str = "2024-07-15T08:15:00Z") -> dict[str, Any]:
    """Return a reading."""
    return {"@id": f"{ROOT}/data/readings/1", "dateTime": at, "measure": measure, "value": stated}


def measure(station: str, stated: Any, **changes: Any) -> dict[str, Any]:
    """Return a measure of rain with its latest reading, or without one where it is None."""
    fields: dict[str, Any] = {
        "notation": f"{station}-{RAIN}", "@id": f"{ROOT}/id/measures/{station}-{RAIN}",
        "parameter": "rainfall", "qualifier": "Tipping Bucket Raingauge", "period": 900,
        "stationReference": station, "unitName": "mm", "valueType": "total",
    }  # fmt: skip
    if stated is not None:
        fields["latestReading"] = latest(fields["@id"], stated)
    return fields | changes


def stage(station: str, stated: Any, unit: str = "mASD", **changes: Any) -> dict[str, Any]:
    """Return a measure of stage."""
    notation = f"{station}-level-stage-i-15_min-{unit}"
    fields = {
        "notation": notation, "parameter": "level", "qualifier": "Stage", "unitName": unit,
        "valueType": "instantaneous",
    }  # fmt: skip
    return measure(station, stated, **fields) | changes


def items(rows: Sequence[Any]) -> bytes:
    """Return an answer with these items."""
    return json.dumps({"@context": "meta", "meta": {}, "items": list(rows)}).encode()


def bare(rows: Sequence[Any]) -> bytes:
    """Return the items alone, as some clients keep them."""
    return json.dumps(list(rows)).encode()


def _sample(
    name: str, rows: tuple[Any, ...], with_rows: Callable[[Sequence[Any]], bytes], **spec: Any
) -> Sample:
    content = with_rows(rows)
    return Sample(name, ea_spec(**spec), f"{ROOT}/{name}", content, rows, with_rows)


SAMPLES = (
    _sample(
        "uk_ea-measures",
        (
            measure("E7050", 0.2),
            measure("44", None),
            measure("45", [1.5], period=3600),
            measure("46", 0.0, latestReading=f"{ROOT}/data/readings/2"),
        ),
        items,
    ),
    _sample(
        "uk_ea-stations",
        (
            {"stationReference": "1029TH", "lat": 51.8, "measures": [stage("1029TH", 0.14)]},
            {"stationReference": "E1", "measures": stage("E1", 0.5)},
            {"stationReference": "E2", "measures": [stage("E2", 12.5, "mAOD"), measure("E2", 1)]},
        ),
        bare,
        variable="stage_m",
        unit="mASD",
    ),
    _sample(
        "uk_ea-readings",
        (
            latest(f"{ROOT}/id/measures/E7050-{RAIN}", 0.2),
            latest(measure("44", None), 0.4, "2024-07-15T08:30:00Z"),
            latest(f"{ROOT}/id/measures/44-level-stage-i-15_min-m", 1.5),
        ),
        items,
    ),
)
