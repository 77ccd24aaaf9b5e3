"""Who has the duty, and whether it was taken over: shifts by reference, in wall time; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

EARLY: Final = timedelta(minutes=30)
"""Before a shift begins, from when on it may be taken over."""
GRACE: Final = timedelta(minutes=10)
"""After it has begun, from when on a shift that nobody took is told."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One role's duty for a time.

    Attributes
    ----------
    begins, ends : wall time, UTC
    ref : who is to have it
    taken_by, taken_at : who took it over, and when; None where nobody did
    """

    role: str
    begins: datetime
    ends: datetime
    ref: str
    taken_by: str | None = None
    taken_at: datetime | None = None

    def runs(self, at: datetime) -> bool:
        """Tell whether it is this shift's time."""
        return self.begins <= at < self.ends


def to_take(shifts: Iterable[Shift], ref: str, role: str | None, at: datetime) -> Shift | None:
    """Return the shift that a person may take over now, the latest; None where there is none.

    It is the person's own, or of the role that is named: whoever stands in names it.
    """
    due = [
        shift
        for shift in shifts
        if shift.begins - EARLY <= at < shift.ends
        and (shift.ref == ref if role is None else shift.role == role)
    ]
    return max(due, key=lambda shift: shift.begins, default=None)


def untaken(shifts: Iterable[Shift], at: datetime) -> tuple[Shift, ...]:
    """Return the shifts that run, should have been taken over minutes ago, and were not."""
    return tuple(s for s in shifts if s.runs(at) and s.taken_by is None and at >= s.begins + GRACE)
