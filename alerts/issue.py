"""Writes all that follows from one move of an episode, in the caller's transaction.

The episode's new state, the messages with every version they were made of, the CAP alert and one
delivery for each person and channel. What cannot be written as planned is written more simply.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypeVar

from alerts import renewal
from alerts.addressed import for_reader, people_of, sirens_of
from alerts.cap import CapAlert, Reference
from alerts.cap_push import pushes
from alerts.compose import Composed, compose, compose_anew
from alerts.episode import TierEpisode
from alerts.errors import Refused
from alerts.escalation import asked_after, turns
from alerts.last_words import last_words
from alerts.ledger import episodes, messages
from alerts.ledger.episodes import Cause
from alerts.occasion import Occasion
from alerts.on_site import cannot_be_told, leaving, leaving_too
from alerts.outbox import asked, held_back, queue
from alerts.outbox.delivery import Delivery, delivery_key
from alerts.plain_words import plain_templates
from alerts.plan.hazard import HazardMap
from alerts.roster import Contact, Roster
from alerts.tier import LEAVING, Tier
from alerts.waking import rings
from alerts.warning_message import Audience, WarningMessage, village_bytes
from alerts.warning_pack import WarningPack
from pipeline import explain
from pipeline.database import Connection, Engine
from pipeline.errors import StoreError
from pipeline.world import Mode, World

log = logging.getLogger(__name__)
DRILL_IS_REMEMBERED = timedelta(hours=24)
"""For which a village that read of an exercise may take what is real for more of it."""
RING_IS_WORTH = timedelta(hours=1)
"""For which somebody is still to be rung who was let sleep."""


Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Desk:
    """What warnings are made with and where they are written."""

    engine: Engine
    pack: WarningPack
    world: World
    roster: Roster


@dataclass(frozen=True, slots=True)
class Minute:
    """The instant of a warning on both clocks; they differ in an exercise."""

    wall: datetime
    flood: datetime

    def on_the_wall(self, later: datetime) -> datetime:
        """Return when people come to an instant of the flood: they live at their own pace."""
        return self.wall + (later - self.flood)


@dataclass(frozen=True, slots=True)
class Issued:
    """What one move of an episode brought into the outbox.

    Attributes
    ----------
    faults : what could not be done as planned, in words
    """

    messages: tuple[WarningMessage, ...] = ()
    deliveries: int = 0
    faults: tuple[str, ...] = ()


def refuse_replay(world: World) -> None:
    """Let only worlds through whose people may be told.

    Raises
    ------
    Refused
        The world is a replay.
    """
    if world.mode is Mode.REPLAY:
        raise Refused("a replay warns no one")


def issue(
    connection: Connection, desk: Desk, occasion: Occasion, minute: Minute, *, cause: Cause
) -> Issued:
    """Write an episode's move and all that follows from it.

    Raises
    ------
    StoreError
        Another process moved the same episode.
    """
    refuse_replay(desk.world)
    episode = occasion.step.episode
    if episode is None:
        return Issued()
    occasion = replace(occasion, earlier=_earlier(connection, desk, episode))
    composed, pack = composed_or_simpler(occasion, desk.pack)
    if composed.messages and _is_drilled(connection, desk, occasion, minute):
        occasion = replace(occasion, drilled=True)
        composed, pack = composed_or_simpler(occasion, desk.pack)
    if occasion.closures_before is not None and not composed.messages:
        return Issued(faults=composed.faults)  # no order is another one by it: nothing has moved
    keep_state(connection, desk.world, _away(episode, composed), cause)
    if not composed.messages:
        alone = cause is Cause.BULLETIN or episode.closed is not None
        faults = _in_cap_alone(connection, desk, occasion, minute) if alone else ()
        return Issued(faults=tuple(dict.fromkeys((*composed.faults, *faults))))
    _keep_versions(connection, desk, occasion, pack, minute)
    _keep(connection, desk, composed, episode, minute)
    if not occasion.restates:  # nobody is asked once more
        asked.withdraw(connection, desk.world, occasion.village_id, at=minute.wall)
    waits = _waits(connection, desk, occasion, composed, minute)
    too = leaving_too(connection, desk.world, episode.episode_id, composed.messages)
    wanted, nobody = _deliveries(desk, composed, minute, peak=episode.peak, waits=waits, too=too)
    return Issued(
        messages=composed.messages,
        deliveries=queue.enqueue(connection, wanted),
        faults=tuple(dict.fromkeys((*composed.faults, *nobody))),
    )


def cancel(
    connection: Connection, desk: Desk, occasion: Occasion, minute: Minute
) -> tuple[str, ...]:
    """End an episode in CAP that was over, and followed by another, before anybody was told.

    Returns what went wrong.
    """
    episode = occasion.step.episode
    if episode is None:
        return ()
    earlier = _earlier(connection, desk, episode)
    return _in_cap_alone(connection, desk, replace(occasion, earlier=earlier), minute)


def _earlier(connection: Connection, desk: Desk, episode: TierEpisode) -> tuple[Reference, ...]:
    return messages.references(connection, desk.world, episode.episode_id, before=episode.revision)


def _in_cap_alone(
    connection: Connection, desk: Desk, occasion: Occasion, minute: Minute
) -> tuple[str, ...]:
    """Issue what CAP alone must say of a step; return what went wrong.

    It goes under the revision that the step has just made: so an alert is issued once, and a cycle
    that fails leaves it to the next one.
    """
    episode, last = occasion.step.episode, occasion.earlier[-1:]
    kept = messages.cap(connection, desk.world, last[0].identifier) if last else None
    newest = None if kept is None else kept.content
    asks = renewal.asks_alone(occasion.step, newest, at=occasion.at, rules=desk.pack.config)
    if episode is None or asks is None:
        return ()
    cap, pack, faults = _tried(
        lambda pack: compose_anew(occasion, pack, asks=asks), desk.pack, occasion.village_id
    )
    if cap is not None and not cap.faults:
        _keep_versions(connection, desk, occasion, pack, minute)
        _keep_cap(connection, desk, cap, episode, minute)
    return (*faults, *(() if cap is None else cap.faults))


def _is_drilled(connection: Connection, desk: Desk, occasion: Occasion, minute: Minute) -> bool:
    since = minute.wall - DRILL_IS_REMEMBERED
    return messages.rehearsed(connection, desk.world, occasion.village_id, since=since)


def _away(episode: TierEpisode, composed: Composed) -> TierEpisode:
    """Return the episode that remembers who was told to leave home."""
    moved = (o.place_id for o in composed.orders if o.action in LEAVING)
    return replace(episode, sheltered=tuple(sorted({*episode.sheltered, *moved})))


def _waits(
    connection: Connection, desk: Desk, occasion: Occasion, composed: Composed, minute: Minute
) -> timedelta:
    """Return how long the village's texts wait; what is restated no less than the order before."""
    episode = occasion.step.episode
    if not occasion.restates or episode is None:
        return composed.waits
    until = held_back.until(connection, desk.world, episode.episode_id, episode.tier)
    return max(composed.waits, timedelta(0) if until is None else until - minute.wall)


