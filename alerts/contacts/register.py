"""Door: people are taken in, handed out, shown, sealed anew; each such act is written down."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from alerts.contacts.book import plain, write_contacts
from alerts.contacts.taking_in import Settled, settle, settle_first
from alerts.errors import Refused
from alerts.people import audit, store
from alerts.people.absence import is_away
from alerts.people.audit import Entry, Verb
from alerts.people.keyring import Keyring, put_keys, with_new_key
from alerts.people.number import masked, masked_email
from alerts.people.tables import person
from alerts.plan.workbook import BookLanguage
from alerts.roster import CONTACTS, NOT_OPENED, Contact, Right, Roster, of_rows, people_in_file
from pipeline.database import Connection, give_back


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something with people's data, and when (wall time)."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """One person as a list tells of them.

    Attributes
    ----------
    addresses : masked, or as they are for one who may read them
    version : how often the entry was corrected, from 1; None of one that stands in the file
    """

    ref: str
    role: str
    villages: tuple[str, ...]
    channels: tuple[str, ...]
    addresses: tuple[str, ...]
    is_away: bool
    version: int | None


def take_in(
    home: Path,
    listed: Collection[Contact],
    removed: Collection[str],
    act: Act,
    *,
    dry_run: bool = False,
) -> Settled:
    """Keep a list of people, each whole or not at all; who is not in it stays as they are.

    With the first list the people of the file are kept too, for it counts no more from then on.

    Raises
    ------
    Refused
        The person has no right to, and another one has it.
    RosterError
        Who is there cannot be read.
    """
    may_change(home, act)
    if dry_run:
        return _settled(home, store.read(home), listed, removed)
    with store.writing(home) as connection:
        settled = _settled(home, store.read_within(connection, home), listed, removed)
        new = settled.to_keep
        store.put(connection, Keyring.load(home), map(plain, new), now=act.at)
        store.remove(connection, settled.removed, now=act.at)
        if new or settled.removed:
            refs = [f"+{c.ref}" for c in new] + [f"-{ref}" for ref in settled.removed]
            _write_down(connection, act, Verb.IMPORT, " ".join(refs))
    return settled


def hand_out(home: Path, act: Act, language: BookLanguage) -> tuple[bytes, Roster]:
    """Return everybody as a workbook, with their addresses; and the people that it was made of.

    A siren is no person and stays in its file.

    Raises
    ------
    Refused
        The person has no right to read people's data.
    """
    roster = may_read(home, act.by)
    people = tuple(contact for contact in roster.contacts if contact.siren is None)
    content = write_contacts(people, language)
    with store.writing(home) as connection:
        _write_down(connection, act, Verb.EXPORT, f"{len(people)} persons")
    return content, replace(roster, contacts=people)


def listed(home: Path, at: datetime) -> tuple[Told, ...]:
    """Return everybody, of an address no more than tells two apart."""
    return _told(home, Roster.load(home), at, _masked)


def shown(home: Path, act: Act) -> tuple[Told, ...]:
    """Return everybody with their addresses.

    Raises
    ------
    Refused
        The person has no right to read people's data.
    """
    roster = may_read(home, act.by)
    with store.writing(home) as connection:
        _write_down(connection, act, Verb.SHOW, f"{len(roster.contacts)} persons")
    return _told(home, roster, act.at, _as_they_are)


def rotate(home: Path, act: Act) -> int:
    """Seal every address with a new key, and drop the old ones; return of how many people.

    After a crash on the way the keys are the new and the old ones, and everything is opened.

    Raises
    ------
    Refused
        The person has no right to read people's data.
    RosterError
        An address is opened by no key.
    """
    may_change(home, act)
    with store.writing(home) as connection:
        keyring = with_new_key(Keyring.load(home))
        put_keys(home, keyring)
        count = store.reseal(connection, keyring)
        _write_down(connection, act, Verb.ROTATE, f"{count} persons")
    with store.writing(home):  # nobody else puts a key meanwhile, and who did has sealed with it
        put_keys(home, Keyring.load(home).down_to(keyring.keys[0]))
    leave_no_trace(home)
    return count


def leave_no_trace(home: Path) -> None:
    """Give the room of what was sealed before, or purged, back to the disk."""
    with store.engine_of(home) as engine:
        if engine is not None:
            give_back(engine, [person])


def may_read(home: Path, by: str) -> Roster:
    """Return the roster, which a person may read with its addresses.

    Raises
    ------
    Refused
        The person has no right to.
    """
    roster = Roster.load(home)
    contact = roster.contact(by)
    if contact is None or Right.PERSONAL not in contact.rights:
        raise Refused(f"{by} has no right to read people's data ({Right.PERSONAL})")
    return roster


def may_change(home: Path, act: Act) -> None:
    """Let those change people who may read them; before there is one, whoever has the home.

    Raises
    ------
    Refused
        The person has no right to, and another one has it, or one who cannot be read may have it.
    RosterError
        There is a roster, and it cannot be read.
    """
    if not (store.takes_over(home) or (home / CONTACTS).exists()):
        return
    roster = Roster.load(home)
    is_shut = any(fault.message == NOT_OPENED for fault in roster.faults)
    if is_shut or any(Right.PERSONAL in c.rights for c in roster.contacts):
        may_read(home, act.by)


def _settled(
    home: Path, stored: store.Stored, listed: Collection[Contact], removed: Collection[str]
) -> Settled:
    if stored.people is None:
        return settle_first(people_in_file(home), listed, removed)
    return settle(of_rows(stored.people)[0], listed, removed)


def _write_down(connection: Connection, act: Act, verb: Verb, about: str) -> None:
    audit.record(connection, Entry(act.at, act.by, verb, about))


def _told(
    home: Path, roster: Roster, at: datetime, say: Callable[[Contact], Iterable[str]]
) -> tuple[Told, ...]:
    versions = store.read(home).versions
    return tuple(
        Told(
            ref=contact.ref,
            role=contact.role,
            villages=contact.villages,
            channels=contact.channels,
            addresses=tuple(say(contact)),
            is_away=is_away(contact.ref, roster.absences, at),
            version=versions.get(contact.ref),
        )
        for contact in roster.contacts
    )


def _as_they_are(contact: Contact) -> Iterable[str]:
    if contact.phone is not None:
        yield contact.phone.get_secret_value()
    if contact.email is not None:
        yield contact.email.get_secret_value()
    if contact.webhook is not None:
        yield contact.webhook.url.get_secret_value()


def _masked(contact: Contact) -> Iterable[str]:
    if contact.phone is not None:
        yield masked(contact.phone.get_secret_value())
    if contact.email is not None:
        yield masked_email(contact.email.get_secret_value())
    if contact.webhook is not None:
        yield "webhook"
