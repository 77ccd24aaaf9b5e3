"""Protocol ``csv``: a plain table that anyone can write, in one of three layouts.

``long``    station_id, variable, valid_time, value; optional known_at, flag, interval_min
``wide``    a time column, and one column a station
``series``  one station: a start stamp, then one value a line

How the feed names its columns, and how it writes cells and decimals, is declared, never sniffed:
a guess that holds for a thousand rows moves a decimal in the next.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Final

from pipeline.errors import DecodeError
from pipeline.feeds import series, table
from pipeline.feeds.protocol import Problems, Protocol
from pipeline.feeds.window import Window
from pipeline.observation import Decoded, RawPayload
from pipeline.site.model import FeedSpec

Layout = Callable[[str, str, FeedSpec, Window | None], Decoded]

LAYOUTS: Final[dict[str, Layout]] = {
    "long": table.decode_long,
    "wide": table.decode_wide,
    "series": series.decode_series,
}

COLUMNS: Final[dict[str, frozenset[str]]] = {
    "long": frozenset({*table.NEEDED, *table.OPTIONAL}),
    "wide": frozenset({"valid_time", *table.OPTIONAL}),
    "series": frozenset(),
}


def decode(payload: RawPayload, spec: FeedSpec, window: Window | None = None) -> Decoded:
    """Decode a CSV payload; a row that cannot be read is a fault and the others are used.

    Raises
    ------
    DecodeError
        Too large, not UTF-8, with too many readings, or without the columns that its layout needs.
    """
    if len(payload.content) > spec.max_bytes:
        raise DecodeError(f"{payload.source_url}: more than {spec.max_bytes} bytes")
    if spec.layout is None:
        raise DecodeError(f"feed {spec.feed_id} declares no layout", field="layout")
    try:
        text = payload.content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise DecodeError(f"{payload.source_url}: not UTF-8") from error
    return LAYOUTS[spec.layout](text, payload.source_url, spec, window)


def problems(spec: FeedSpec) -> Problems:
    """Yield what a csv feed's declaration lacks or contradicts."""
    if spec.layout is None:
        yield "layout", "state long, wide or series"
    if spec.layout == "series" and spec.station_id is None:
        yield "station_id", "a series is of one station: state which"
    if spec.separator == spec.decimal and spec.layout != "series":
        yield "decimal", "a mark cannot part both cells and decimals: state the separator"
    yield from _column_problems(spec)


def _column_problems(spec: FeedSpec) -> Problems:
    for name in sorted(spec.columns.keys() - COLUMNS[spec.layout or "long"]):
        yield "columns", f"{name[:40]!r} is no column of layout {spec.layout}"
    for name in sorted({"valid_time", "value"} & spec.columns.keys()):
        if not spec.columns[name]:
            yield "columns", f"no reading is without a {name}"
    if spec.columns.get("station_id") == "" and spec.station_id is None:
        yield "station_id", "a table without this column is of one station: state which"
    if spec.columns.get("valid_time", spec.time_column) != spec.time_column != "valid_time":
        yield "time_column", "columns.valid_time names another"


PROTOCOL: Final = Protocol(decode, problems)
