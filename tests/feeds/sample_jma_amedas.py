"""A payload of protocol ``jma_amedas``: a map of four stations."""

import json
from collections.abc import Sequence
from typing import Any

from pipeline.site.model import FeedSpec
from tests.feeds.sample import Sample

URL = "https://weather.example.org/amedas/data/map/20240715170000.json"


def jma_spec(**changes: Any) -> FeedSpec:
    """Declare a feed of ten minutes' rain."""
    declared: dict[str, Any] = {
        "feed_id": "jma", "protocol": "jma_amedas", "variable": "rain_mm",
        "where": "https://weather.example.org/amedas/data/map", "pattern": "%Y%m%d%H%M%S.json",
        "zone": "Asia/Tokyo", "parameter": "precipitation10m", "interval_min": 10,
        "cadence_min": 10,
    }  # fmt: skip
    return FeedSpec.model_validate(declared | changes)


def station(code: str, *pair: Any) -> dict[str, Any]:
    """Return one member of a map: a station with one pair for each of its rain elements."""
    return {code: {"temp": [-0.7, 0], "precipitation10m": list(pair), "snow1h": [0, None]}}


def of_stations(rows: Sequence[Any]) -> bytes:
    """Return a map of these members; what is no member stands as one under a name of its own."""
    members: dict[str, Any] = {}
    for index, row in enumerate(rows):
        members |= row if isinstance(row, dict) else {f"junk {index}": row}
    return json.dumps(members).encode()


ROWS = (
    station("11001", 0, 0),
    station("11016", 0.5, 0),
    station("11046", None, 5),
    {"11061": {"temp": [1.5, 0]}},
)
SAMPLES = (Sample("jma_amedas", jma_spec(), URL, of_stations(ROWS), ROWS, of_stations),)
