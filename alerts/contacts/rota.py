"""Door: who is away and who stands in, who has the duty and took it over."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from alerts.contacts.register import Act
from alerts.errors import Refused
from alerts.people import audit, calendar, store
from alerts.people.absence import Absence
from alerts.people.audit import Entry, Verb
from alerts.people.shift import Shift, to_take, untaken
from alerts.roster import Contact, Right, Roster

NO_SHIFT: Final = "{ref} has no shift now; for somebody else's name the role"


def leave(home: Path, absence: Absence, act: Act) -> None:
    """Keep that a person is away, and who stands in; it counts for what is written from now on.

    Raises
    ------
    Refused
        It is over before it begins, somebody is not in the roster, or it is neither the person nor
        one who may change people.
    """
    roster = _entitled(home, absence.ref, act)
    if absence.ends <= absence.begins:
        raise Refused("the absence ends before it begins")
    if absence.deputy is not None:
        if absence.deputy == absence.ref:
            raise Refused(f"{absence.ref} cannot stand in for themselves")
        _known(roster, absence.deputy)
    with store.writing(home) as connection:
        calendar.put_absence(connection, absence)
        about = f"{absence.ref} away, deputy {absence.deputy or 'none'}"
        audit.record(connection, Entry(act.at, act.by, Verb.ABSENT, about))


def come_back(home: Path, ref: str, act: Act) -> int:
    """Let a person be back now, and be away no later; return of how many absences.

    Raises
    ------
    Refused
        As in `leave`.
    """
    _entitled(home, ref, act)
    with store.writing(home) as connection:
        count = calendar.end_absences(connection, ref, act.at)
        audit.record(connection, Entry(act.at, act.by, Verb.ABSENT, f"{ref} back"))
    return count


def plan_shift(home: Path, shift: Shift, act: Act) -> None:
    """Keep who is to have a role's duty, and when.

    Raises
    ------
    Refused
        As in `leave`.
    """
    _entitled(home, shift.ref, act)
    if shift.ends <= shift.begins:
        raise Refused("the shift ends before it begins")
    with store.writing(home) as connection:
        calendar.put_shift(connection, shift)
        audit.record(connection, Entry(act.at, act.by, Verb.DUTY, f"{shift.role}: {shift.ref}"))


def take_over(home: Path, act: Act, role: str | None = None) -> Shift:
    """Take the duty over; return the shift.

    Parameters
    ----------
    role : whose duty it is, of one who stands in; without it the person's own shift is meant

    Raises
    ------
    Refused
        The person is not in the roster, has no shift now, or somebody took it before.
    """
    _known(Roster.load(home), act.by)
    with store.writing(home) as connection:
        shift = to_take(calendar.all_shifts(connection), act.by, role, act.at)
        if shift is None:
            raise Refused(NO_SHIFT.format(ref=act.by))
        if not calendar.take_shift(connection, shift, act.by, act.at):
            raise Refused(f"{shift.taken_by} has taken this shift")
        audit.record(connection, Entry(act.at, act.by, Verb.DUTY, f"{shift.role}: taken"))
    return shift


def shift_of(home: Path, act: Act, role: str | None = None) -> Shift:
    """Return the shift that a person has now, or of the role that is named.

    Raises
    ------
    Refused
        The person is not in the roster, or has none.
    """
    _known(Roster.load(home), act.by)
    shift = to_take(shifts(home), act.by, role, act.at)
    if shift is None:
        raise Refused(NO_SHIFT.format(ref=act.by))
    return shift


def shifts(home: Path) -> tuple[Shift, ...]:
    """Return every shift, the earliest first."""
    with store.engine_of(home) as engine, store.opened(engine) as connection:
        return () if connection is None else calendar.all_shifts(connection)


def untaken_shifts(home: Path, at: datetime) -> tuple[Shift, ...]:
    """Return the shifts that nobody took over ten minutes after they began: for the watchdog."""
    return untaken(shifts(home), at)


def _entitled(home: Path, ref: str, act: Act) -> Roster:
    roster = Roster.load(home)
    _known(roster, ref)
    by = _known(roster, act.by)
    if by.ref != ref and Right.PERSONAL not in by.rights:
        raise Refused(f"{act.by} has no right to say that of {ref} ({Right.PERSONAL})")
    return roster


def _known(roster: Roster, ref: str) -> Contact:
    contact = roster.contact(ref)
    if contact is None:
        raise Refused(f"{ref} is not in the roster")
    return contact