def keep_state(connection: Connection, world: World, state: TierEpisode, cause: Cause) -> None:
    """Write one revision of an episode.

    Raises
    ------
    StoreError
        Another process moved the same episode.
    """
    if not episodes.append(connection, world, state, cause):
        raise StoreError(f"another process moved the episode of {state.village_id}")


def composed_or_simpler(occasion: Occasion, pack: WarningPack) -> tuple[Composed, WarningPack]:
    """Compose as planned; else without plan and templates; else tell the officers to call.

    Returns what was composed, and the pack that it was composed with.
    """
    composed, used, faults = _tried(lambda p: compose(occasion, p), pack, occasion.village_id)
    if composed is not None:
        return replace(composed, faults=(*faults, *composed.faults)), used
    last = last_words(occasion, pack)
    return Composed(messages=() if last is None else (last,), faults=tuple(faults)), pack


def _tried(
    make: Callable[[WarningPack], Made], pack: WarningPack, village_id: str
) -> tuple[Made | None, WarningPack, list[str]]:
    """Make something as planned, else without plan and templates; None where neither can be.

    Returns also the pack that it was made with, and what went wrong before.
    """
    faults: list[str] = []
    for simpler in (pack, _plain(pack)):
        try:
            return make(simpler), simpler, faults
        except Exception as error:  # whatever one village's plan or bulletin breaks, it is told
            faults.append(f"not composed: {type(error).__name__}: {error}")
            log.exception("village %s could not be composed", village_id)
    return None, pack, faults


def _plain(pack: WarningPack) -> WarningPack:
    words = {
        language: plain_templates(language, pack.config.site_name) for language in pack.languages
    }
    return replace(pack, plans={}, templates=words, hazards=HazardMap())


def _keep_versions(
    connection: Connection, desk: Desk, occasion: Occasion, pack: WarningPack, minute: Minute
) -> None:
    for kind, content in (*pack.versions(occasion.village_id), *_village(occasion, pack)):
        explain.keep(connection, kind, desk.world.site, content, stored_at=minute.wall)


def _village(occasion: Occasion, pack: WarningPack) -> list[tuple[str, bytes]]:
    """Return the village where no bulletin spoke, whose risk configuration would hold it."""
    village = pack.village(occasion.village_id) if occasion.bulletin is None else None
    return [] if village is None else [("village", village_bytes(village))]


def _keep(
    connection: Connection, desk: Desk, composed: Composed, state: TierEpisode, minute: Minute
) -> None:
    for message in composed.messages:
        messages.keep(connection, desk.world, message, created_at=minute.wall)
    # An alert that breaks a rule of CAP is not kept, so it cannot leave.
    if composed.cap is not None and not composed.cap.faults:
        _keep_cap(connection, desk, composed.cap, state, minute)


