"""How long from sensor to sent, and where the time went; pure.

The time runs from the instant at which the feed first had what a village rose by, to the instant
at which the provider took the text. What was never taken took for ever: it is no fast one that
was left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import ceil, inf
from statistics import median
from typing import Final

REACH_S: Final = 60.0
"""Of 95 of 100 deliveries."""
SHARE: Final = 0.95
PARTS: Final = ("schedule", "ingest", "compute", "warn", "deliver")


@dataclass(frozen=True, slots=True)
class Marks:
    """When the steps of one run of the cycle began and ended.

    Attributes
    ----------
    observe : at which the first feed was asked
    observed, assessed, warned : at which the steps were over
    """

    observe: datetime
    observed: datetime
    assessed: datetime
    warned: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery of a slot, and when a provider took it; None = never."""

    slot: datetime
    tier: int
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds of many: the median, the 95th of a hundred, and the worst."""

    median: float
    p95: float
    worst: float


def spread(seconds: Sequence[float]) -> Spread:
    """Return the spread of one or more; the 95th is one that was measured, the nearest rank."""
    ranked = sorted(seconds)
    return Spread(median(ranked), ranked[ceil(SHARE * len(ranked)) - 1], ranked[-1])


def parts(offered_at: datetime, marks: Marks, taken_at: datetime) -> tuple[float, ...]:
    """Return the seconds of each of `PARTS`, whose sum is from sensor to sent.

    A sender beside the cycle may take up a text before the step that wrote it is over: what comes
    after that is of no part.
    """
    ends = (marks.observe, marks.observed, marks.assessed, marks.warned, taken_at)
    edges = [offered_at]
    for end in ends:
        edges.append(min(max(end, edges[-1]), max(taken_at, edges[-1])))
    return tuple((after - before).total_seconds() for before, after in pairwise(edges))


def from_sensor(sent: Sent, offered_at: datetime) -> float:
    """Return the seconds from sensor to sent; infinity of what was never taken."""
    return inf if sent.taken_at is None else (sent.taken_at - offered_at).total_seconds()


def spreads(
    deliveries: Sequence[Sent],
    offered: Mapping[datetime, datetime],
    marks: Mapping[datetime, Marks],
) -> dict[str, Spread]:
    """Return the spread of each part, by name, over what was taken.

    Parameters
    ----------
    offered, marks : by slot
    """
    taken = [
        parts(offered[one.slot], marks[one.slot], one.taken_at)
        for one in deliveries
        if one.taken_at is not None and one.slot in marks
    ]
    columns = zip(*taken, strict=True)
    return {name: spread(column) for name, column in zip(PARTS, columns, strict=False)}
