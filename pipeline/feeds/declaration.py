"""What a feed's declaration lacks or contradicts, told before anything is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline import instants
from pipeline.errors import DecodeError, FetchError
from pipeline.feeds import unit
from pipeline.feeds.addresses import NAMED, origin
from pipeline.feeds.guard import networks
from pipeline.feeds.pattern import unknown_parts
from pipeline.feeds.registry import PROTOCOLS
from pipeline.feeds.source import SCHEMES
from pipeline.site.model import FeedSpec


def problems(spec: FeedSpec) -> Iterator[tuple[str, str]]:
    """Yield the field and the fault of everything that would keep the feed from being read."""
    protocol = PROTOCOLS.get(spec.protocol)
    if protocol is None:
        yield "protocol", f"unknown protocol; known are {', '.join(sorted(PROTOCOLS))}"
    elif spec.unit is None and not protocol.states_unit:
        yield "unit", "the protocol states no unit, so feeds.toml must"
    try:
        if spec.unit is not None:
            unit.factor(spec.variable, spec.unit)
    except DecodeError as error:
        yield "unit", str(error)
    try:
        ZoneInfo(spec.zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield "zone", "unknown time zone"
    yield from _forecast_problems(spec)
    yield from _range_problems(spec)
    for part in unknown_parts(spec.pattern or ""):
        yield "pattern", f"unknown part %{part}"
    yield from _address_problems(spec)
    if protocol is not None:
        yield from protocol.problems(spec)


def _address_problems(spec: FeedSpec) -> Iterator[tuple[str, str]]:
    for name, stamp in NAMED.findall(spec.where):
        if name not in {"start", "end"}:
            yield "where", f"{{{name[:40]}}} is neither start nor end of what is asked for"
        for part in unknown_parts(stamp):
            yield "where", f"unknown part %{part}"
    try:
        if spec.where.lower().startswith(SCHEMES):
            origin(spec.where)
    except FetchError as error:
        yield "where", str(error)
    try:
        networks(spec.allow_private)
    except ValueError as error:
        yield "allow_private", str(error)
    protocol = PROTOCOLS.get(spec.protocol)
    if protocol is not None and protocol.queries is not None and spec.credential is None:
        yield "credential", "the database's address is a credential, so feeds.toml must name it"


def _forecast_problems(spec: FeedSpec) -> Iterator[tuple[str, str]]:
    if spec.forecast_h is not None and spec.protocol != "grid":
        yield "forecast_h", "forecasts are read from grids"
    if spec.forecast_h is not None and not spec.variable.is_sum:
        yield "forecast_h", "forecasts are read of rain"


def _range_problems(spec: FeedSpec) -> Iterator[tuple[str, str]]:
    for field, text in (("archive_from", spec.archive_from), ("archive_to", spec.archive_to)):
        try:
            if text is not None:
                instants.parse(text)
        except ValueError as error:
            yield field, str(error)
