"""What a drill showed: who was reached and when, how far each ladder went, who was away; pure.

Whoever was never reached is counted as never, and not left out: a 90th percentile is "never" where
more than one in ten were not reached. All spans are wall time, in seconds, for people answer at
their own pace whatever the speed of the flood.

Source: users.md 5, 10, 13, 16 and 30.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import Final

from alerts.said import STAGES, Said, has_reached
from alerts.tier import Action, Tier

Key = tuple[str, int, str]
"""Episode, revision and place: one order."""
TRY: Final = "try"
BY: Final = {"key": "voice", "reply": "sms", "webhook": "webhook", "link": "email"}
"""By which channel an answer came back."""
RINGS: Final = frozenset({"sms", "voice"})
WAKING: Final = timedelta(minutes=10)
"""Within which a person who was rung is awake."""
ONE_IN_TEN: Final = 0.9


@dataclass(frozen=True, slots=True)
class OrderGiven:
    """An order to one place, in all its languages.

    Attributes
    ----------
    deadlines : minutes to each stage, as the plan has it
    messages : its texts, one a language
    """

    key: Key
    village_id: str
    tier: Tier
    action: Action
    at: datetime
    deadlines: Mapping[Said, int] = field(default_factory=dict)
    messages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery, and what became of it.

    Attributes
    ----------
    queued_at : when it was written, the wait for an approver included
    handed_over : attempts that the provider took
    calls : under which delivery's key each of them went: its own, or that of the call it was in
    brought_at : by the provider's receipt
    """

    key: str
    message_id: str
    contact_ref: str
    channel: str
    purpose: str
    queued_at: datetime
    handed_over: int = 0
    calls: tuple[str, ...] = ()
    first_taken_at: datetime | None = None
    brought_at: datetime | None = None
    is_not_brought: bool = False
    is_refused: bool = False

    @property
    def is_brought(self) -> bool:
        """Tell whether the provider's receipt says that it arrived."""
        return self.brought_at is not None


@dataclass(frozen=True, slots=True)
class Answered:
    """What one person said of one message."""

    message_id: str
    contact_ref: str
    via: str
    said: Said
    at: datetime


@dataclass(frozen=True, slots=True)
class Climbed:
    """A try, or a rung that an order came to."""

    order: Key
    stage: str
    rung: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """An order as the board lists it: what is said of it so far, and so what is waited for.

    Attributes
    ----------
    messages : its texts, one a language
    """

    village_id: str
    messages: frozenset[str]
    said: frozenset[Said]


