"""Instants: aware UTC datetimes inside, integer microseconds in the store, ISO 8601 outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def to_us(instant: datetime) -> int:
    """Return microseconds since 1970-01-01T00:00Z.

    Raises
    ------
    ValueError
        The datetime is naive: a time without a zone is not an instant.
    """
    if instant.tzinfo is None:
        raise ValueError(f"a time without a zone is not an instant: {instant.isoformat()}")
    return (instant - EPOCH) // MICROSECOND


def from_us(us: int) -> datetime:
    """Return the aware UTC datetime of microseconds since 1970-01-01T00:00Z."""
    return EPOCH + timedelta(microseconds=us)


def parse(text: str) -> datetime:
    """Return the instant that an ISO 8601 text with an offset names.

    Raises
    ------
    ValueError
        The text is not ISO 8601, or names no offset.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"time without an offset: {text}")
    return instant.astimezone(UTC)


def text(instant: datetime) -> str:
    """Return ISO 8601 in UTC to the second, e.g. ``2014-11-04T03:00:00Z``."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def floor_to(instant: datetime, step: timedelta) -> datetime:
    """Return the last multiple of `step` since the epoch that is not after `instant`."""
    return instant - ((instant - EPOCH) % step)


def slots(first: datetime, last: datetime, step: timedelta) -> list[datetime]:
    """Return every slot (interval end, a multiple of `step`) in [first, last]."""
    start = floor_to(first, step)
    if start < first:
        start += step
    return [start + i * step for i in range(max(0, (last - start) // step + 1))]
