"""The times that feeds write, as instants: ISO 8601 or compact, with an offset or in a zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pipeline.errors import DecodeError
from pipeline.feeds.pattern import stamp_of
from pipeline.site.model import FeedSpec

YEARS = range(1800, 2200)
COMPACT = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


def instant(text: str, zone: str) -> datetime:
    """Return the instant that a text names; without an offset it is local time in `zone`.

    Raises
    ------
    ValueError
        Not a time, a year that no reading is from, or a local time that the zone has twice or
        never (change of summer time).
    """
    text = text.strip()
    if text.isdigit() and len(text) in COMPACT:
        written = datetime.strptime(text, COMPACT[len(text)])  # noqa: DTZ007 - zone follows
    else:
        written = datetime.fromisoformat(text)
    if written.year not in YEARS:
        raise ValueError(f"no reading is from the year {written.year}")
    return in_zone(written, zone) if written.tzinfo is None else written.astimezone(UTC)


def in_zone(written: datetime, zone: str) -> datetime:
    """Return the instant of a local time.

    Raises
    ------
    ValueError
        The zone has this time twice or never.
    """
    local = written.replace(tzinfo=ZoneInfo(zone))
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise ValueError(f"{written.isoformat()} is not one instant in {zone}")
    return local.astimezone(UTC)


def of_address(address: str, spec: FeedSpec) -> datetime:
    """Return the instant that stands in an address, by the feed's pattern and zone.

    Raises
    ------
    DecodeError
        The address does not fit the pattern, or the zone has this time twice or never.
    """
    path = urlsplit(address).path or address
    written = None if spec.pattern is None else stamp_of(path, spec.pattern)
    if written is None:
        message = f"no stamp by pattern {spec.pattern!r} in {PurePosixPath(path).name}"
        raise DecodeError(message, field="pattern")
    try:
        return in_zone(written, spec.zone)
    except ValueError as error:
        raise DecodeError(f"{address}: {error}", field="pattern") from error


def interval_end(stamp: datetime, spec: FeedSpec) -> datetime:
    """Return the END of the interval of a stamp, by what the feed's stamps mean."""
    return stamp if spec.stamp == "end" else stamp + timedelta(minutes=spec.interval_min)
