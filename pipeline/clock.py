"""The one place that reads the wall clock; only doors may import it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)
