"""Payloads of protocol ``usgs``: two series of NWIS, the values of one, a page of the OGC API."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from pipeline.site.model import FeedSpec
from tests.feeds.sample import Sample


def usgs_spec(**changes: Any) -> FeedSpec:
    """Declare a feed of stages; the payload states their unit."""
    declared: dict[str, Any] = {
        "feed_id": "usgs", "protocol": "usgs", "where": "https://water.example.org/iv",
        "variable": "stage_m", "cadence_min": 15, "interval_min": 15,
    }  # fmt: skip
    return FeedSpec.model_validate(declared | changes)


def value(minute: int, stated: Any, *qualifiers: str) -> dict[str, Any]:
    """Return one value of NWIS."""
    stamp = f"2024-07-15T03:{minute:02}:00.000-05:00"
    return {"value": stated, "qualifiers": list(qualifiers), "dateTime": stamp}


def series(
    site: str, *values: Any, code: str = "00065", unit: str = "ft", method: int = 7
) -> dict[str, Any]:
    """Return a time series of NWIS with one method."""
    return {
        "sourceInfo": {
            "siteName": "A &amp; B",
            "siteCode": [{"value": site, "network": "NWIS", "agencyCode": "USGS"}],
        },
        "variable": {
            "variableCode": [{"value": code, "network": "NWIS"}],
            "variableName": "Streamflow, ft&#179;/s",
            "unit": {"unitCode": unit},
            "options": {"option": [{"name": "Statistic", "optionCode": "00000"}]},
            "noDataValue": -999999.0,
        },
        "values": [{"value": list(values), "method": [{"methodID": method}]}],
    }


def nwis(rows: Sequence[Any]) -> bytes:
    """Return an answer of NWIS with these time series."""
    return json.dumps({"name": "ns1:timeSeries", "value": {"timeSeries": list(rows)}}).encode()


def feature(minute: int, stated: Any, **changes: Any) -> dict[str, Any]:
    """Return one feature of the collection `continuous`."""
    properties = {
        "time_series_id": "5e1f", "monitoring_location_id": "USGS-01234567",
        "parameter_code": "00065", "statistic_id": "00011", "unit_of_measure": "ft",
        "time": f"2024-07-15T08:{minute:02}:00+00:00", "value": stated,
        "approval_status": "Provisional", "qualifier": None,
    }  # fmt: skip
    return {"type": "Feature", "geometry": None, "properties": properties | changes}


def page(rows: Sequence[Any], *links: Any) -> bytes:
    """Return a page of the OGC API."""
    answer = {"type": "FeatureCollection", "features": list(rows), "links": list(links)}
    return json.dumps(answer).encode()


def _sample(
    name: str, rows: tuple[Any, ...], with_rows: Callable[[Sequence[Any]], bytes]
) -> Sample:
    return Sample(name, usgs_spec(), f"https://e.org/{name}", with_rows(rows), rows, with_rows)


SAMPLES = (
    _sample(
        "usgs-nwis",
        (
            series("01234567", value(0, "6.48", "P"), value(15, "-999999", "P", "Eqp")),
            series("01234568", value(0, "3.1", "A"), value(15, "3.2", "P", "e")),
            series("01234567", value(0, "970", "P"), code="00060", unit="ft3/s"),
        ),
        nwis,
    ),
    _sample(
        "usgs-nwis-values",
        (value(0, "6.48", "P"), value(15, "6.5", "P", "Ice"), value(30, None)),
        lambda values: nwis([series("01234567", *values)]),
    ),
    _sample(
        "usgs-ogc",
        (
            feature(0, "1.76"),
            feature(15, "1.80", qualifier=["ESTIMATED"], approval_status="Approved"),
            feature(30, None),
            feature(0, "535", parameter_code="00060", unit_of_measure="ft^3/s"),
        ),
        page,
    ),
)