def _keep_cap(
    connection: Connection, desk: Desk, cap: CapAlert, state: TierEpisode, minute: Minute
) -> None:
    messages.keep_cap(connection, desk.world, cap, (state.episode_id, state.revision))
    ends = minute.on_the_wall(renewal.expires_at(cap.content))
    to = desk.pack.config.cap_receivers
    pushed = pushes(cap, state, to, world=desk.world, written_at=minute.wall, expires_at=ends)
    queue.enqueue(connection, pushed)


def _deliveries(
    desk: Desk,
    composed: Composed,
    minute: Minute,
    *,
    peak: Tier,
    waits: timedelta,
    too: Mapping[str, tuple[str, ...]],
) -> tuple[list[Delivery], list[str]]:
    """Return a delivery for each person, siren and channel, and the places that have nobody.

    Parameters
    ----------
    too : of each place who is on site there, and leaves with its people
    """
    wanted: list[Delivery] = []
    nobody = [] if desk.roster.contacts else [f"nobody to tell: {desk.roster.why_empty}"]
    for (audience, place_id), group in groupby(sorted(composed.messages, key=_place), key=_place):
        by_language = {message.language: message for message in group}
        any_of_them = next(iter(by_language.values()))
        if audience is Audience.APPROVER:
            asks = _asking(desk, by_language, minute, waits=waits)
            nobody += [] if asks else [f"no approver to ask in {any_of_them.village_id}"]
            wanted += asks
            continue
        people = desk.roster.present(
            people_of(desk.roster, desk.pack.config, any_of_them), minute.wall
        )
        unknown = [ref for ref in any_of_them.recipients if desk.roster.contact(ref) is None]
        nobody += [f"not in the roster: {ref}" for ref in unknown]
        if not people:
            nobody.append(f"no {audience} to tell: {place_id or 'officers'}")
        there = too.get(place_id, ())
        nobody += cannot_be_told(desk.roster, there)
        people = leaving(desk.roster, people, there)
        sirens: tuple[Contact, ...] = ()
        if place_id in composed.aloud:
            sirens = sirens_of(desk.roster, desk.world.mode, any_of_them, peak=peak)
        rank = composed.ranks.get(place_id, 0)
        for person in (*people, *sirens):
            message = for_reader(by_language, person.language, desk.pack.languages)
            new = [_delivery(desk, message, person.ref, c, minute, rank) for c in person.channels]
            if audience is Audience.VILLAGER and waits > timedelta(0):
                new = [replace(each, next_at=minute.wall + waits) for each in new]
            wanted += [_slept(desk, person.role, each, composed, minute) for each in new]
    return wanted, nobody


def _slept(
    desk: Desk, role: str, delivery: Delivery, composed: Composed, minute: Minute
) -> Delivery:
    """Return a delivery that rings nobody before a warning that can wait may wake them."""
    if composed.rings_at is None or not rings(role, delivery.channel, desk.pack.config.waking):
        return delivery
    goes = minute.on_the_wall(composed.rings_at)
    return replace(
        delivery, next_at=goes, expires_at=max(delivery.expires_at, goes + RING_IS_WORTH)
    )


def _asking(
    desk: Desk, by_language: Mapping[str, WarningMessage], minute: Minute, *, waits: timedelta
) -> list[Delivery]:
    """Return the question to each approver, to leave at their turn, or not once the order went."""
    ask, in_exercise = next(iter(by_language.values())), desk.world.mode is Mode.EXERCISE
    may = desk.roster.approvers(ask.village_id, in_exercise=in_exercise)
    people = {c.ref: c for c in desk.roster.at_work(may, minute.wall)}
    in_turn = turns(ask.recipients, {ref: person.role for ref, person in people.items()})
    step = timedelta(minutes=desk.pack.config.ask_next_minutes)
    asks = []
    for ref, after in asked_after(in_turn, wait=waits, step=step).items():
        message = for_reader(by_language, people[ref].language, desk.pack.languages)
        new = [_delivery(desk, message, ref, c, minute) for c in people[ref].channels]
        goes, over = minute.wall + after, minute.wall + waits
        asks += [replace(each, next_at=goes, expires_at=over) for each in new]
    return asks


def _place(message: WarningMessage) -> tuple[Audience, str]:
    return message.audience, message.place_id


def _delivery(
    desk: Desk,
    message: WarningMessage,
    contact_ref: str,
    channel: str,
    minute: Minute,
    rank: int = 0,
) -> Delivery:
    purpose = message.audience.value
    key = delivery_key(
        message.episode_id,
        message.village_id,
        message.place_id,
        str(int(message.tier)),
        str(message.revision),
        contact_ref,
        channel,
        purpose,
    )
    return Delivery(
        key=key,
        world=desk.world,
        message_id=message.message_id,
        contact_ref=contact_ref,
        channel=channel,
        purpose=purpose,
        tier=message.tier,
        decide_by=message.decide_by,
        expires_at=minute.on_the_wall(message.expires_at),
        created_at=minute.wall,
        rank=rank,
    )
