"""Door: sends what is due in one world. Lease, send, record; a repeat bears the same id.

A sender serves the deployment's mode and refuses every other. Parcels go several at a time and
each in a time budget, so that a receiver that is dead or slow holds up nobody else.
"""

from __future__ import annotations

import logging
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import FrameType

from typing_extensions import override

from alerts import ack
from alerts.errors import AlertError, Refused, SendError
from alerts.ledger import messages
from alerts.ledger.messages import Kept
from alerts.message import with_answer_link
from alerts.outbox import queue
from alerts.outbox.delivery import Delivery, Outcome, State
from alerts.parcel import Channel, Parcel
from alerts.roster import Contact, Roster, signing_key
from alerts.tier import Tier
from pipeline import clock
from pipeline.database import Engine, SQLAlchemyError
from pipeline.settings import Settings
from pipeline.world import Mode, World

log = logging.getLogger(__name__)

AT_ONCE = 8
POLL_S = 1.0
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
    return _Sender(engine, settings, world, roster, channels, _running(now)).drain(
        threading.Event()
    )


def loop(
    engine: Engine,
    settings: Settings,
    present: Callable[[], World],
    channels: Mapping[str, Channel],
    *,
    stop: threading.Event,
) -> None:
    """Send what is due each second until `stop` is set; what was leased by then is still sent.

    Parameters
    ----------
    present : returns the world to serve now; its AlertError means that there is none
    """
    while not stop.is_set():
        try:
            roster = Roster.load(settings.home)
            done = _Sender(engine, settings, present(), roster, channels, clock.now).drain(stop)
            if done.states:
                log.info("delivered: %s", done)
        except AlertError as reason:
            log.warning("no pass: %s", reason)
        except (SQLAlchemyError, OSError) as error:
            # The database may come back; its words can quote rows, so only the kind is told.
            log.error("a pass failed: %s", type(error).__name__)  # noqa: TRY400
        stop.wait(POLL_S)


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

    def drain(self, stop: threading.Event) -> Delivered:
        """Send until nothing is due or `stop` is set; what was leased by then is still sent."""
        self._refuse_other_modes()
        key = signing_key(self.settings.home)
        with self.engine.begin() as connection:
            queue.recover(connection, self.world, now=self.now())
        with ThreadPoolExecutor(AT_ONCE) as pool:
            hands = [pool.submit(self._send_on, key, stop) for _ in range(AT_ONCE)]
        return Delivered(dict(sum((hand.result() for hand in hands), Counter[State]())))

    def _send_on(self, key: bytes, stop: threading.Event) -> Counter[State]:
        """Send one parcel after the other: who waits for a slow receiver holds nothing else."""
        done: Counter[State] = Counter()
        while not stop.is_set() and (leased := self._lease()):
            done.update(self._deliver(each, key) for each in leased)
        return done

    def _refuse_other_modes(self) -> None:
        if self.world.mode is Mode.REPLAY or self.world.mode is not self.settings.mode:
            raise Refused(
                f"this sender serves {self.settings.mode}; it sends nothing of a {self.world.mode}"
            )

    def _lease(self) -> list[Delivery]:
        with self.engine.begin() as connection:
            return queue.lease(connection, self.world, by=self.name, now=self.now(), limit=1)

    def _deliver(self, leased: Delivery, key: bytes) -> State:
        """Send one parcel; return where that took its delivery."""
        with self.engine.begin() as connection:
            begun = queue.begin(connection, leased, by=self.name, now=self.now())
            kept = messages.message(connection, self.world, leased.message_id)
        if not isinstance(begun, Delivery):
            return begun
        outcome, detail, retry_after = self._send(begun, kept, key)
        with self.engine.begin() as connection:
            verdict = queue.finish(
                connection,
                begun,
                outcome,
                now=self.now(),
                detail=detail,
                retry_after=retry_after,
            )
        return verdict.state

    def _send(
        self, begun: Delivery, kept: Kept | None, key: bytes
    ) -> tuple[Outcome, str | None, float | None]:
        try:
            channel, parcel = self._packed(begun, kept, key)
            channel.send(parcel)
        except SendError as error:
            return _outcome(error), str(error), error.retry_after
        except Exception as error:  # noqa: BLE001 - told to the officer as uncertain
            # A channel's own fault: whether the parcel left, nobody knows.
            # Its words may quote an address, so only its kind is told.
            why = type(error).__name__
            log.error("channel %s, delivery %s: %s", begun.channel, begun.key, why)  # noqa: TRY400
            return Outcome.UNCERTAIN, why, None
        return Outcome.ACCEPTED, None, None

    def _packed(self, begun: Delivery, kept: Kept | None, key: bytes) -> tuple[Channel, Parcel]:
        channel = self.channels.get(begun.channel)
        contact = self.roster.contact(begun.contact_ref)
        if kept is None or channel is None or contact is None:
            raise SendError("the message, channel or contact is not there", retryable=False)
        if self.world.mode is Mode.EXERCISE and not contact.exercise:
            raise SendError("the contact is not marked for exercises", retryable=False)
        return channel, _parcel(begun, kept, contact, self._answer_line(begun, kept, key))

    def _answer_line(self, begun: Delivery, kept: Kept, key: bytes) -> str:
        token = ack.token(key, begun.key, at=begun.created_at)
        link = ack.link(self.settings.public_url, token)
        language = kept.message.language.partition("-")[0]
        return ANSWER_LINE.get(language, ANSWER_LINE["en"]).format(link=link)


def _parcel(begun: Delivery, kept: Kept, contact: Contact, answer_line: str) -> Parcel:
    return Parcel(
        key=begun.key,
        contact_ref=contact.ref,
        address=contact.email,
        subject=kept.message.subject,
        body=with_answer_link(kept.message.body, answer_line),
        language=kept.message.language,
        queued_at=begun.created_at,
        urgent=begun.tier >= Tier.ORANGE,
    )


def _outcome(error: SendError) -> Outcome:
    if error.uncertain:
        return Outcome.UNCERTAIN
    return Outcome.TEMPORARY if error.retryable else Outcome.PERMANENT
