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
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import FrameType

from typing_extensions import override

from alerts import serving
from alerts.cap_receiver import MOST_RECEIVERS, is_push, provider_of
from alerts.channels import allowance
from alerts.errors import AlertError, NothingToDo, Refused, SendError, Unreachable
from alerts.forms import Form
from alerts.one_call import MOST_IN_A_CALL, in_one_call
from alerts.outbox import buckets, queue
from alerts.outbox.delivery import RING_BACK, Delivery, Outcome, State, Verdict
from alerts.outbox.line import Line, Taken, ends_at
from alerts.packing import Packer, reached
from alerts.parcel import Channel, Parcel
from alerts.roster import Roster, signing_key
from pipeline import clock
from pipeline.database import Connection, Engine, SQLAlchemyError
from pipeline.errors import StoreUnavailable
from pipeline.settings import Settings
from pipeline.world import Mode, World

log = logging.getLogger(__name__)

NOT_TAKEN = frozenset({Outcome.TEMPORARY, Outcome.PERMANENT})
"""With which a provider plainly called nobody."""
AT_ONCE = 8
"""Parcels of one channel on their way at the same time; of a receiver of CAP alerts, one."""
MOST_CHANNELS = 16
"""To people, at work at the same time."""
PASS_S = 120.0
"""A pass inside a cycle takes up no parcel after that: well under a task's time limit."""
TURN_S = 10.0
"""As `PASS_S` in the loop, whose next pass follows at once: nobody waits longer for its hands."""
POLL_S = 1.0
CHASE_S = 10.0
"""From one look at the answers to the next."""


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
        The world's mode is not the deployment's, or is replay; or it is not this host's turn, or
        the sender is held.
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
            if time.monotonic() - chased >= CHASE_S and serving.has_turn(engine, settings):
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
        """Try what is due now, each once, until `stop` is set; what was leased is still sent.

        While a channel waits for its provider, what comes in for the others is tried as well.
        """
        self._refuse_other_modes()
        key, begun, began = signing_key(self.settings.home), self.now(), time.monotonic()
        fence = serving.seen(self.settings)
        with self.engine.begin() as connection:
            serving.require_turn(connection, self.settings, fence)
            queue.recover(connection, self.world, now=begun)
        hands: dict[Future[Counter[State]], Line] = {}
        with ThreadPoolExecutor(AT_ONCE * MOST_CHANNELS + MOST_RECEIVERS) as pool:
            try:
                due: datetime | None = begun
                while due is not None:
                    for channel in self._idle(hands, due):
                        allowed = allowance(self.settings, channel)
                        ends = ends_at(channel, begun=began, within_s=within_s)
                        line = Line(queue.Wanted(channel, due), ends, stop, allowed)
                        of_it = range(1 if is_push(channel) else AT_ONCE)
                        hands |= {pool.submit(self._send_on, key, line): line for _ in of_it}
                    due = self._joined_at(hands)
            finally:
                # Whatever broke this off, the pool waits for its hands: they must come to an end.
                for line in hands.values():
                    line.over.set()
        return Delivered(dict(sum((hand.result() for hand in hands), Counter[State]())))

    def _idle(self, hands: Mapping[Future[Counter[State]], Line], due: datetime) -> list[str]:
        """Return the channels that have something to send and are not at work, nor given up."""
        with self.engine.begin() as connection:
            names = queue.channels_due(connection, self.world, due=due)
        busy = {
            line.wanted.channel
            for hand, line in hands.items()
            if not (hand.done() and line.has_nothing_left)
        }
        return [name for name in names if name not in busy]

    def _joined_at(self, hands: Mapping[Future[Counter[State]], Line]) -> datetime | None:
        """Return when others may join, while a line lets them; None at the end."""
        going = set(hands)
        while going:
            _, going = wait(going, timeout=POLL_S)
            if any(hands[hand].lets_others_join for hand in going):
                return self.now()
        return None

    def _send_on(self, key: bytes, line: Line) -> Counter[State]:
        """Send one parcel after the other: who waits for a slow receiver holds nothing else."""
        done: Counter[State] = Counter()
        while (taken := self._next(key, line)) is not None:
            state = self._deliver(taken, key, line) if isinstance(taken, Taken) else taken
            if state is not State.PENDING:  # a push whose order waits was brought nowhere
                done[state] += 1
        return done

    def _next(self, key: bytes, line: Line) -> Taken | State | None:
        """Take up the most urgent parcel once the provider may be asked; None at the line's end."""
        with line.turn:
            while line.goes_on():
                taken = self._take_up(key, line)
                if not isinstance(taken, datetime):
                    line.found_nothing = taken is None
                    return taken
                line.wait((taken - self.now()).total_seconds())
                line.begin_anew(self.now())
        return None

    def _take_up(self, key: bytes, line: Line) -> Taken | State | datetime | None:
        """Begin one attempt; return it, where it stands instead, or when one may be begun.

        Nothing is leased while the account is empty, so that what leaves next is what is the most
        urgent then.
        """
        fence = serving.seen(self.settings)
        with self.engine.begin() as connection:
            if not serving.may_send(connection, self.settings, fence):
                return None
            now = self.now()
            free = buckets.free_at(connection, [line.account], now=now)
            if free > now:
                return free
            leased = queue.lease(connection, self.world, line.wanted, by=self.name, now=now)
            if not leased:
                return None
            gates = line.gates(reached(self.roster, leased[0], now), key)
            begun = queue.begin(connection, leased[0], by=self.name, now=now, gates=gates)
            if not isinstance(begun, Delivery):
                return begun
            return Taken(begun, gates, now, self._beside(connection, begun, now))

    def _beside(
        self, connection: Connection, lead: Delivery, now: datetime
    ) -> tuple[Delivery, ...]:
        """Begin what goes in one call with a delivery: five places are not five calls."""
        if lead.channel != Form.VOICE or lead.purpose == RING_BACK:
            return ()
        if queue.is_uncertain(connection, lead):  # a repeat under its id says what it said
            return ()
        wanted = queue.Wanted(lead.channel, now, MOST_IN_A_CALL - 1, beside=lead)
        leased = queue.lease(connection, self.world, wanted, by=self.name, now=now)
        begun = (queue.begin(connection, each, by=self.name, now=now) for each in leased)
        return tuple(each for each in begun if isinstance(each, Delivery))

    def _refuse_other_modes(self) -> None:
        if self.world.mode is Mode.REPLAY or self.world.mode is not self.settings.mode:
            raise Refused(
                f"this sender serves {self.settings.mode}; it sends nothing of a {self.world.mode}"
            )

    def _deliver(self, taken: Taken, key: bytes, line: Line) -> State:
        """Send one parcel; return where that took its delivery."""
        packer = Packer(self.engine, self.settings, self.roster, key)
        packed, wrong = self._packed(taken, packer)
        # whoever could be packed first lends the call its key
        head = packed[0].key if packed else ""
        self._joined(taken, head, [parcel.key for parcel in packed[1:]])
        sent = self._send(packed, line) if packed else wrong[taken.delivery.key]
        now = self.now()
        verdicts = []
        for begun in (taken.delivery, *taken.beside):
            reference = sent.reference if begun.key == head else head
            # each by itself: two calls that share people must not wait for each other's rows
            with self.engine.begin() as connection:
                came = wrong.get(begun.key, sent)
                verdicts.append(self._finished(connection, begun, came, reference, now))
        if sent.outcome in NOT_TAKEN and line.gives_back:
            with self.engine.begin() as connection:
                queue.hasten(connection, taken.delivery, now=now)
                buckets.give_back(connection, taken.gates, taken_at=taken.at)
        return verdicts[0].state

    def _joined(self, taken: Taken, head: str, others: list[str]) -> None:
        """Note whose call each goes in before it is made: answers may overtake the gateway's."""
        joined = [begun for begun in taken.beside if begun.key in others]
        if joined:
            with self.engine.begin() as connection:
                for begun in joined:
                    queue.refer(connection, begun, head)

    @staticmethod
    def _finished(
        connection: Connection, begun: Delivery, sent: _Sent, reference: str | None, now: datetime
    ) -> Verdict:
        verdict = queue.finish(
            connection,
            begun,
            sent.outcome,
            now=now,
            detail=sent.detail,
            retry_after=sent.retry_after,
        )
        if reference:
            # of a call that nobody took, a later one under the same key says nothing
            queue.refer(connection, begun, None if sent.outcome in NOT_TAKEN else reference)
        return verdict

    def _packed(self, taken: Taken, packer: Packer) -> tuple[list[Parcel], dict[str, _Sent]]:
        """Return the parcels that are sent as one, and what is wrong with the others, by key."""
        parcels, wrong = [], dict[str, _Sent]()
        for begun in (taken.delivery, *taken.beside):
            try:
                parcels.append(packer.packed(begun, at=self.now()))
            except SendError as error:
                wrong[begun.key] = _unsent(error)
            except (SQLAlchemyError, StoreUnavailable) as error:
                wrong[begun.key] = _Sent(Outcome.TEMPORARY, _told(begun.channel, begun.key, error))
            except Exception as error:  # noqa: BLE001 - nothing left, and no repeat would mend it
                wrong[begun.key] = _Sent(Outcome.PERMANENT, _told(begun.channel, begun.key, error))
        return parcels, wrong

    def _send(self, parcels: list[Parcel], line: Line) -> _Sent:
        first, name = parcels[0], line.wanted.channel
        whole = replace(first, body=in_one_call([parcel.body for parcel in parcels]))
        channel = self.channels.get(provider_of(name))
        if channel is None:
            return _Sent(Outcome.PERMANENT, "there is no such channel")
        try:
            reference = channel.send(whole)
        except SendError as error:
            line.note(reached=not isinstance(error, Unreachable))
            return _unsent(error)
        except Exception as error:  # noqa: BLE001 - told to the officer as uncertain
            # A channel's own fault: whether the parcel left, nobody knows.
            return _Sent(Outcome.UNCERTAIN, _told(name, first.key, error))
        line.note(reached=True)
        return _Sent(Outcome.ACCEPTED, reference=reference)


def _unsent(error: SendError) -> _Sent:
    if error.uncertain:
        outcome = Outcome.UNCERTAIN
    else:
        outcome = Outcome.TEMPORARY if error.retryable else Outcome.PERMANENT
    return _Sent(outcome, str(error), retry_after=error.retry_after)


def _told(channel: str, key: str, error: Exception) -> str:
    """Log a fault of ours and return its kind; its words may quote an address, so only that."""
    why = type(error).__name__
    log.error("channel %s, delivery %s: %s", channel, key, why)
    return why
