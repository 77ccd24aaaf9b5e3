"""When a host that keeps failing is left alone, and when it is tried again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

IN_A_ROW: Final = 3
"""Failures after which a host is left alone: two may be chance."""

FIRST_REST: Final = timedelta(seconds=60)
LONGEST_REST: Final = timedelta(minutes=10)
"""Two cycles of five minutes: rain that falls meanwhile must still be seen in time."""

REMEMBERED: Final = 8
"""Attempts of a host that decide: with the 7th failure the rest is as long as it can be."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """How often in a row a host failed, and when last.

    Attributes
    ----------
    failures : attempts in a row without an answer; 0 = it lives
    last : when the newest of them ended
    """

    failures: int = 0
    last: datetime | None = None

    def after(self, at: datetime, *, answered: bool) -> Circuit:
        """Return the circuit after one more attempt; any answer closes it."""
        return Circuit() if answered else Circuit(self.failures + 1, at)

    def open_until(self, now: datetime) -> datetime | None:
        """Return until when the host is left alone; None = it may be asked.

        60 s after the third failure in a row, twice that after each trial that fails, and never
        more than 10 minutes. An attempt of the future (a clock was set back) holds nobody up.
        """
        if self.failures < IN_A_ROW or self.last is None or now < self.last:
            return None
        doubled = min(self.failures - IN_A_ROW, REMEMBERED)
        until = self.last + min(FIRST_REST * 2**doubled, LONGEST_REST)
        return until if now < until else None


def circuit_of(attempts: Iterable[tuple[datetime, bool]]) -> Circuit:
    """Return the circuit after attempts, oldest first, each with whether the host answered."""
    circuit = Circuit()
    for at, answered in attempts:
        circuit = circuit.after(at, answered=answered)
    return circuit
