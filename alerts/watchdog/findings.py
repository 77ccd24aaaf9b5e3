"""What the watch finds in what it saw; pure.

What could not be looked at is no finding and no all-clear: `unseen` names its kinds.

Source: alerting.md D13; users.md 28.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from alerts.tier import Tier
from alerts.warning_config import WatchRules
from alerts.watchdog.alarm import Alarm, Kind, Severity, gravest_first
from alerts.watchdog.audit import Breach

OF_LEDGER = frozenset(
    {
        Kind.UNANSWERED,
        Kind.CYCLE,
        Kind.OUTBOX,
        Kind.DEAD_LETTERS,
        Kind.AUDIT,
        Kind.TEST,
        Kind.FEED,
        Kind.CLOCK,
    }
)
GRAVE_DAYS = 3
"""Before a key runs out, from when on it is no mere warning."""
OUTSIDE, AIRFLOW = "outside", "airflow"
"""The two watchers."""
MEGABYTE = 1_000_000
grave = partial(Alarm, severity=Severity.GRAVE)
warning = partial(Alarm, severity=Severity.WARNING)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The cycle of the world that is paged; ages are counted on the flood's clock.

    Attributes
    ----------
    at : the present instant
    last : the slot of the newest cycle that people were warned by; None before the first
    delay : from a slot's end to its cycle, in an exercise with what it plays meanwhile
    """

    at: datetime
    last: datetime | None
    interval: timedelta
    delay: timedelta

    def patience(self, cycles: int) -> timedelta:
        """Return how old the newest cycle may be."""
        return cycles * self.interval + self.delay


@dataclass(frozen=True, slots=True)
class FeedSeen:
    """One feed: when it was last read, on the clock of `Rhythm.at`, and within what it is due."""

    feed_id: str
    last: datetime | None
    due: timedelta


@dataclass(frozen=True, slots=True)
class Queue:
    """What of one tier is due and not taken up; `oldest` is when the first of it fell due."""

    due: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Count:
    """How many, and since when."""

    number: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the database says of the world that is paged, of one snapshot.

    Attributes
    ----------
    failed, uncertain : deliveries that ended so of late; nobody sends them again
    unanswered : since when a village's red orders have gone that nobody acknowledged
    untested : since when who was on duty owes an answer to the day's test
    clock_off : the database's clock less ours; None where they are one
    """

    rhythm: Rhythm
    feeds: tuple[FeedSeen, ...] = ()
    queues: Mapping[Tier, Queue] = field(default_factory=dict)
    failed: Count | None = None
    uncertain: Count | None = None
    unanswered: Mapping[str, datetime] = field(default_factory=dict)
    untested: Mapping[str, datetime] = field(default_factory=dict)
    breaches: tuple[Breach, ...] = ()
    clock_off: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """Something that runs out; None where it cannot be read at all."""

    name: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a pass saw.

    Attributes
    ----------
    wall : the present instant, wall time
    is_live : floods are real; an exercise minds neither an absent watcher nor NTP
    database : what is wrong with it; None where nothing is
    ledger : None where it could not be read, or nobody is paged
    site_readable, roster_readable, list_readable : site pack, the whole of the people, watch.toml
    untaken : since when a role's shift has run that nobody took over; None where it is not known
    disk_free : bytes
    in_step : whether the system says that its clock follows others; None where it does not say
    scheduler : what Airflow says of itself, "healthy" or else; None where it is not asked
    passes : when each watcher last ended a pass
    awaited : watchers that must be there
    beat : when the second watcher last took a heartbeat, or since when it should have; None where
        none is configured
    """

    wall: datetime
    is_live: bool = False
    database: str | None = None
    ledger: Ledger | None = None
    site_readable: bool = True
    roster_readable: bool = True
    list_readable: bool = True
    untaken: Mapping[str, datetime] | None = field(default_factory=dict)
    disk_free: int | None = None
    in_step: bool | None = None
    scheduler: str | None = None
    keys: tuple[Key, ...] = ()
    passes: Mapping[str, datetime] = field(default_factory=dict)
    awaited: frozenset[str] = frozenset()
    beat: datetime | None = None


def unseen(facts: Facts) -> frozenset[Kind]:
    """Return the kinds of alarms that this pass could not look for."""
    is_blind = facts.database is not None or not facts.site_readable
    kinds = OF_LEDGER if is_blind else frozenset()
    if facts.untaken is None:
        kinds |= {Kind.SHIFT}
    return kinds if facts.disk_free is not None else kinds | {Kind.DISK}