@dataclass(frozen=True, slots=True)
class Record:
    """All that an exercise wrote of whom it told.

    Attributes
    ----------
    listed : the orders that still stand, as the board lists them
    """

    orders: tuple[OrderGiven, ...]
    sent: tuple[Sent, ...]
    answers: tuple[Answered, ...]
    climbed: tuple[Climbed, ...]
    listed: tuple[Listed, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """How soon somebody, or everybody by one channel, was reached.

    Attributes
    ----------
    p50, p90 : seconds; None is never
    wrong_number : whether something of it was refused for good, or is said not to have arrived
    """

    contact_ref: str
    channel: str
    sent: int
    never: int
    p50: float | None
    p90: float | None
    wrong_number: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """When a place came to a stage, and by when it should have.

    Attributes
    ----------
    after, limit : minutes from the order; None is never, or no limit
    """

    said: Said
    after: float | None
    limit: int | None

    @property
    def is_late(self) -> bool:
        """Tell whether the plan's own time was passed."""
        return self.limit is not None and (self.after is None or self.after > self.limit)


@dataclass(frozen=True, slots=True)
class Ladder:
    """How one order climbed, and what came of it.

    Attributes
    ----------
    went_at : when it was first taken by a provider; None where nothing of it was
    tries : times that it was put to its own people
    calls : the rungs that were called, each with the stage that was missing
    """

    order: OrderGiven
    went_at: datetime | None
    tries: int
    calls: tuple[str, ...]
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class CallTime:
    """How long the call took in one village: from the order to the first "received".

    Attributes
    ----------
    minutes : the 90th percentile over its orders, rounded up; None is never
    """

    village_id: str
    orders: int
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Score:
    """What a drill showed."""

    channels: tuple[Reach, ...]
    people: tuple[Reach, ...]
    ladders: tuple[Ladder, ...]
    wakings: dict[str, int]
    calls: tuple[CallTime, ...]

    @property
    def wrong_numbers(self) -> tuple[Reach, ...]:
        """Return whom something never will reach."""
        return tuple(reach for reach in self.people if reach.wrong_number)


def score(record: Record) -> Score:
    """Return what the record of a drill shows."""
    spans = _spans(record)
    by_person: dict[tuple[str, str], list[Sent]] = defaultdict(list)
    by_channel: dict[tuple[str, str], list[Sent]] = defaultdict(list)
    for sent in record.sent:
        by_person[sent.contact_ref, sent.channel].append(sent)
        by_channel["", sent.channel].append(sent)
    ladders = tuple(_ladder(order, record) for order in record.orders)
    return Score(
        channels=tuple(_reach(*key, by_channel[key], spans) for key in sorted(by_channel)),
        people=tuple(_reach(*key, by_person[key], spans) for key in sorted(by_person)),
        ladders=ladders,
        wakings=_wakings(record.sent),
        calls=_call_times(ladders),
    )


def percentile(values: Iterable[float | None], share: float) -> float | None:
    """Return the least value that so large a share does not pass; None, never, comes last."""
    ranked = [*values]
    known = sorted(value for value in ranked if value is not None)
    rank = ceil(share * len(ranked))
    return known[rank - 1] if 0 < rank <= len(known) else None


def _spans(record: Record) -> dict[str, float | None]:
    """Return of each delivery after how many seconds it is known to have reached its person."""
    answered: dict[tuple[str, str, str], datetime] = {}
    for each in record.answers:
        key = (each.message_id, each.contact_ref, BY.get(each.via, ""))
        answered[key] = min(each.at, answered.get(key, each.at))
    found: dict[str, float | None] = {}
    for sent in record.sent:
        back = answered.get((sent.message_id, sent.contact_ref, sent.channel))
        known = [at for at in (sent.brought_at, back) if at is not None]
        found[sent.key] = (min(known) - sent.queued_at).total_seconds() if known else None
    return found


def _reach(
    contact_ref: str, channel: str, sent: Sequence[Sent], spans: dict[str, float | None]
) -> Reach:
    own = [spans[each.key] for each in sent]
    return Reach(
        contact_ref,
        channel,
        sent=len(own),
        never=sum(span is None for span in own),
        p50=percentile(own, 0.5),
        p90=percentile(own, ONE_IN_TEN),
        wrong_number=any(each.is_refused or each.is_not_brought for each in sent),
    )


def _ladder(order: OrderGiven, record: Record) -> Ladder:
    climbed = sorted((c for c in record.climbed if c.order == order.key), key=_by_time)
    said = sorted((a for a in record.answers if a.message_id in order.messages), key=_by_time)
    taken = (s.first_taken_at for s in record.sent if s.message_id in order.messages)
    went = min((at for at in taken if at is not None), default=None)
    calls = [f"{each.stage} {each.rung + 1}" for each in climbed if each.stage != TRY]
    return Ladder(
        order,
        went,
        tries=1 + sum(each.stage == TRY for each in climbed),
        calls=tuple(calls),
        stages=tuple(_stage(stage, order, went or order.at, said) for stage in STAGES),
    )


def _by_time(each: Climbed | Answered) -> datetime:
    return each.at


def _stage(stage: Said, order: OrderGiven, went: datetime, said: Sequence[Answered]) -> Stage:
    at = next((each.at for each in said if has_reached([each.said], stage)), None)
    after = None if at is None else (at - went).total_seconds() / 60
    return Stage(stage, after, order.deadlines.get(stage))


def _wakings(sent: Iterable[Sent]) -> dict[str, int]:
    """Return how often each person was rung; what rings while they are awake wakes nobody."""
    rung: dict[str, list[datetime]] = defaultdict(list)
    for each in sent:
        if each.channel in RINGS and each.first_taken_at is not None:
            rung[each.contact_ref].append(each.first_taken_at)
    found: dict[str, int] = {}
    for ref, times in sorted(rung.items()):
        times.sort()
        quiet = (later - at > WAKING for at, later in pairwise(times))
        found[ref] = 1 + sum(quiet)
    return found


def _call_times(ladders: Iterable[Ladder]) -> tuple[CallTime, ...]:
    spans: dict[str, list[float | None]] = defaultdict(list)
    for each in ladders:
        if each.went_at is not None:
            spans[each.order.village_id].append(each.stages[0].after)
    found = []
    for village_id, taken in sorted(spans.items()):
        slow = percentile(taken, ONE_IN_TEN)
        found.append(CallTime(village_id, len(taken), None if slow is None else ceil(slow)))
    return tuple(found)
