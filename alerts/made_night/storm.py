"""The rain of a made night: where it falls, when, and when the feed has it; pure.

Each cycle another group of gauges comes under the storm. What falls in a step is no level by
itself, twice as much asks villages to prepare and three times as much to leave, on the thresholds
that `config/beijing` assumes (35 and 50 mm in an hour on ground of medium wetness).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pipeline import instants

STEP_MM: Final = 18.0
STEPS: Final = 3
"""Of rain at one gauge: nothing yet, orange, red."""
HEAD: Final = "station_id,variable,valid_time,value"


@dataclass(frozen=True, slots=True)
class Storm:
    """Rain at the gauges of a county.

    Attributes
    ----------
    gauges : by number from 0, how many there are
    struck : gauges that come under the storm in each cycle
    first : end of the first step in which rain falls; None = none falls yet
    groups : of struck gauges, one after the other
    step : of the gauges, which is that of the cycles
    lag : from the end of a step until the feed has it
    """

    gauges: int
    struck: int
    groups: int
    step: timedelta
    lag: timedelta = timedelta()
    first: datetime | None = None

    @property
    def measured(self) -> tuple[datetime, ...]:
        """The slots at each of which another group of villages rises."""
        if self.first is None:
            return ()
        return tuple(self.first + n * self.step for n in range(1, self.groups + 1))

    def offered_at(self, slot: datetime) -> datetime:
        """Return when the feed first has what fell until `slot`."""
        return slot + self.lag

    def fell(self, gauge: int, slot: datetime) -> float:
        """Return the rain of the step that ends at `slot`, in mm."""
        group = gauge // self.struck
        if self.first is None or group >= self.groups:
            return 0.0
        steps = (slot - self.first) // self.step - group
        return STEP_MM if 0 <= steps < STEPS else 0.0

    def table(self, start: datetime, end: datetime, now: datetime) -> Iterator[str]:
        """Yield the lines of the feed's answer: the steps from `start` to `end` that it has."""
        yield HEAD
        last = min(end, now - self.lag)
        for slot in instants.slots(start, last, self.step):
            at = instants.text(slot)
            for gauge in range(self.gauges):
                yield f"{gauge_id(gauge)},rain_mm,{at},{self.fell(gauge, slot)}"


def gauge_id(number: int) -> str:
    """Return the id of a made gauge."""
    return f"made-{number:05d}"
