"""What `floodwarn check` finds of the people's database, beside what it finds of each contact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from alerts.errors import RosterError
from alerts.people import audit, store
from alerts.people.absence import Absence
from alerts.roster import CONTACTS, Roster, file_of, of_rows
from pipeline.settings import PEOPLE
from pipeline.site.finding import Finding

WHERE = f"FLOODWARN_HOME/{PEOPLE}"


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
        found, _ = of_rows(*file_of(home / CONTACTS))
        in_file = [contact for contact in found if contact.siren is None]
    except RosterError:
        return  # nobody reads it
    both = [contact.ref for contact in in_file if roster.contact(contact.ref) is not None]
    if both:
        more = f" and {len(both) - 1} more" if len(both) > 1 else ""
        message = f"{both[0]}{more} stand in {PEOPLE} too, which counts: {CONTACTS} is not read"
        cure = f"delete {CONTACTS}, which holds addresses in the clear"
        yield Finding("warning", f"FLOODWARN_HOME/{CONTACTS}", None, "ref", message, cure)


def _nobody_stands_in(roster: Roster, now: datetime) -> Iterator[Finding]:
    """Find absences, now or later, in which nobody of the roster would be told instead."""
    for absence in _ahead(roster.absences, now):
        if absence.deputy is None or roster.contact(absence.deputy) is None:
            message = f"away to {absence.ends:%Y-%m-%d %H:%M}Z, and nobody of the roster stands in"
            cure = "name a deputy by `floodwarn contacts absent`"
            yield Finding("warning", WHERE, None, absence.ref, message, cure)


def _ahead(absences: Iterable[Absence], now: datetime) -> Iterator[Absence]:
    return (absence for absence in absences if absence.ends > now)
