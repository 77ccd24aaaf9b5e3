"""Payloads of protocol ``csv``, one of each layout."""

from collections.abc import Sequence

from tests.feeds.sample import Sample
from tests.feeds.samples import csv_spec


def _table(header: str, rows: Sequence[str]) -> bytes:
    return "\n".join((header, *rows, "")).encode("utf-8", "surrogatepass")


def _sample(name: str, header: str, rows: tuple[str, ...], **declared) -> Sample:
    def with_rows(chosen: Sequence[str]) -> bytes:
        return _table(header, chosen)

    content = with_rows(rows)
    return Sample(name, csv_spec(**declared), f"{name}.csv", content, rows, with_rows)


SERIES = Sample(
    "csv-series",
    csv_spec(layout="series", station_id="R01", nodata=-99),
    "series.csv",
    b"2024-07-15 08:00:00\n0\n1.5\n-99\n\n2.5\n",
)

SAMPLES = (
    _sample(
        "csv-long",
        "station_id,variable,valid_time,value,known_at,flag,interval_min",
        (
            "R01,rain_mm,2024-07-15T09:00Z,3.5,,,",
            "R02,rain_mm,2024-07-15T09:00Z,0,2024-07-15T09:20Z,1,30",
            "R03,rain_mm,2024-07-15T09:00Z,,,9,",
            "H01,stage_m,2024-07-15T09:00Z,1.25,,,",
        ),
    ),
    _sample(
        "csv-wide",
        "time,青溪上,b,note",
        ("2024-07-15 17:00,1.5,,fair", "2024-07-15 18:00,1.75,2,", '2024-07-15 19:00,"2",2.25,'),
        layout="wide", time_column="time", zone="Asia/Shanghai", variable="stage_m", unit="m",
        station_map={"青溪上": "H01", "b": "H02"},
    ),
    SERIES,
)  # fmt: skip
