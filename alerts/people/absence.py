"""Who is away, and who stands in: absences by reference, in wall time; a pure judgement."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Absence:
    """One person's time away.

    Attributes
    ----------
    begins, ends : wall time, UTC; back at `ends`
    deputy : reference of who stands in meanwhile; None where nobody was named
    """

    ref: str
    begins: datetime
    ends: datetime
    deputy: str | None = None

    def covers(self, at: datetime) -> bool:
        """Tell whether the person is away at an instant."""
        return self.begins <= at < self.ends


def present(
    refs: Iterable[str], absences: Collection[Absence], known: Collection[str], at: datetime
) -> tuple[str, ...]:
    """Return whom to tell: those who are there, and for who is away the deputy, each once.

    A deputy who is away too is stood in for in turn. Where that would leave nobody, it is those who
    are away: one on leave can be woken, an order that goes to nobody warns no one.

    Parameters
    ----------
    refs : whom an order is for, in its order
    known : references of the roster; a deputy who is not in it stands in for nobody
    """
    asked = tuple(dict.fromkeys(refs))
    found = (there for ref in asked for there in _there(ref, absences, known, at))
    return tuple(dict.fromkeys(found)) or asked


def is_away(ref: str, absences: Iterable[Absence], at: datetime) -> bool:
    """Tell whether a person is away at an instant."""
    return any(absence.ref == ref and absence.covers(at) for absence in absences)


def _there(
    ref: str, absences: Collection[Absence], known: Collection[str], at: datetime
) -> Iterator[str]:
    """Yield the person, or whoever at the ends of the chains of deputies is there."""
    passed, waiting = set[str](), [ref]
    while waiting:
        one = waiting.pop(0)
        if one in passed or (one != ref and one not in known):
            continue
        passed.add(one)
        if not is_away(one, absences, at):
            yield one
            continue
        away = (a for a in absences if a.ref == one and a.covers(at))
        waiting += [absence.deputy for absence in away if absence.deputy is not None]
