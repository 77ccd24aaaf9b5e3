"""What the hands of one channel share in one pass: what they ask for, and until when."""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime

from alerts.cap_receiver import BUDGET_S, is_push
from alerts.forms import Form
from alerts.outbox.buckets import Gate, scope_of
from alerts.outbox.delivery import Delivery
from alerts.outbox.queue import Wanted
from alerts.pace import UNLIMITED, Allowance
from alerts.roster import Contact

PUSH_S = 20.0
"""As a pass's own time, for what is pushed to machines: each push is over by then."""
GIVEN_UP_AFTER = 3
"""Failures in a row to reach a channel's provider, after which a pass leaves the channel alone."""
LOOK_UP_S = 0.2
"""A hand that waits looks so often whether it may still wait."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery whose attempt was begun at an instant, and what was taken for it.

    Attributes
    ----------
    beside : deliveries to the same person that were begun with it, and go in the same call
    """

    delivery: Delivery
    gates: tuple[Gate, ...]
    at: datetime
    beside: tuple[Delivery, ...] = ()


def ends_at(channel: str, *, begun: float, within_s: float) -> float:
    """Return when a channel takes up nothing more in a pass (monotonic clock).

    A receiver of CAP alerts gets no push that could last longer than the pass: people's next pass
    must not wait for a machine.

    Parameters
    ----------
    begun : when the pass began
    """
    if is_push(channel):
        return begun + min(within_s, PUSH_S) - BUDGET_S
    return begun + within_s


@dataclass(slots=True)
class Line:
    """One channel in one pass.

    Attributes
    ----------
    ends : by the monotonic clock
    has_waited : for its provider
    found_nothing : whoever asked last
    queueing : held by the one hand that asks for the next parcel, and waits until it may leave
    """

    wanted: Wanted
    ends: float
    stop: threading.Event
    allowance: Allowance = UNLIMITED
    over: threading.Event = field(default_factory=threading.Event)
    queueing: threading.Lock = field(default_factory=threading.Lock)
    has_waited: bool = False
    found_nothing: bool = False
    unreached: int = 0
    count: threading.Lock = field(default_factory=threading.Lock)

    @property
    def lets_others_join(self) -> bool:
        """Whether what comes in for other channels is taken up while this one is at work."""
        return self.has_waited or is_push(self.wanted.channel)

    @property
    def gives_back(self) -> bool:
        """Whether what a provider plainly took for nobody leaves room for another.

        A receiver of CAP alerts was asked all the same: it limits what it is asked.
        """
        return bool(self.allowance) and not is_push(self.wanted.channel)

    @property
    def account(self) -> Gate:
        """What the provider allows of all parcels of the channel together."""
        return Gate(self.wanted.channel, self.allowance.account)

    def gates(self, contact: Contact | None, key: bytes) -> tuple[Gate, ...]:
        """Return what limits a parcel to a person: the account, and the number that it goes to.

        Parameters
        ----------
        key : the home's
        """
        channel, each = self.wanted.channel, self.allowance.each
        address = None if contact is None else contact.written(channel)
        if address is None or not each:
            return (self.account,)
        return self.account, Gate(scope_of(key, channel, address), each)

    @property
    def turn(self) -> AbstractContextManager[object]:
        """One hand's turn to ask, where the account is limited, or what goes in one call is sought.

        Where neither is, all ask at once.
        """
        alone = self.account.paces or self.wanted.channel == Form.VOICE
        return self.queueing if alone else nullcontext()

    @property
    def is_given_up(self) -> bool:
        """Whether the provider is left alone for this pass."""
        return self.unreached >= GIVEN_UP_AFTER

    @property
    def has_nothing_left(self) -> bool:
        """Whether that alone ends it, and not its provider or its time."""
        return self.found_nothing and not self.is_given_up

    def goes_on(self) -> bool:
        """Tell whether another parcel may be taken up."""
        return not (
            self.stop.is_set()
            or self.over.is_set()
            or self.is_given_up
            or time.monotonic() >= self.ends
        )

    def note(self, *, reached: bool) -> None:
        """Count the failures in a row to reach the provider."""
        with self.count:
            self.unreached = 0 if reached else self.unreached + 1

    def wait(self, wait_s: float) -> None:
        """Wait so long, or until the pass is over for this channel; at once where it would be."""
        until, self.has_waited = time.monotonic() + wait_s, True
        if until >= self.ends:
            self.over.set()
        while self.goes_on() and (left := until - time.monotonic()) > 0:
            self.stop.wait(min(left, LOOK_UP_S))

    def begin_anew(self, due: datetime) -> None:
        """Ask for what is due by now: what came in while we waited may be more urgent."""
        self.wanted = replace(self.wanted, due=due)