def findings(facts: Facts, rules: WatchRules) -> tuple[Alarm, ...]:
    """Return the alarms, the gravest first."""
    found = [*_of_machine(facts, rules), *_of_watch(facts, rules), *_of_keys(facts, rules)]
    found += [warning(Kind.SHIFT, since=t, about=r) for r, t in (facts.untaken or {}).items()]
    if facts.ledger is not None:
        found += _of_cycle(facts.ledger, rules, facts.wall)
        found += _of_orders(facts.ledger, rules, facts.wall)
        found += _of_tests(facts.ledger, rules, facts.wall)
    return tuple(sorted(found, key=gravest_first))


def _of_machine(facts: Facts, rules: WatchRules) -> Iterator[Alarm]:
    now = facts.wall
    if facts.database is not None:
        yield grave(Kind.DATABASE, since=now, about=facts.database)
    if not facts.site_readable:
        yield grave(Kind.SITE, since=now)
    if not facts.roster_readable:
        yield grave(Kind.ROSTER, since=now)
    if facts.scheduler not in {None, "healthy"}:
        yield grave(Kind.SCHEDULER, since=now)
    if facts.disk_free is not None and facts.disk_free < rules.disk_free_mb * MEGABYTE:
        yield grave(Kind.DISK, since=now, number=facts.disk_free // MEGABYTE)
    if facts.is_live and facts.in_step is False:
        yield warning(Kind.NTP, since=now)
    off = None if facts.ledger is None else facts.ledger.clock_off
    if off is not None and abs(off) > timedelta(seconds=rules.clock_s):
        seconds = round(off.total_seconds())
        yield grave(Kind.CLOCK, since=now, number=seconds)


def _of_watch(facts: Facts, rules: WatchRules) -> Iterator[Alarm]:
    patience = timedelta(minutes=rules.pass_minutes)
    if not facts.list_readable:
        yield warning(Kind.WATCH, since=facts.wall, about="list")
    for name, last in sorted(facts.passes.items()):
        if facts.wall - last > patience:
            yield grave(Kind.WATCH, since=last, about=name)
    for name in sorted(facts.awaited - facts.passes.keys()):
        yield grave(Kind.WATCH, since=facts.wall, about=name)
    if facts.beat is not None and facts.wall - facts.beat > patience:
        yield warning(Kind.HEARTBEAT, since=facts.beat)


def _of_keys(facts: Facts, rules: WatchRules) -> Iterator[Alarm]:
    for key in facts.keys:
        left = timedelta(0) if key.until is None else key.until - facts.wall
        if left > timedelta(days=rules.key_days):
            continue
        make = grave if left < timedelta(days=GRAVE_DAYS) else warning
        yield make(Kind.KEY, since=facts.wall, about=key.name, number=max(left.days, 0))


def _of_cycle(ledger: Ledger, rules: WatchRules, now: datetime) -> Iterator[Alarm]:
    rhythm = ledger.rhythm
    age = None if rhythm.last is None else rhythm.at - rhythm.last
    if age is None or age > rhythm.patience(rules.late_cycles):
        yield grave(Kind.CYCLE, since=now - (age or timedelta(0)))
    for feed in ledger.feeds:
        silent = None if feed.last is None else rhythm.at - feed.last
        if silent is None or silent > feed.due:
            yield warning(Kind.FEED, since=now - (silent or timedelta(0)), about=feed.feed_id)


def _of_orders(ledger: Ledger, rules: WatchRules, now: datetime) -> Iterator[Alarm]:
    for tier, queue in sorted(ledger.queues.items(), reverse=True):
        if now - queue.oldest > timedelta(seconds=rules.outbox_s):
            make = grave if tier >= Tier.ORANGE else warning
            about = tier.colour if tier > Tier.NONE else "notices"
            yield make(Kind.OUTBOX, since=queue.oldest, about=about, number=queue.due)
    for about, count in (("failed", ledger.failed), ("uncertain", ledger.uncertain)):
        if count is not None:
            kind = Kind.DEAD_LETTERS
            yield grave(kind, since=count.since, about=about, number=count.number)
    for village_id, since in ledger.unanswered.items():
        waited = now - since
        if waited > timedelta(minutes=rules.unanswered_minutes):
            yield grave(Kind.UNANSWERED, since=since, about=village_id)
    for rule in sorted({breach.rule for breach in ledger.breaches}):
        of = [breach for breach in ledger.breaches if breach.rule is rule]
        since = min(breach.since for breach in of)
        yield grave(Kind.AUDIT, since=since, about=rule.value, number=len(of))


def _of_tests(ledger: Ledger, rules: WatchRules, now: datetime) -> Iterator[Alarm]:
    for ref, since in ledger.untested.items():
        if now - since > timedelta(minutes=rules.test_minutes):
            yield warning(Kind.TEST, since=since, about=ref)
