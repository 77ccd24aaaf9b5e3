"""Door: one pass of the watch, or one after the other: look, tell whom it must, give a heartbeat.

What is told goes by the channels themselves and not by the outbox, which may be what is dead. It
works with the database down; a replay tells nobody.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event
from zoneinfo import ZoneInfo

from alerts.errors import SendError
from alerts.forms import SPEECH
from alerts.parcel import About, Channel, Parcel
from alerts.roster import Contact
from alerts.watchdog import remembered, words
from alerts.watchdog.alarm import Alarm, Severity
from alerts.watchdog.findings import OUTSIDE, findings, unseen
from alerts.watchdog.memory import Letter, Memory
from alerts.watchdog.short_list import Heartbeat, ShortList
from alerts.watchdog.sight import Sight, look
from alerts.watchdog.words import Reader
from pipeline.errors import PostFailed
from pipeline.outbound import TAKEN, Target, post
from pipeline.settings import Settings
from pipeline.world import Mode, World, live

log = logging.getLogger(__name__)

EVERY_S = 60.0
BEAT_S = 10.0
WORTH = timedelta(hours=1)
"""For how long a letter of the watch is worth reading: then the next one comes."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What one pass found and did.

    Attributes
    ----------
    told : how many persons got a letter
    untold : how many should have, and none of their channels took it
    """

    at: datetime
    alarms: tuple[Alarm, ...]
    reader: Reader
    told: int = 0
    untold: int = 0

    def lines(self) -> list[str]:
        """Return each alarm in one line, for a log."""
        return [words.headline(alarm, self.reader) for alarm in self.alarms]


@dataclass(slots=True)
class Watcher:
    """One of the two watchers.

    Attributes
    ----------
    lock_s : for which the other watcher's pass is waited for
    unsaved : what could not be written down, for the next pass of this process
    """

    settings: Settings
    channels: Mapping[str, Channel]
    clock: Callable[[], datetime]
    name: str = OUTSIDE
    ca_bundle: str | None = None
    lock_s: float = remembered.LOCK_S
    unsaved: Memory | None = field(default=None, init=False)

    def once(self) -> Passed:
        """Make one pass."""
        listed = ShortList.at_hand(self.settings.home)
        sight = look(self.settings, listed, self._memory(), by=self.name, clock=self.clock)
        for fault in () if sight.facts.list_readable else listed.faults:
            log.warning("%s", fault)
        found, now = findings(sight.facts, sight.rules), sight.facts.wall
        with remembered.alone(self.settings.home, within_s=self.lock_s):
            memory = self._memory().after(found, unseen(sight.facts), at=now)
            memory, told, untold = self._tell(memory, listed, sight)
            memory = replace(memory, passes={**memory.passes, self.name: now})
            if self.name == OUTSIDE and self.settings.mode is not Mode.REPLAY:
                silent = untold or (found and not listed.contacts)
                memory = self._beat(memory, listed.heartbeat, len(found), now, good=not silent)
            self._keep(memory)
        return Passed(now, found, _reader("en", sight, self.settings.mode), told, untold)

    def loop(self, stop: Event, *, every_s: float = EVERY_S) -> None:
        """Make a pass each minute until `stop` is set."""
        while not stop.is_set():
            try:
                for line in self.once().lines():
                    log.warning("%s", line)
            except Exception as error:  # noqa: BLE001 - the next pass may go, and must be tried
                # Its words can quote rows and addresses, so only its kind is told.
                log.error("a pass failed: %s", type(error).__name__)  # noqa: TRY400
            stop.wait(every_s)

    def _memory(self) -> Memory:
        return (self.unsaved or remembered.read(self.settings.home)).until(self.clock())

    def _keep(self, memory: Memory) -> None:
        try:
            remembered.write(self.settings.home, memory)
        except OSError as error:
            log.error("nothing was written down: %s", error.strerror)  # noqa: TRY400
            self.unsaved = memory
        else:
            self.unsaved = None

    def _tell(self, memory: Memory, listed: ShortList, sight: Sight) -> tuple[Memory, int, int]:
        told = untold = 0
        for contact in _to_tell(listed, self.settings.mode):
            letter = memory.letter(contact.ref, at=sight.facts.wall)
            if not letter:
                continue
            if self._took(contact, letter, sight):
                memory = memory.told(contact.ref, letter, at=sight.facts.wall)
                told += 1
            else:
                untold += 1
        return memory, told, untold

    def _took(self, contact: Contact, letter: Letter, sight: Sight) -> bool:
        """Send one letter by each of a person's channels; tell whether any may have taken it."""
        took = False
        for name in contact.channels:
            parcel = _parcel(contact, name, letter, sight, self.settings.mode)
            try:
                self.channels[name].send(parcel)
            except SendError as error:
                log.warning("a letter of the watch was not taken: %s", error)
                took |= error.uncertain
            except Exception as error:  # noqa: BLE001 - a channel's own fault must not end the pass
                log.error("channel %s: %s", name, type(error).__name__)  # noqa: TRY400
            else:
                took = True
        return took

    def _beat(
        self, memory: Memory, heartbeat: Heartbeat | None, alarms: int, now: datetime, *, good: bool
    ) -> Memory:
        """Give the second watcher its heartbeat, unless somebody should have been told and was not.

        Then it is the second watcher that speaks.
        """
        if heartbeat is None:
            return replace(memory, beat=None)
        memory = replace(memory, beat=memory.beat or now)
        if not good:
            return memory
        url = heartbeat.url.get_secret_value()
        target = Target(url, heartbeat.allow_private, self.ca_bundle)
        try:
            answer = post(target, f"{alarms} alarms".encode(), {}, budget_s=BEAT_S)
        except PostFailed as error:
            log.warning("no heartbeat: %s", error)
            return memory
        return replace(memory, beat=now) if answer.status in TAKEN else memory


def _to_tell(listed: ShortList, mode: Mode) -> tuple[Contact, ...]:
    """Return whom the watch may tell: nobody of a replay, of an exercise those marked for it."""
    match mode:
        case Mode.REPLAY:
            return ()
        case Mode.EXERCISE:
            return tuple(contact for contact in listed.contacts if contact.exercise)
        case Mode.LIVE:
            return listed.contacts


def _reader(language: str, sight: Sight, mode: Mode) -> Reader:
    return Reader(language, sight.site_name, ZoneInfo(sight.zone), mode is Mode.EXERCISE)


def _parcel(contact: Contact, channel: str, letter: Letter, sight: Sight, mode: Mode) -> Parcel:
    reader, at = _reader(contact.language, sight, mode), sight.facts.wall
    alarms = (*letter.new, *letter.again, *letter.over)
    parts = (contact.ref, at.isoformat(), *(alarm.id for alarm in alarms))
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    is_spoken = channel in SPEECH
    site = sight.site_id
    world = live(site) if mode is Mode.LIVE else World(site, mode, "watch")
    return Parcel(
        key=key,
        contact_ref=contact.ref,
        address=contact.address(channel),
        subject="" if is_spoken else words.subject(letter, reader),
        body=words.short(letter, reader) if is_spoken else words.body(letter, reader),
        language=reader.language,
        queued_at=at,
        urgent=any(alarm.severity is Severity.GRAVE for alarm in (*letter.new, *letter.again)),
        about=About(world, key, at + WORTH),
    )
