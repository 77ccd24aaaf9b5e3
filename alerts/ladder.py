"""Call-and-answer (叫应): who is called next while an order is unanswered, and by when; pure.

An order goes to all its people at once, deputies included. While nobody of the place has said
"received" they are tried again, and rung by rung others are called: the township, the county, the
neighbours. A person who has received it is waited for until people are on site, the first group has
moved and all are counted, each in the time that the plan gives; a missed one calls the next rung.
A higher order, or another way, is a new order, and starts anew.

Source: users.md 5, 13 and 16; alerting.md 3 (D7).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.said import STAGES, Said, has_reached, reached
from alerts.tier import LEAVING, Action, Tier

Minutes = Annotated[float, Field(ge=0, le=240)]
AFTER_RECEIVED = STAGES[1:]
ANSWERED = frozenset({Action.STAND_BY, Action.PREPARE}) | LEAVING
"""Orders that somebody must answer; the way home and what was taken back ask for no answer."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rung(_Frozen):
    """Who is called when nobody has answered for so long.

    Attributes
    ----------
    of : those of these roles who have the village, or who have one of its neighbours
    """

    after_minutes: Minutes
    roles: Annotated[tuple[str, ...], Field(min_length=1)]
    of: Literal["village", "neighbours"] = "village"


class Ladder(_Frozen):
    """How an order of one tier climbs.

    Attributes
    ----------
    tries : times that an order is put to its own people, the first included
    try_minutes : from one try to the next
    rungs : in the order in which they are called
    """

    tries: Annotated[int, Field(ge=1, le=5)] = 1
    try_minutes: Annotated[float, Field(ge=1, le=60)] = 2
    rungs: tuple[Rung, ...] = ()


class Ladders(_Frozen):
    """The ladder of each tier that waits for an answer."""

    red: Ladder = Ladder(
        tries=3,
        rungs=(
            Rung(after_minutes=2, roles=("township_duty",)),
            Rung(after_minutes=4, roles=("county_duty",)),
            Rung(after_minutes=6, roles=("patrol", "satellite"), of="neighbours"),
        ),
    )
    orange: Ladder = Ladder(
        tries=2,
        try_minutes=5,
        rungs=(
            Rung(after_minutes=10, roles=("township_duty",)),
            Rung(after_minutes=20, roles=("county_duty",)),
        ),
    )
    yellow: Ladder = Ladder(rungs=(Rung(after_minutes=30, roles=("township_duty",)),))

    def of(self, tier: Tier) -> Ladder:
        """Return the ladder of a tier; blue and none call nobody."""
        match tier:
            case Tier.RED:
                return self.red
            case Tier.ORANGE:
                return self.orange
            case Tier.YELLOW:
                return self.yellow
            case Tier.BLUE | Tier.NONE:
                return Ladder()


@dataclass(frozen=True, slots=True)
class PlaceAsked:
    """An order as it stands in one place, and what came back of it.

    Attributes
    ----------
    went_at : wall time at which it was first tried, or is to be
    deadlines : from then until each stage after "received", as the plan has it
    said : everything that was said of it
    """

    episode_id: str
    revision: int
    village_id: str
    place_id: str
    tier: Tier
    action: Action
    went_at: datetime
    deadlines: Mapping[Said, timedelta] = field(default_factory=dict)
    said: frozenset[Said] = frozenset()


@dataclass(frozen=True, slots=True, order=True)
class Climb:
    """One call to one rung, for want of one stage, or because help was asked.

    Attributes
    ----------
    rung : its number on the ladder
    """

    stage: Said
    rung: int


def climbs(asked: PlaceAsked, ladder: Ladder, *, now: datetime) -> frozenset[Climb]:
    """Return every call that an order has come to by now, those made before included.

    Parameters
    ----------
    now : wall time
    """
    if asked.action not in ANSWERED:
        return frozenset()
    return frozenset(_climbs(asked, ladder, now - asked.went_at))


def _climbs(asked: PlaceAsked, ladder: Ladder, passed: timedelta) -> Iterator[Climb]:
    if Said.HELP in asked.said:
        yield from (Climb(Said.HELP, rung) for rung in range(len(ladder.rungs)))
    if reached(asked.said) is None:
        for number, rung in enumerate(ladder.rungs):
            if passed >= timedelta(minutes=rung.after_minutes):
                yield Climb(Said.RECEIVED, number)
        return
    for number, stage in enumerate(AFTER_RECEIVED):
        limit = asked.deadlines.get(stage)
        late = limit is not None and passed >= limit and not has_reached(asked.said, stage)
        if late and ladder.rungs:
            yield Climb(stage, min(number, len(ladder.rungs) - 1))


def tries(asked: PlaceAsked, ladder: Ladder, *, now: datetime) -> int:
    """Return how many times an order should have been put to its own people by now."""
    if asked.action not in ANSWERED:
        return 0
    if reached(asked.said) is not None:
        return 1
    passed = (now - asked.went_at) // timedelta(minutes=ladder.try_minutes)
    return min(1 + max(0, passed), ladder.tries)


def is_silent(asked: PlaceAsked, ladder: Ladder, called: Collection[Climb]) -> bool:
    """Tell whether the whole ladder was climbed, and nobody of the place has said a word.

    Time alone proves nothing: while our own machine stood still, nobody was called.

    Parameters
    ----------
    called : the calls that were made of it
    """
    if asked.said or asked.action not in ANSWERED or not ladder.rungs:
        return False
    return all(Climb(Said.RECEIVED, rung) in called for rung in range(len(ladder.rungs)))


def next_call(asked: PlaceAsked, ladder: Ladder, *, now: datetime) -> datetime | None:
    """Return when the next rung is called if nothing is heard until then; None if none is left."""
    if asked.action not in ANSWERED:
        return None
    if reached(asked.said) is None:
        ahead = [timedelta(minutes=rung.after_minutes) for rung in ladder.rungs]
    else:
        left = (s for s in asked.deadlines if not has_reached(asked.said, s))
        ahead = [asked.deadlines[stage] for stage in left]
    instants = [asked.went_at + each for each in ahead]
    return min((at for at in instants if at > now), default=None)
