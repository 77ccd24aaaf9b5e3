"""How often a provider, or one telephone, may be asked: what it allows, and when it may be next.

What is remembered of it are instants, in microseconds. A clock that runs back gives nothing away:
within a minute it is as if it had stood still; one that was set back by more finds everything
just used up, for a bucket that waits for a future which was a mistake would keep an order back.

Source: alerting.md D6; users.md 10.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Final, Protocol

from typing_extensions import override

MINUTE_US: Final = 60_000_000
SET_BACK_US: Final = MINUTE_US
"""Further ahead of us than any other sender's clock is."""

State = tuple[int, ...]
"""What is remembered; nothing of what was never asked."""


class Pace(Protocol):
    """One limit of a provider's."""

    @property
    def name(self) -> str:
        """By which its state is found again; another limit of the same kind has the same."""

    def settled(self, state: State, now: int) -> State:
        """Return what is remembered once a clock that was set back is taken into account.

        It must be kept at once: else what was a mistake stays as far ahead as ever.
        """

    def free_at(self, state: State, now: int) -> int:
        """Return the first instant from `now` on at which one more is allowed."""

    def taken(self, state: State, now: int) -> State:
        """Return what is remembered once one more was asked at `now`."""

    def given_back(self, state: State, taken_at: int) -> State:
        """Return what is remembered once it is known that the one of then was not taken."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: `burst` at once, and refilled evenly.

    In any time t no more than burst + t * per_minute are taken. Its state is the instant at which
    it is full again. What was asked counts, whatever came of it.
    """

    per_minute: int
    burst: int = 1

    @property
    def name(self) -> str:
        return "rate"

    @property
    def _every(self) -> int:
        return -(-MINUTE_US // self.per_minute)

    def settled(self, state: State, now: int) -> State:
        return (self._full_at(state, now),) if state else state

    def _full_at(self, state: State, now: int) -> int:
        latest = now + self.burst * self._every
        full_at = max(state, default=now)
        return latest if full_at > latest + SET_BACK_US else full_at

    def free_at(self, state: State, now: int) -> int:
        return max(now, self._full_at(state, now) - (self.burst - 1) * self._every)

    def taken(self, state: State, now: int) -> State:
        return (max(now, self._full_at(state, now)) + self._every,)

    def given_back(self, state: State, taken_at: int) -> State:
        return state

    @override
    def __str__(self) -> str:
        return f"{self.per_minute} a minute, {self.burst} at once"


@dataclass(frozen=True, slots=True)
class Cap:
    """No more than `most` in any `seconds`, however they fall.

    Its state are the instants of the last of them.
    """

    most: int
    seconds: int

    @property
    def name(self) -> str:
        return f"{self.seconds} s"

    @property
    def _within(self) -> int:
        return self.seconds * 1_000_000

    def settled(self, state: State, now: int) -> State:
        is_set_back = max(state, default=now) > now + SET_BACK_US
        return tuple(min(each, now) for each in state) if is_set_back else state

    def free_at(self, state: State, now: int) -> int:
        known = self.settled(state, now)
        return now if len(known) < self.most else max(now, known[-self.most] + self._within)

    def taken(self, state: State, now: int) -> State:
        return tuple(sorted((*self.settled(state, now), now))[-self.most :])

    def given_back(self, state: State, taken_at: int) -> State:
        if taken_at not in state:
            return state
        found = state.index(taken_at)
        return (*state[:found], *state[found + 1 :])

    @override
    def __str__(self) -> str:
        return f"{self.most} in {self.seconds} seconds"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a provider allows by one channel.

    Attributes
    ----------
    account : of all texts together
    each : of those to one number, or to one receiver
    """

    account: tuple[Pace, ...] = ()
    each: tuple[Cap, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything is limited."""
        return bool(self.account or self.each)


UNLIMITED: Final = Allowance()


def foretold(numbers: Sequence[str], allowance: Allowance) -> tuple[int, ...]:
    """Return the microseconds after which each of a crowd of texts can leave.

    A sender that is never slower than its provider allows sends so: of what may leave, the first
    named leaves first, and nobody waits for a number that is not his own.

    Parameters
    ----------
    numbers : to whom each text goes, the most urgent first
    """
    leaves = [0] * len(numbers)
    queues: dict[str, deque[int]] = {}
    for place, number in enumerate(numbers):
        queues.setdefault(number, deque()).append(place)
    account = _Gate(allowance.account)
    each = {number: _Gate(allowance.each) for number in queues}
    ready = [queue.popleft() for queue in queues.values()]
    heapify(ready)
    waiting: list[tuple[int, int]] = []
    now = 0
    while ready or waiting:
        now = account.free_at(now if ready else max(now, waiting[0][0]))
        while waiting and waiting[0][0] <= now:
            heappush(ready, heappop(waiting)[1])
        place = heappop(ready)
        leaves[place] = now
        gate, rest = each[numbers[place]], queues[numbers[place]]
        account.take(now)
        gate.take(now)
        if rest:
            heappush(waiting, (gate.free_at(now), rest.popleft()))
    return tuple(leaves)


class _Gate:
    """Several limits that hold together, and what is remembered of them."""

    def __init__(self, paces: Iterable[Pace]) -> None:
        self.states: dict[Pace, State] = dict.fromkeys(paces, ())

    def free_at(self, now: int) -> int:
        return max((pace.free_at(state, now) for pace, state in self.states.items()), default=now)

    def take(self, now: int) -> None:
        self.states = {pace: pace.taken(state, now) for pace, state in self.states.items()}
