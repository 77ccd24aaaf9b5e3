"""The latest minute at which an order still works, counted back from the flood's early edge."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from alerts.order import DecideBy
from alerts.said import Said

MINUTE = timedelta(minutes=1)
ON_FOOT = ("call", "gather", "walk", "help")
"""The delays that lie between an order and its last person's arrival."""
NEVER_IN_TIME = DecideBy(at=None, minutes=(), passed=True)
"""No way is left: no order to go works, whenever it is given."""


@dataclass(frozen=True, slots=True)
class Delays:
    """What passes between a reading and the last person at the shelter, in minutes.

    Attributes
    ----------
    data_age : at the cutoff, of the oldest reading behind an onset that is counted from the slot;
        a river's water is expected from its reading's own time, so its age is not counted again
    cycle : until the next bulletin could speak
    approval : 0 while orders go at once
    call, gather, walk, help : of the plan; walk by the first route, by day or night
    """

    data_age: int
    cycle: int
    approval: int
    call: int
    gather: int
    walk: int
    help: int


def decide_by(earliest: datetime | None, delays: Delays, *, now: datetime) -> DecideBy:
    """Count back from the onset's early edge to the latest minute for an order.

    It has passed when an order given `now`, which waits for no further cycle, would bring its
    last person to the shelter after the early edge. An order that can still wait one cycle is
    given by `at`; between the two it works, but cannot wait.

    Parameters
    ----------
    earliest : onset's early edge, UTC; None where none could be given, so neither can this
    now : UTC (flood time), the cutoff

    Source: DESIGN section 7, Decide-by; users.md 5.
    """
    minutes = tuple(asdict(delays).items())
    if earliest is None:
        return DecideBy(at=None, minutes=minutes, passed=False)
    at = earliest - sum(spent for _, spent in minutes) * MINUTE
    at -= timedelta(seconds=at.second, microseconds=at.microsecond)
    return DecideBy(at=at, minutes=minutes, passed=now > at + delays.cycle * MINUTE)


def arrive_by(limit: DecideBy) -> datetime | None:
    """Return when the last person must be at the shelter: the early edge less the data's age."""
    if limit.at is None:
        return None
    spent = dict(limit.minutes)
    waited = spent["cycle"] + spent["approval"]
    return limit.at + (waited + sum(spent[name] for name in ON_FOOT)) * MINUTE


def deadlines(limit: DecideBy) -> dict[Said, int]:
    """Return in how many minutes an order to leave should have come to each stage of its answer.

    On site once the call is over, the first group on its way once people have gathered, all
    counted once the last of them have walked. Nothing where no way is left: nobody arrives.

    Source: users.md 13.
    """
    spent = dict(limit.minutes)
    if not spent:
        return {}
    gathered = spent["call"] + spent["gather"]
    return {
        Said.ON_SITE: spent["call"],
        Said.MOVED: gathered,
        Said.COUNTED: gathered + spent["walk"] + spent["help"],
    }


def leave_by(limit: DecideBy) -> datetime | None:
    """Return when the last person must set out."""
    arrival = arrive_by(limit)
    if arrival is None:
        return None
    spent = dict(limit.minutes)
    return arrival - (spent["walk"] + spent["help"]) * MINUTE
