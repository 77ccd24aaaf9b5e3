"""What a decoder has found so far, bounded while it grows: a small file can tell of millions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pipeline.errors import DecodeError
from pipeline.feeds.window import Window
from pipeline.observation import Fault, Reading

MAX_READINGS: Final = 200_000
"""Of one payload: 200 stations' hours of 40 days, or 22 years of one station's."""

MAX_FAULTS: Final = 1000
SHOWN: Final = 40


@dataclass(slots=True)
class Tally:
    """The readings of one payload and what could not be read of it.

    Attributes
    ----------
    window : readings of other times are not kept; None = all are
    untold : faults beyond those that are told one by one
    """

    where: str
    window: Window | None = None
    readings: list[Reading] = field(default_factory=list)
    told: list[Fault] = field(default_factory=list)
    untold: int = 0

    def keep(self, reading: Reading) -> None:
        """Keep a reading, missing or not, if its time is asked for.

        Raises
        ------
        DecodeError
            The payload holds more readings than a payload may.
        """
        if self.window is None or reading.valid_time in self.window:
            require_few(len(self.readings) + 1, self.where)
            self.readings.append(reading)

    def refuse(
        self, message: str, row: int | None, column: str, station_id: str | None = None
    ) -> None:
        """Tell of one field that cannot be read; names are the sender's, so they are cut."""
        if len(self.told) == MAX_FAULTS:
            self.untold += 1
        else:
            station = None if station_id is None else printable(station_id)
            self.told.append(Fault(self.where, message, row, printable(column), station))

    def faults(self) -> tuple[Fault, ...]:
        """Return the faults that are told, the last of them telling how many are not."""
        rest = [Fault(self.where, f"and {self.untold} more faults")] if self.untold else []
        return (*self.told, *rest)


def require_few(readings: int, where: str) -> None:
    """Require that a payload holds, or spans, no more readings than a payload may.

    Raises
    ------
    DecodeError
        It holds more.
    """
    if readings > MAX_READINGS:
        raise DecodeError(f"{where}: more than {MAX_READINGS} readings; take it in parts")


def printable(text: str, length: int = SHOWN) -> str:
    """Return the beginning of a text that a sender chose, fit to be stored and shown."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:length])
