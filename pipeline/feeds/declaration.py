"""What a feed's declaration lacks or contradicts, told before anything is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline import instants
from pipeline.errors import DecodeError
from pipeline.feeds import unit
from pipeline.feeds.pattern import unknown_parts
from pipeline.feeds.registry import PROTOCOLS
from pipeline.site.model import FeedSpec


def problems(spec: FeedSpec) -> Iterator[tuple[str, str]]:
    """Yield the field and the fault of everything that would keep the feed from being read."""
    if spec.protocol not in PROTOCOLS:
        yield "protocol", f"unknown protocol; known are {', '.join(sorted(PROTOCOLS))}"
    try:
        unit.factor(spec.variable, spec.unit)
    except DecodeError as error:
        yield "unit", str(error)
    try:
        ZoneInfo(spec.zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield "zone", "unknown time zone"
    yield from _range_problems(spec)
    yield from _pattern_problems(spec)
    if spec.protocol == "csv":
        yield from _csv_problems(spec)


def _range_problems(spec: FeedSpec) -> Iterator[tuple[str, str]]:
    for field, text in (("archive_from", spec.archive_from), ("archive_to", spec.archive_to)):
        try:
            if text is not None:
                instants.parse(text)
        except ValueError as error:
            yield field, str(error)


def _pattern_problems(spec: FeedSpec) -> Iterator[tuple[str, str]]:
    if spec.protocol == "grid" and spec.pattern is None:
        yield "pattern", "a grid's time is in its name, so a pattern must be stated"
    for part in unknown_parts(spec.pattern or ""):
        yield "pattern", f"unknown part %{part}"


def _csv_problems(spec: FeedSpec) -> Iterator[tuple[str, str]]:
    if spec.layout is None:
        yield "layout", "state long, wide or series"
    if spec.layout == "series" and spec.station_id is None:
        yield "station_id", "a series is of one station: state which"
