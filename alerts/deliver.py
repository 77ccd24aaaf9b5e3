"""Door: sends what is due in one world. Lease, send, record; a repeat bears the same id.

A sender serves the deployment's mode and refuses every other. A pass tries what was due when it
began, each once, and ends in time. Each channel has its own hands and each parcel a time budget,
so that a receiver or a provider that is dead or slow holds up nobody else.
"""

from __future__ import annotations

import logging
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import FrameType

from typing_extensions import override

from alerts import ack
from alerts.errors import AlertError, NothingToDo, Refused, SendError, Unreachable
from alerts.forms import SPEECH, Form
from alerts.ledger import climbs, messages, notices
from alerts.ledger.notices import Letter
from alerts.message import with_answer_link
from alerts.outage import CHECK
from alerts.outbox import queue
from alerts.outbox.delivery import LADDER, NOTICE, Delivery, Outcome, State
from alerts.parcel import About, Channel, Parcel
from alerts.roster import SIREN, Contact, Roster, signing_key
from alerts.sounding import sounds
from alerts.tier import Tier
from alerts.warning_message import Audience
from pipeline import clock
from pipeline.database import Engine, SQLAlchemyError
from pipeline.errors import StoreUnavailable
from pipeline.settings import Settings
from pipeline.world import Mode, World

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Parcels of one channel on their way at the same time."""
GIVEN_UP_AFTER = 3
"""Failures in a row to reach a channel's provider, after which a pass leaves the channel alone."""
PASS_S = 120.0
"""A pass inside a cycle takes up no parcel after that: well under a task's time limit."""
TURN_S = 10.0
"""As `PASS_S` in the loop, whose next pass follows at once: nobody waits longer for its hands."""
POLL_S = 1.0
CHASE_S = 10.0
"""From one look at the answers to the next."""
NOBODY_STANDS_IN = frozenset({CHECK, Audience.APPROVER.value})
"""Purposes of what is for that person alone: a right is not lent, nor can another be asked."""
ANSWER_LINE = {
    "en": "Tap here to say that you received this: {link}",
    "zh": "收到请点这里确认：{link}",
    "fr": "Touchez ici pour dire que vous avez reçu ce message : {link}",
}


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one pass did.

    Attributes
    ----------
    states : how many deliveries were brought to which state
    """

    states: Mapping[State, int] = field(default_factory=dict)

    @override
    def __str__(self) -> str:
        """Return the counts in words, for a log."""
        counts = ", ".join(f"{self.states[state]} {state}" for state in sorted(self.states))
        return counts or "nothing was due"


def deliver_once(
    engine: Engine,
    settings: Settings,
    world: World,
    roster: Roster,
    channels: Mapping[str, Channel],
    *,
    now: datetime,
) -> Delivered:
    """Send everything that is due in `world` at `now` (wall time), the most urgent first.

    Raises
    ------
    Refused
        The world's mode is not the deployment's, or is replay.
    RosterError
        There is no key to sign the answer links with.
    """
    sender = _Sender(engine, settings, world, roster, channels, _running(now))
    return sender.drain(threading.Event(), within_s=PASS_S)


def loop(
    engine: Engine,
    settings: Settings,
    present: Callable[[], World],
    channels: Mapping[str, Channel],
    *,
    stop: threading.Event,
    chase: Callable[[Roster], object],
) -> None:
    """Send what is due each second until `stop` is set; what was leased by then is still sent.

    Parameters
    ----------
    present : returns the world to serve now; its AlertError means that there is none
    chase : chases the answers; whatever fails in that holds up no order
    """
    chased = -CHASE_S
    while not stop.is_set():
        try:
            roster = Roster.load(settings.home)
            if time.monotonic() - chased >= CHASE_S:
                chased = time.monotonic()
                _chase(chase, roster)
            sender = _Sender(engine, settings, present(), roster, channels, clock.now)
            done = sender.drain(stop, within_s=TURN_S)
            if done.states:
                log.info("delivered: %s", done)
        except AlertError as reason:
            log.warning("no pass: %s", reason)
        except Exception as error:  # noqa: BLE001 - the next pass may go, and must be tried
            # Its words can quote rows and addresses, so only its kind is told.
            log.error("a pass failed: %s", type(error).__name__)  # noqa: TRY400
        stop.wait(POLL_S)


def _chase(chase: Callable[[Roster], object], roster: Roster) -> None:
    try:
        chase(roster)
    except NothingToDo:
        return
    except Exception as error:  # noqa: BLE001 - the orders must go, and the next pass looks again
        # as of a pass: its words can quote rows
        log.error("nobody was called: %s", type(error).__name__)  # noqa: TRY400


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    return stop


def _running(now: datetime) -> Callable[[], datetime]:
    """Return a clock that starts at `now`: leases need the time that sending takes."""
    begun = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - begun)


class _Line:
    """What the hands of one channel share in one pass."""

    def __init__(self, channel: str, due: datetime, ends: float, stop: threading.Event) -> None:
        self.wanted = queue.Wanted(channel, due)
        self.ends = ends
        self.stop = stop
        self.over = threading.Event()
        self.unreached = 0
        self.count = threading.Lock()

    def goes_on(self) -> bool:
        """Tell whether another parcel may be taken up."""
        return not (
            self.stop.is_set()
            or self.over.is_set()
            or self.unreached >= GIVEN_UP_AFTER
            or time.monotonic() >= self.ends
        )

    def note(self, *, reached: bool) -> None:
        """Count the failures in a row to reach the provider."""
        with self.count:
            self.unreached = 0 if reached else self.unreached + 1


@dataclass(frozen=True, slots=True)
class _Sent:
    """What came of handing one parcel over."""

    outcome: Outcome
    detail: str | None = None
    reference: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class _Sender:
    engine: Engine
    settings: Settings
    world: World
    roster: Roster
    channels: Mapping[str, Channel]
    now: Callable[[], datetime]
    # Two senders, also two in one process, must not take each other's leases for their own.
    name: str = field(
        default_factory=lambda: f"{socket.gethostname()[:40]}/{time.monotonic_ns():x}"
    )

    def drain(self, stop: threading.Event, *, within_s: float) -> Delivered:
        """Try what is due now, each once, until `stop` is set; what was leased is still sent."""
        self._refuse_other_modes()
        key, begun = signing_key(self.settings.home), self.now()
        with self.engine.begin() as connection:
            queue.recover(connection, self.world, now=begun)
            due = queue.channels_due(connection, self.world, due=begun)
        if not due:
            return Delivered()
        lines = [_Line(name, begun, time.monotonic() + within_s, stop) for name in due]
        with ThreadPoolExecutor(AT_ONCE * len(lines)) as pool:
            try:
                hands = [pool.submit(self._send_on, key, line) for line in lines * AT_ONCE]
                wait(hands)
            finally:
                # Whatever broke this off, the pool waits for its hands: they must come to an end.
                for line in lines:
                    line.over.set()
        return Delivered(dict(sum((hand.result() for hand in hands), Counter[State]())))

    def _send_on(self, key: bytes, line: _Line) -> Counter[State]:
        """Send one parcel after the other: who waits for a slow receiver holds nothing else."""
        done: Counter[State] = Counter()
        while line.goes_on() and (leased := self._lease(line)):
            done.update(self._deliver(each, key, line) for each in leased)
        return done

    def _refuse_other_modes(self) -> None:
        if self.world.mode is Mode.REPLAY or self.world.mode is not self.settings.mode:
            raise Refused(
                f"this sender serves {self.settings.mode}; it sends nothing of a {self.world.mode}"
            )

    def _lease(self, line: _Line) -> list[Delivery]:
        with self.engine.begin() as connection:
            return queue.lease(connection, self.world, line.wanted, by=self.name, now=self.now())

    def _deliver(self, leased: Delivery, key: bytes, line: _Line) -> State:
        """Send one parcel; return where that took its delivery."""
        with self.engine.begin() as connection:
            begun = queue.begin(connection, leased, by=self.name, now=self.now())
        if not isinstance(begun, Delivery):
            return begun
        sent = self._send(begun, key, line)
        with self.engine.begin() as connection:
            verdict = queue.finish(
                connection,
                begun,
                sent.outcome,
                now=self.now(),
                detail=sent.detail,
                retry_after=sent.retry_after,
            )
            if sent.reference is not None:
                queue.refer(connection, begun, sent.reference)
        return verdict.state

    def _send(self, begun: Delivery, key: bytes, line: _Line) -> _Sent:
        try:
            channel, parcel = self._packed(begun, key)
        except SendError as error:
            return _unsent(error)
        except (SQLAlchemyError, StoreUnavailable) as error:
            return _Sent(Outcome.TEMPORARY, _told(begun, error))
        except Exception as error:  # noqa: BLE001 - nothing left, and no repeat would mend it
            return _Sent(Outcome.PERMANENT, _told(begun, error))
        try:
            reference = channel.send(parcel)
        except SendError as error:
            line.note(reached=not isinstance(error, Unreachable))
            return _unsent(error)
        except Exception as error:  # noqa: BLE001 - told to the officer as uncertain
            # A channel's own fault: whether the parcel left, nobody knows.
            return _Sent(Outcome.UNCERTAIN, _told(begun, error))
        line.note(reached=True)
        return _Sent(Outcome.ACCEPTED, reference=reference)

    def _packed(self, begun: Delivery, key: bytes) -> tuple[Channel, Parcel]:
        read = self._read(begun, key)
        channel = self.channels.get(begun.channel)
        contact = _reached(self.roster, begun, self.now())
        if read is None or channel is None or contact is None:
            raise SendError("the message, channel or contact is not there", retryable=False)
        if self.world.mode is Mode.EXERCISE and not contact.exercise:
            raise SendError("the contact is not marked for exercises", retryable=False)
        letter, about = read
        return channel, _parcel(begun, _carried(letter, begun.channel), contact, about)

    def _read(self, begun: Delivery, key: bytes) -> tuple[Letter, About] | None:
        """Return what is to be read: a message with its answer's link, or what has none."""
        about = About(begun.world, begun.message_id, begun.expires_at)
        with self.engine.connect() as connection:
            if begun.purpose in {NOTICE, CHECK}:
                notice = notices.letter(connection, self.world, begun.message_id)
                if notice is not None and begun.purpose == CHECK:
                    line = self._answer_line(begun, notice.language, key)
                    notice = replace(notice, body=with_answer_link(notice.body, line))
                return None if notice is None else (notice, about)
            if begun.purpose == LADDER:
                called = climbs.letter(connection, self.world, begun.message_id)
                return None if called is None else (called, about)
            kept = messages.message(connection, self.world, begun.message_id)
        if kept is None:
            return None
        said = kept.message
        body = said.body
        # "received" must not be taken for a yes, and a loudspeaker reads what it is given
        if begun.purpose != Audience.APPROVER and begun.channel != SIREN:
            body = with_answer_link(body, self._answer_line(begun, said.language, key))
        about = replace(
            about,
            audience=said.audience,
            village_id=said.village_id,
            place_id=said.place_id or None,
            action=said.action.value,
            decide_by=said.decide_by,
            sounds=sounds(said.tier, said.action),
        )
        return Letter(said.language, said.subject, body, said.sms, said.voice), about

    def _answer_line(self, begun: Delivery, spoken: str, key: bytes) -> str:
        token = ack.token(key, begun.key, at=begun.created_at)
        link = ack.link(self.settings.public_url, token)
        language = spoken.partition("-")[0]
        return ANSWER_LINE.get(language, ANSWER_LINE["en"]).format(link=link)


