"""What is said of a night that was played: as JSON, and in lines for a person; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Final

from alerts.made_night.parts import (
    PARTS,
    REACH_S,
    Marks,
    Sent,
    Spread,
    from_sensor,
    spread,
    spreads,
)
from alerts.made_night.storm import Storm
from pipeline import instants

SCHEMA: Final = "floodwarn.bench-night/1"
WHOLE: Final = "sensor to sent"
NEVER: Final = "never"
NAME: Final = 16
MEANING: Final = {
    "schedule": "until the first feed is asked",
    "ingest": "until all that it has is stored",
    "compute": "until the bulletin is kept",
    "warn": "until all orders are written",
    "deliver": "until the gateway has taken the text",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """What a night came to.

    Attributes
    ----------
    marks : of the cycle's runs, by slot
    """

    storm: Storm
    deliveries: tuple[Sent, ...]
    marks: dict[datetime, Marks]

    @property
    def reached(self) -> bool:
        """Whether there were orders, and 95 of 100 of them were sent in time."""
        return bool(self.deliveries) and self.whole.p95 <= REACH_S

    @property
    def whole(self) -> Spread:
        """From sensor to sent."""
        return spread(self._seconds(self.deliveries))

    def _seconds(self, deliveries: Sequence[Sent]) -> list[float]:
        return [from_sensor(one, self.storm.offered_at(one.slot)) for one in deliveries]

    def answer(self) -> dict[str, Any]:
        """Return what was measured, as JSON has it; null stands for never."""
        offered = {slot: self.storm.offered_at(slot) for slot in self.storm.measured}
        split = spreads(self.deliveries, offered, self.marks)
        return {
            "schema": SCHEMA,
            "reach_s": REACH_S,
            "reached": self.reached,
            "orders": len(self.deliveries),
            "never_taken": sum(one.taken_at is None for one in self.deliveries),
            "sensor_to_sent": _finite(self.whole) if self.deliveries else None,
            "parts": {name: _finite(split[name]) for name in PARTS if name in split},
            "cycles": [*self._cycles()],
        }

    def _cycles(self) -> Iterator[dict[str, Any]]:
        for slot in self.storm.measured:
            own = [one for one in self.deliveries if one.slot == slot]
            if own:
                yield {
                    "slot": instants.text(slot),
                    "orders": len(own),
                    "sensor_to_sent": _finite(spread(self._seconds(own))),
                }


def lines(answer: dict[str, Any]) -> Iterator[str]:
    """Yield an answer for a person; `answer` is that of a `Measured`, with what was played."""
    county, on = answer["county"], answer["machine"]
    yield (
        f"{county['villages']:,} villages, {county['gauges']:,} gauges,"
        f" a cycle every {county['cycle_minutes']} min; {county['past_h']} h of readings in"
        f" {answer['database']}"
    )
    yield (
        f"on {on['cpu']}, {on['cores']} cores, {on['memory_gb']} GB, load {on['load']} before"
        f" and up to {answer['load']} while orders went"
    )
    yield f"the gateway takes {'; '.join(answer['limits']) or 'any number'}"
    yield f"{answer['orders']:,} orders, {answer['never_taken']} of them never taken"
    yield f"{'seconds':{NAME}} {'median':>8} {'P95':>8} {'worst':>8}"
    if answer["sensor_to_sent"] is not None:
        yield _line(WHOLE, answer["sensor_to_sent"])
    for name, found in answer["parts"].items():
        yield f"{_line(f'  {name}', found)}   {MEANING[name]}"
    for cycle in answer["cycles"]:
        at = cycle["slot"][11:16]
        yield f"{_line(f'  {at} UTC', cycle['sensor_to_sent'])}   {cycle['orders']:,} orders"
    verdict = "reached" if answer["reached"] else "NOT REACHED"
    yield f"95 of 100 within {answer['reach_s']:.0f} s: {verdict}"


def _line(name: str, found: dict[str, float | None]) -> str:
    shown = (_shown(found[column]) for column in ("median", "p95", "worst"))
    return f"{name:{NAME}} {' '.join(shown)}"


def _shown(seconds: float | None) -> str:
    return f"{NEVER:>8}" if seconds is None else f"{seconds:8.1f}"


def _finite(found: Spread) -> dict[str, float | None]:
    return {
        name: round(seconds, 3) if isfinite(seconds) else None
        for name, seconds in asdict(found).items()
    }
