"""Answers of protocol ``sl323``: rows of the real-time tables as `sql` keeps them."""

import json
from collections.abc import Sequence
from typing import Any

from pipeline.site.model import FeedSpec
from tests.feeds.sample import Sample


def sl323_spec(**changes: Any) -> FeedSpec:
    """Declare a feed of the rain table."""
    declared: dict[str, Any] = {
        "feed_id": "county", "protocol": "sl323", "where": "", "variable": "rain_mm",
        "zone": "Asia/Shanghai", "cadence_min": 5, "credential": "COUNTY_DATABASE",
    }  # fmt: skip
    return FeedSpec.model_validate(declared | changes)


def answer(table: str, columns: Sequence[str], rows: Sequence[Any]) -> bytes:
    """Return what a database said of one table."""
    return json.dumps({"columns": list(columns), "rows": list(rows), "table": table}).encode()


def _sample(table: str, columns: tuple[str, ...], rows: tuple[Any, ...], **declared) -> Sample:
    def with_rows(chosen: Sequence[Any]) -> bytes:
        return answer(table, columns, chosen)

    spec = sl323_spec(**declared)
    return Sample(f"sl323-{table}", spec, f"sql:{table}", with_rows(rows), rows, with_rows)


SAMPLES = (
    _sample(
        "ST_PPTN_R",
        ("STCD", "TM", "DRP", "INTV"),
        (
            ["60403200", "2024-07-15T08:05:00", "2.5", "0.05"],
            ["604032  ", "2024-07-15T09:00:00", "12.0", "1.00"],
            ["60403202", "2024-07-15T09:00:00", None, None],
        ),
    ),
    _sample(
        "ST_RSVR_R",
        ("STCD", "TM", "W"),
        (["60403210", "2024-07-15T08:00:00", "3.628"], ["60403211", "2024-07-15T08:00:00", 12]),
        variable="storage_m3",
    ),
)
