"""What the watch remembers from pass to pass, and so whom it tells what; pure.

Of an alarm each person is told once, again after an hour while it lasts, and when it is over. It is
over when it was looked for and not found for some minutes: one that flaps is one alarm.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from pydantic import TypeAdapter

from alerts.watchdog.alarm import Alarm, Kind, gravest_first

AGAIN = timedelta(hours=1)
SETTLED = timedelta(minutes=5)
"""Without being found, after which an alarm is over."""
FORGOTTEN = timedelta(days=1)
"""After which nobody need hear any more that an alarm is over."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One alarm, when it was last found, and when each person was told of it, by reference."""

    alarm: Alarm
    seen: datetime
    told: Mapping[str, datetime] = field(default_factory=dict)

    def until(self, at: datetime) -> Self:
        """Return the same with no instant after that one."""
        alarm = replace(self.alarm, since=min(self.alarm.since, at))
        told = {ref: min(last, at) for ref, last in self.told.items()}
        return replace(self, alarm=alarm, seen=min(self.seen, at), told=told)


@dataclass(frozen=True, slots=True)
class Letter:
    """What one person is to be told in one mail."""

    new: tuple[Alarm, ...] = ()
    again: tuple[Alarm, ...] = ()
    over: tuple[Alarm, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.new or self.again or self.over)


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered; all instants are wall time.

    Attributes
    ----------
    over : alarms that have ended and of which somebody was told who does not know it yet
    passes : when each watcher last ended a pass
    beat : when the second watcher last took a heartbeat, or since when one is configured
    """

    standing: tuple[Kept, ...] = ()
    over: tuple[Kept, ...] = ()
    passes: Mapping[str, datetime] = field(default_factory=dict)
    beat: datetime | None = None

    def after(self, found: Iterable[Alarm], unseen: Collection[Kind], *, at: datetime) -> Self:
        """Return the memory with what a pass found.

        Parameters
        ----------
        unseen : kinds that could not be looked for: their alarms stand as they stood
        """
        before = {kept.alarm.id: kept for kept in self.standing}
        standing = {alarm.id: _with(before.get(alarm.id), alarm, at) for alarm in found}
        over = []
        for name, kept in before.items():
            if name in standing:
                continue
            if kept.alarm.kind in unseen:
                standing[name] = replace(kept, seen=at)
            elif at - kept.seen < SETTLED:
                standing[name] = kept
            elif kept.told:
                over.append(kept)
        late = (kept for kept in self.over if at - kept.seen < FORGOTTEN)
        back = (kept for kept in late if kept.alarm.id not in standing)
        return replace(self, standing=tuple(standing.values()), over=(*back, *over))

    def until(self, at: datetime) -> Self:
        """Return the memory without the future, which a clock that was ahead has left in it.

        Else no alarm would be told again, and no watcher be missed, until that time had come.
        """
        return replace(
            self,
            standing=tuple(kept.until(at) for kept in self.standing),
            over=tuple(kept.until(at) for kept in self.over),
            passes={name: min(last, at) for name, last in self.passes.items()},
            beat=None if self.beat is None else min(self.beat, at),
        )

    def letter(self, ref: str, *, at: datetime) -> Letter:
        """Return what a person is to be told now, each part the gravest first."""
        new, again = [], []
        for kept in self.standing:
            last = kept.told.get(ref)
            if last is None:
                new.append(kept.alarm)
            elif at - last >= AGAIN:
                again.append(kept.alarm)
        over = [kept.alarm for kept in self.over if ref in kept.told]
        return Letter(*(tuple(sorted(part, key=gravest_first)) for part in (new, again, over)))

    def told(self, ref: str, letter: Letter, *, at: datetime) -> Self:
        """Return the memory once a person's letter was taken."""
        said = {alarm.id for alarm in (*letter.new, *letter.again)}
        ended = {alarm.id for alarm in letter.over}
        over = (
            replace(k, told={r: t for r, t in k.told.items() if r != ref})
            if k.alarm.id in ended
            else k
            for k in self.over
        )
        return replace(
            self,
            standing=tuple(
                replace(k, told={**k.told, ref: at}) if k.alarm.id in said else k
                for k in self.standing
            ),
            over=tuple(kept for kept in over if kept.told),
        )

    def to_bytes(self) -> bytes:
        """Return the memory as JSON."""
        return _FORM.dump_json(self)

    @classmethod
    def from_bytes(cls, content: bytes) -> Memory:
        """Return the memory that `to_bytes` wrote.

        Raises
        ------
        ValueError
            It is none: torn, or of another version.
        """
        return _FORM.validate_json(content)


_FORM = TypeAdapter(Memory)


def _with(before: Kept | None, alarm: Alarm, at: datetime) -> Kept:
    if before is None:
        return Kept(alarm, at)
    since = min(before.alarm.since, alarm.since)
    return replace(before, alarm=replace(alarm, since=since), seen=at)
