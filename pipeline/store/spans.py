"""Spans of hours that may be pruned: those that are old and that no kept decision reads; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pipeline.store.parts import HOUR_US

Hours = tuple[int, int]
"""The starts of the first and the last hour, microseconds."""

BEGINNING: Final = -(1 << 62)


def free(needed: Iterable[Hours], before_us: int) -> list[Hours]:
    """Return the spans of whole hours that end by `before_us` and touch no needed span.

    Parameters
    ----------
    needed : in any order, and overlapping as they like
    """
    found, start = [], BEGINNING
    last = before_us // HOUR_US * HOUR_US - HOUR_US
    for first_needed, last_needed in sorted(needed):
        if first_needed > last:
            break
        if first_needed > start:
            found.append((start, first_needed - HOUR_US))
        start = max(start, last_needed + HOUR_US)
    return [*found, (start, last)] if start <= last else found
