"""Door: what the database says of the world that is paged, for the watch; it writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.addressed import people_of
from alerts.checking import untested
from alerts.deployment import Deployment
from alerts.issue import Desk
from alerts.ledger import addressed, episodes, fence
from alerts.ledger.addressed import Addressed, Alerted
from alerts.ledger.waited_for import waited_for
from alerts.outbox import watched
from alerts.outbox.delivery import State, push_id
from alerts.outbox.watched import Counted
from alerts.roster import Roster
from alerts.said import reached
from alerts.tier import Tier
from alerts.warning_pack import WarningPack
from alerts.watchdog.audit import Breach, Issued, Said, breaches
from alerts.watchdog.findings import Count, FeedSeen, Ledger, Queue, Rhythm
from pipeline.database import Connection, reading, server_clock
from pipeline.feed_health import GRACE, feed_health
from pipeline.world import Mode, World, flood_time

EVER = datetime.min.replace(tzinfo=UTC)
PLAYED_EVERY = timedelta(minutes=1)
"""How often `flood_exercise` runs, wall time."""
Wanted = frozenset[tuple[str, str]]
"""(reference, channel) of all whom a message is for."""


@dataclass(frozen=True, slots=True)
class Looking:
    """What the database is looked at with.

    Attributes
    ----------
    clock : ours
    roster_since : wall time of the roster's last edit: what was written before asked another one
    named_since : as that, of the site's file, which names the receivers of CAP alerts
    """

    deployment: Deployment
    pack: WarningPack
    roster: Roster
    clock: Callable[[], datetime]
    roster_since: datetime = EVER
    named_since: datetime = EVER


def ledger_facts(looking: Looking, *, with_books: bool = True) -> Ledger:
    """Return what the database says.

    Parameters
    ----------
    with_books : whether the books are held against each other, which takes longest

    Raises
    ------
    NothingToDo
        Nobody is paged here.
    """
    deployment, now = looking.deployment, looking.clock()
    world = deployment.paging_world()
    back = now - timedelta(hours=looking.pack.config.watch.back_hours)
    desk = Desk(deployment.engine, looking.pack, world, looking.roster)
    with reading(deployment.engine) as connection:
        bad = watched.ended_badly(connection, world, since=back)
        due = watched.due(connection, world, now=now)
        return Ledger(
            rhythm=_rhythm(connection, deployment, world, now),
            feeds=tuple(_feeds(deployment, world, now)),
            queues={tier: Queue(*counted) for tier, counted in due.items()},
            failed=_count(bad, State.FAILED_FINAL, State.EXPIRED),
            uncertain=_count(bad, State.UNCERTAIN),
            unanswered=_unanswered(connection, world, now),
            untested=untested(connection, desk, now),
            breaches=audited(
                connection,
                desk,
                since=back,
                now=now,
                roster_since=looking.roster_since,
                named_since=looking.named_since,
            )
            if with_books
            else (),
            clock_off=_clock_off(connection, looking.clock),
        )


def _rhythm(connection: Connection, deployment: Deployment, world: World, now: datetime) -> Rhythm:
    at, delay = now, deployment.pack.assess_delay
    if world.mode is Mode.EXERCISE:
        exercise = deployment.exercise()
        at = flood_time(exercise, now)
        delay += PLAYED_EVERY * exercise.speed
    last = fence.last_warned(connection, world)
    return Rhythm(at, last, deployment.pack.cycle, delay)


def _feeds(deployment: Deployment, world: World, now: datetime) -> Iterator[FeedSeen]:
    pack, at = deployment.pack, deployment.flood_time(now)
    due = {f.feed_id: timedelta(minutes=GRACE * f.cadence_min + f.latency_min) for f in pack.feeds}
    for health in feed_health(deployment.engine, world, pack, now=at):
        yield FeedSeen(health.feed_id, health.last_success, due[health.feed_id])


def _count(bad: Mapping[State, Counted], *states: State) -> Count | None:
    counted = [bad[state] for state in states if state in bad]
    if not counted:
        return None
    return Count(sum(number for number, _ in counted), min(since for _, since in counted))


def _clock_off(connection: Connection, clock: Callable[[], datetime]) -> timedelta | None:
    before = clock()
    theirs = server_clock(connection)
    return None if theirs is None else theirs - (before + (clock() - before) / 2)


def _unanswered(connection: Connection, world: World, now: datetime) -> dict[str, datetime]:
    """Return since when a village's standing red orders have gone that nobody acknowledged."""
    found: dict[str, datetime] = {}
    for order in waited_for(connection, world, now=now):
        asked = order.asked
        if asked.tier is Tier.RED and order.has_left and reached(asked.said) is None:
            found[asked.village_id] = min(asked.went_at, found.get(asked.village_id, now))
    return found


def audited(
    connection: Connection,
    desk: Desk,
    *,
    since: datetime,
    now: datetime,
    roster_since: datetime = EVER,
    named_since: datetime = EVER,
) -> tuple[Breach, ...]:
    """Hold what a world should have sent since an instant against what became of it.

    Parameters
    ----------
    since, now, roster_since, named_since : wall time
    """
    world, given = desk.world, _given(desk)
    written = addressed.since(connection, world, since)
    first = min((message.slot for message in written), default=now)
    faults = {(f.slot, f.village_id) for f in episodes.faults(connection, world, since=first)}
    said = [
        Said(
            message.message_id,
            message.episode_id,
            message.revision,
            message.village_id,
            message.place_id,
            message.audience,
            message.created_at,
            wanted=given(message) if message.created_at >= roster_since else frozenset(),
            is_faulted=(message.slot, message.village_id) in faults,
        )
        for message in written
    ]
    alerts = [
        Issued(push_id(each.episode_id, each.revision), each.created_at, _pushed_to(desk, each))
        for each in addressed.alerts_since(connection, world, max(since, named_since))
    ]
    rows = watched.records(connection, world, since=since)
    return breaches(said, rows, now=now, alerts=alerts)


def _pushed_to(desk: Desk, alert: Alerted) -> frozenset[str]:
    """Return the channels of the receivers that the site gives an alert."""
    given = (
        r for r in desk.pack.config.cap_receivers if r.takes(alert.village_id, desk.world.mode)
    )
    return frozenset(receiver.channel for receiver in given)


def _given(desk: Desk) -> Callable[[Addressed], Wanted]:
    """Return what tells whom the roster gives a message; it asks once for all its languages.

    Who was away when it was written is stood in for, whoever is away now.
    """
    known: dict[tuple[object, ...], Wanted] = {}

    def given(message: Addressed) -> Wanted:
        at = message.created_at
        key = (message.audience, message.village_id, message.recipients, message.roles, at)
        if key not in known:
            people = people_of(desk.roster, desk.pack.config, message)
            people = desk.roster.at_work(people, at)
            known[key] = frozenset((c.ref, channel) for c in people for channel in c.channels)
        return known[key]

    return given
