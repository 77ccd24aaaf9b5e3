"""Door: tells duty officers once of each feed, or township's stations, that falls silent.

It rests on the newest bulletin that people were warned of, so it comes after every order of that
slot, and its deliveries go after every order's. No village hears of it. What was told is in the
ledger: a repeat, a restart or another process tells it no second time.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from typing_extensions import override

from alerts.addressed import for_reader
from alerts.forms import spoken
from alerts.issue import Desk, refuse_replay
from alerts.ledger import fence, notices
from alerts.ledger.notices import Letter
from alerts.message import Voice
from alerts.notice_facts import notice_text
from alerts.outage import Ground, Notice, Word
from alerts.outage import notices as decide
from alerts.outbox import queue
from alerts.outbox.delivery import NOTICE, Delivery, delivery_key
from alerts.roster import Contact
from alerts.tier import Tier
from pipeline.assess import bulletins
from pipeline.bulletin import DataState, RiskBulletin, StationEventKind
from pipeline.database import Connection, reading

log = logging.getLogger(__name__)

MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Watched:
    """One notice, and how many deliveries it brought: none where orders have told of it already."""

    notice: Notice
    deliveries: int

    @override
    def __str__(self) -> str:
        """Return the notice in words, for a log."""
        return f"{self.notice.source} {self.notice.word}: {self.deliveries} deliveries"


def watch(desk: Desk, *, now: datetime) -> tuple[Watched, ...]:
    """Tell officers of what has fallen silent, and of what is back, by the newest warned bulletin.

    Parameters
    ----------
    now : wall time

    Raises
    ------
    Refused
        The world is a replay: nobody is told of the past.
    """
    refuse_replay(desk.world)
    with reading(desk.engine) as connection:
        slot = fence.last_warned(connection, desk.world)
        told = notices.newest(connection, desk.world)
    if slot is None:
        return ()
    ground = Ground(desk.pack.feeds, desk.pack.villages, desk.pack.config)
    (bulletin,) = bulletins(desk.engine, desk.world, after=slot - MOMENT, upto=slot)
    due = decide(told, bulletin, ground)
    if not due:
        return ()
    with desk.engine.begin() as connection:
        fence.hold(connection, desk.world)
        if notices.newest(connection, desk.world) != told:
            return ()  # another process told it; the next cycle looks again
        found = [_told(connection, desk, each, bulletin, now=now) for each in due]
        return tuple(each for each in found if each is not None)


def _told(
    connection: Connection, desk: Desk, notice: Notice, bulletin: RiskBulletin, *, now: datetime
) -> Watched | None:
    """Keep one notice and queue it; None where there is nobody, who may be there a cycle later."""
    people: list[Contact] = []
    if notice.word is Word.HEARD:
        people = [c for ref in notice.recipients if (c := desk.roster.contact(ref)) is not None]
    elif not _is_named(connection, desk, notice, bulletin):
        people = list(desk.roster.present(_officers(desk, notice), now))
        if not people:
            log.warning("nobody to tell that %s is silent", notice.source)
            return None
        notice = replace(notice, recipients=tuple(person.ref for person in people))
    texts = [_letter(desk, notice, language, bulletin) for language in desk.pack.templates]
    sha256 = bulletin.decision_sha256
    notices.keep(connection, desk.world, notice, texts, decision_sha256=sha256, created_at=now)
    wanted = _deliveries(desk, notice, people, now=now)
    return Watched(notice, queue.enqueue(connection, wanted))


def _is_named(connection: Connection, desk: Desk, notice: Notice, bulletin: RiskBulletin) -> bool:
    """Tell whether what officers are told at this slot of each village that it touches names it."""
    state = dict(zip(bulletin.villages, bulletin.data_states, strict=True))
    touched = {v for v in notice.villages if state.get(v) is not DataState.COMPLETE}
    named = {
        village
        for event in bulletin.events
        if event.kind is StationEventKind.DEATH and event.station_id in notice.stations
        for village in event.villages
    }
    told = notices.villages_told_of(connection, desk.world, bulletin.slot)
    return bool(touched) and touched <= named & told


def _officers(desk: Desk, notice: Notice) -> list[Contact]:
    """Return the officers of the villages that the source speaks for, or of all where of none."""
    roles = set(desk.pack.config.roles.officers)
    villages = notice.villages or [village.village_id for village in desk.pack.villages]
    return [
        contact
        for contact in desk.roster.contacts
        if contact.role in roles and any(contact.covers(v) for v in villages)
    ]


def _letter(desk: Desk, notice: Notice, language: str, bulletin: RiskBulletin) -> Letter:
    voice = Voice(desk.world.mode, desk.pack.templates[language], desk.pack.config)
    text = notice_text(notice, voice, at=bulletin.cutoff)
    if text.fault is not None:
        log.warning("notice in %s: %s", language, text.fault)
    return Letter(language, text.subject, text.body, **spoken(text, voice))


def _deliveries(
    desk: Desk, notice: Notice, people: Collection[Contact], *, now: datetime
) -> list[Delivery]:
    step, world = notice.id_in(desk.world), desk.world
    written = {language: notice.id_in(world, language) for language in desk.pack.templates}
    return [
        Delivery(
            key=delivery_key(step, person.ref, channel, NOTICE),
            world=world,
            message_id=for_reader(written, person.language, desk.pack.languages),
            contact_ref=person.ref,
            channel=channel,
            purpose=NOTICE,
            tier=Tier.NONE,  # behind every order in the queue
            decide_by=None,
            expires_at=now + timedelta(minutes=desk.pack.config.expires_minutes),
            created_at=now,
        )
        for person in people
        for channel in person.channels
    ]
