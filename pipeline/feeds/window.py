"""The valid times that a fetch asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline import instants


@dataclass(frozen=True, slots=True)
class Window:
    """Valid times from `start` to `end`, both included; aware, UTC."""

    start: datetime
    end: datetime

    def __contains__(self, instant: datetime) -> bool:
        """Whether a valid time is asked for."""
        return self.start <= instant <= self.end

    def slots(self, step: timedelta) -> list[datetime]:
        """Return every multiple of `step` in the window."""
        return instants.slots(self.start, self.end, step)