def _reached(roster: Roster, begun: Delivery, at: datetime) -> Contact | None:
    """Return whom a delivery goes to now: of who is away, one who stands in and can be reached."""
    contact = roster.contact(begun.contact_ref)
    if contact is None or begun.purpose in NOBODY_STANDS_IN:
        return contact
    for there in roster.present([contact], at):
        if begun.channel in there.channels and (there.exercise or begun.world.mode is Mode.LIVE):
            return there
    return contact


def _carried(letter: Letter, channel: str) -> Letter:
    """Return what a channel brings of a text; a telephone its own words, with no link."""
    if channel not in SPEECH:
        return letter
    words = letter.sms if channel == Form.SMS else letter.voice
    if words is None:
        raise SendError(f"{channel}: nothing was written in this form", retryable=False)
    return replace(letter, subject="", body=words)


def _parcel(begun: Delivery, letter: Letter, contact: Contact, about: About) -> Parcel:
    return Parcel(
        key=begun.key,
        contact_ref=contact.ref,
        address=contact.address(begun.channel),
        subject=letter.subject,
        body=letter.body,
        language=letter.language,
        queued_at=begun.created_at,
        urgent=begun.tier >= Tier.ORANGE,
        about=about,
    )


def _unsent(error: SendError) -> _Sent:
    if error.uncertain:
        outcome = Outcome.UNCERTAIN
    else:
        outcome = Outcome.TEMPORARY if error.retryable else Outcome.PERMANENT
    return _Sent(outcome, str(error), retry_after=error.retry_after)


def _told(begun: Delivery, error: Exception) -> str:
    """Log a fault of ours and return its kind; its words may quote an address, so only that."""
    why = type(error).__name__
    log.error("channel %s, delivery %s: %s", begun.channel, begun.key, why)
    return why
