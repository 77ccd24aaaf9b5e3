"""What `floodwarn check` finds of the people's database, beside what it finds of each contact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from alerts.errors import RosterError
from alerts.people import audit, store
from alerts.people.absence import Absence
from alerts.roster import CONTACTS, Roster, people_in_file, siren_rows
from pipeline.settings import PEOPLE
from pipeline.site.finding import Finding

WHERE = f"FLOODWARN_HOME/{PEOPLE}"
TAKE_OUT = f"take the people out of {CONTACTS}, whose addresses lie in the clear; leave its sirens"


def source_of(home: Path) -> str:
    """Return by which name people are found: of the database from the first who was taken in."""
    try:
        return PEOPLE if store.takes_over(home) else CONTACTS
    except RosterError:
        return PEOPLE


def of_database(home: Path, roster: Roster, now: datetime) -> tuple[Finding, ...]:
    """Return what is wrong with the database that a roster was read of.

    Raises
    ------
    RosterError
        It is open to others, or no database of people.
    """
    return (*_log(home), *_twice(home, roster), *_nobody_stands_in(roster, now))


def _log(home: Path) -> Iterator[Finding]:
    with store.engine_of(home) as engine, store.opened(engine) as connection:
        number = None if connection is None else audit.broken_link(connection)
    if number is not None:
        message = (
            f"entry {number} of its log does not follow from the one before: one was changed, taken"
            " out or slipped in"
        )
        cure = "hold it against a backup; from there on the log proves nothing"
        yield Finding("error", f"{WHERE}: people_audit", number, "chain_sha256", message, cure)


def _twice(home: Path, roster: Roster) -> Iterator[Finding]:
    """Find who stands in the file too, which is not read any more: edits of it would be lost."""
    if source_of(home) == CONTACTS or not (home / CONTACTS).exists():
        return
    try:
        in_file = [contact.ref for contact in people_in_file(home)]
    except RosterError:
        return  # a fault of the roster, which reads its sirens
    has_sirens = bool(siren_rows(home)[0])
    cure = TAKE_OUT if has_sirens else f"delete {CONTACTS}, which holds addresses in the clear"
    where = f"FLOODWARN_HOME/{CONTACTS}"
    both = [ref for ref in in_file if roster.contact(ref) is not None]
    if both:
        message = f"{_some(both)} stand in {PEOPLE} too, which counts: {CONTACTS} is not read"
        yield Finding("warning", where, None, "ref", message, cure)
    known = {fault.ref for fault in roster.faults}
    alone = [ref for ref in in_file if roster.contact(ref) is None and ref not in known]
    if alone:
        message = f"{_some(alone)} stand in {CONTACTS} alone, which is not read: nobody tells them"
        cure = f"take in by `floodwarn contacts import` whom you miss, then {cure}"
        yield Finding("warning", where, None, "ref", message, cure)


def _some(refs: Sequence[str]) -> str:
    return f"{refs[0]} and {len(refs) - 1} more" if len(refs) > 1 else refs[0]


def _nobody_stands_in(roster: Roster, now: datetime) -> Iterator[Finding]:
    """Find absences, now or later, in which nobody of the roster would be told instead."""
    for absence in _ahead(roster.absences, now):
        if absence.deputy is None or roster.contact(absence.deputy) is None:
            message = f"away to {absence.ends:%Y-%m-%d %H:%M}Z, and nobody of the roster stands in"
            cure = "name a deputy by `floodwarn contacts absent`"
            yield Finding("warning", WHERE, None, absence.ref, message, cure)


def _ahead(absences: Iterable[Absence], now: datetime) -> Iterator[Absence]:
    return (absence for absence in absences if absence.ends > now)
