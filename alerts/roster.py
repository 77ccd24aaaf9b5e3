"""People and their addresses, out of their own database or, before there is one, a file.

Plans name people by reference or role and never hold an address; here the two meet. A contact that
cannot be used is left out, and the others are told. Whatever is wrong is said without quoting it:
no address reaches a log or an error. ``FLOODWARN_HOME/contacts.toml`` is read, and only by its
owner, until a person was taken into the people's database (docs/adr/0028).
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from typing_extensions import override

from alerts.contact import EVERYWHERE, SIREN, Contact, Right
from alerts.errors import Refused, RosterError
from alerts.people import absence, store
from alerts.people.absence import Absence
from alerts.people.keyring import Kind
from alerts.people.number import e164
from alerts.plan.words import Ref
from alerts.private_files import (
    KEY_BYTES,
    SIGNING_KEY,
    read_private,
    signing_key,
    write_private,
)
from alerts.toml_lines import line_of
from pipeline.settings import PEOPLE

__all__ = [
    "CONTACTS",
    "EVERYWHERE",
    "KEY_BYTES",
    "NOT_OPENED",
    "SIGNING_KEY",
    "SIREN",
    "Contact",
    "ContactFault",
    "Right",
    "Roster",
    "beside",
    "file_of",
    "of_rows",
    "people_in_file",
    "places",
    "read_private",
    "signing_key",
    "siren_rows",
    "write_private",
]

CONTACTS = "contacts.toml"
NOT_OPENED = "no key of people.keys opens it: put the keys back that it was kept with"

_REF: TypeAdapter[str] = TypeAdapter(Ref)


@dataclass(frozen=True, slots=True)
class ContactFault:
    """What is wrong with a contact, or with the whole file; never a value of it.

    Attributes
    ----------
    row : line of the file
    ref : of the contact, where it has a usable one
    """

    message: str
    row: int | None = None
    ref: str | None = None
    field: str | None = None

    @override
    def __str__(self) -> str:
        """Return the fault with its place, for a log."""
        row = None if self.row is None else f"line {self.row}"
        return ": ".join(part for part in (row, self.ref, self.field, self.message) if part)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    schema_id: Literal["floodwarn.contacts/1"] = Field(alias="schema")
    contacts: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """The contacts of a deployment.

    Attributes
    ----------
    faults : contacts that were left out or lost a right, and why; for `check` and the board
    absences : who is away and who stands in, now and later
    """

    contacts: tuple[Contact, ...]
    faults: tuple[ContactFault, ...] = ()
    absences: tuple[Absence, ...] = ()
    _by_ref: Mapping[str, Contact] = field(init=False, repr=False, compare=False)
    _by_village: Mapping[str, tuple[int, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find each by reference and village: a county has tens of thousands of people."""
        by_ref: dict[str, Contact] = {}
        by_village: dict[str, list[int]] = {}
        for number, contact in enumerate(self.contacts):
            by_ref.setdefault(contact.ref, contact)
            for village_id in dict.fromkeys(contact.villages):
                by_village.setdefault(village_id, []).append(number)
        found = {village_id: tuple(numbers) for village_id, numbers in by_village.items()}
        object.__setattr__(self, "_by_ref", by_ref)
        object.__setattr__(self, "_by_village", found)

    @classmethod
    def load(cls, home: Path) -> Self:
        """Read the people; a contact that cannot be used is a fault, and the rest is kept.

        A siren is no person: it stands in `CONTACTS` wherever the people are kept.

        Raises
        ------
        RosterError
            The file or the database is absent, open to others, or no list of contacts at all; or
            no key opens any address.
        """
        kept = store.read(home)
        if kept.people is None:
            return cls(*of_rows(*file_of(home / CONTACTS)), absences=kept.absences)
        if kept.unopened and not any(kind.value in raw for raw in kept.people for kind in Kind):
            raise RosterError(f"{PEOPLE}: {NOT_OPENED}")
        sirens, torn = siren_rows(home)
        contacts, faults = of_rows((*kept.people, *sirens))
        shut = (ContactFault(NOT_OPENED, None, ref, field) for ref, field in kept.unopened)
        return cls(contacts, (*shut, *torn, *faults), kept.absences)

    @classmethod
    def at_hand(cls, home: Path) -> Self:
        """Read the people; where that cannot be done, return nobody and the reason.

        For those who must write down what stands whether or not there is anyone to tell.
        """
        try:
            return cls.load(home)
        except RosterError as error:
            return cls((), (ContactFault(str(error)),))

    @property
    def hidden(self) -> tuple[ContactFault, ...]:
        """The faults that hide who is there: no key opens them, or a file cannot be read."""
        return tuple(f for f in self.faults if f.message == NOT_OPENED or f.field is None)

    @property
    def why_empty(self) -> str:
        """Why it names nobody, where it does not."""
        return "; ".join(map(str, self.faults)) or "the roster names no one"

    def contact(self, ref: str) -> Contact | None:
        """Return the person of that reference."""
        return self._by_ref.get(ref)

    def of_village(self, village_id: str) -> Iterator[Contact]:
        """Yield whoever is of a village, or of all, in the order of the contacts."""
        here = (self._by_village.get(name, ()) for name in (village_id, EVERYWHERE))
        for number in sorted({number for numbers in here for number in numbers}):
            yield self.contacts[number]

    def of_login(self, login: str) -> Contact | None:
        """Return the person whom the board knows by that login."""
        return next((c for c in self.contacts if login in c.logins), None)

    def of_number(self, written: str, country: str | None = None) -> tuple[Contact, ...]:
        """Return whose a telephone number is; they may be several who share one.

        Parameters
        ----------
        country : calling code of one that may be written without; providers leave out the plus
        """
        numbers = {e164(written, country), e164(f"+{written.strip().removeprefix('+')}")}
        return tuple(c for c in self.contacts if c.phone and c.phone.get_secret_value() in numbers)

    def present(self, people: Iterable[Contact], at: datetime) -> tuple[Contact, ...]:
        """Return who of them is there at `at` (wall time), and who stands in for the others."""
        known = self._by_ref
        asked = tuple(people)
        refs = absence.present([c.ref for c in asked], self.absences, known, at)
        # one who has no channel stands in for nobody: who is away can still be rung
        there = tuple(known[ref] for ref in refs if known[ref] in asked or known[ref].channels)
        return there if any(contact.channels for contact in there) else asked

    def at_work(self, people: Iterable[Contact], at: datetime) -> tuple[Contact, ...]:
        """Return who of them is there; all where none is. A deputy has no rights by that alone."""
        asked = tuple(people)
        there = (c for c in asked if not absence.is_away(c.ref, self.absences, at))
        return tuple(there) or asked

    def named(
        self, refs: Iterable[str], roles: Iterable[str], village_id: str
    ) -> tuple[Contact, ...]:
        """Return people to tell: the references first, then the village's of those roles."""
        found = [c for ref in refs if (c := self.contact(ref)) is not None]
        wanted = set(roles)
        found += [c for c in self.of_village(village_id) if c.role in wanted]
        return tuple(dict.fromkeys(c for c in found if c.siren is None))

    def approvers(self, village_id: str, *, in_exercise: bool) -> tuple[Contact, ...]:
        """Return who may approve a village's orders and can be asked; one person once."""
        found: list[Contact] = []
        for contact in self.of_village(village_id):
            may = Right.APPROVE in contact.rights
            is_there = bool(contact.channels) and (contact.exercise or not in_exercise)
            if may and is_there and not any(contact.is_same_person(other) for other in found):
                found.append(contact)
        return tuple(found)

    def entitled(self, ref: str, right: Right, village_id: str) -> Contact:
        """Return the person, who has that right in that village.

        Raises
        ------
        Refused
            The person is unknown, lacks the right, or has it elsewhere.
        """
        contact = self.contact(ref)
        if contact is None or right not in contact.rights or not contact.covers(village_id):
            raise Refused(f"{ref} has no right to {right} in {village_id}")
        return contact

    def may_plan(self, by: str | None, village_id: str) -> bool:
        """Tell whether a person may change a village's plan; before there is one, anybody may."""
        if not any(Right.PLAN in c.rights for c in self.contacts):
            return True
        contact = None if by is None else self.contact(by)
        return contact is not None and Right.PLAN in contact.rights and contact.covers(village_id)


def file_of(path: Path) -> tuple[tuple[Any, ...], str]:
    """Return the entries of a file of contacts, none of them judged, and its text.

    Raises
    ------
    RosterError
        It is absent, open to others, or no list of contacts at all.
    """
    content = read_private(path)
    try:
        text = content.decode()
        return _File.model_validate(tomllib.loads(text)).contacts, text
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise RosterError(f"{path.name} is not valid TOML") from None
    except ValidationError as error:
        wrong = "; ".join(f"{place}: {why}" for place, why in places(error))
        raise RosterError(f"{path.name}: {wrong}") from None


def people_in_file(home: Path) -> tuple[Contact, ...]:
    """Return the people of `CONTACTS` who can be used, whether they count or not; sirens are none.

    Raises
    ------
    RosterError
        The file is there, and is open to others or no list of contacts at all.
    """
    if not (home / CONTACTS).exists():
        return ()
    contacts, _ = of_rows(*file_of(home / CONTACTS))
    return tuple(contact for contact in contacts if contact.siren is None)


def siren_rows(home: Path) -> tuple[tuple[Any, ...], tuple[ContactFault, ...]]:
    """Return the entries of sirens; of a file that cannot be read the fault: people come first."""
    if not (home / CONTACTS).exists():
        return (), ()
    try:
        rows, _ = file_of(home / CONTACTS)
    except RosterError as error:
        return (), (ContactFault(str(error)),)
    return tuple(row for row in rows if isinstance(row, dict) and row.get("role") == SIREN), ()


def of_rows(
    rows: tuple[Any, ...], text: str = ""
) -> tuple[tuple[Contact, ...], tuple[ContactFault, ...]]:
    """Sort out the contacts that can be used and what is wrong with the others.

    Parameters
    ----------
    text : of the file that the rows are of, so that a fault can name its line
    """
    kept: list[Contact] = []
    faults: list[ContactFault] = []
    refs: set[str] = set()
    for index, raw in enumerate(rows):
        ref = _usable_ref(raw)
        try:
            contact, wrong = _judged(kept, refs, Contact.model_validate(raw))
        except ValidationError as error:
            contact, wrong = None, places(error)
        for where, why in wrong:
            row = line_of(text, ("contacts", index, *where.split(".")))
            faults.append(ContactFault(why, row, ref, where))
        if contact is not None:
            kept.append(contact)
            refs.add(contact.ref)
    return tuple(kept), tuple(faults)


def _judged(
    kept: list[Contact], refs: Collection[str], contact: Contact
) -> tuple[Contact | None, list[tuple[str, str]]]:
    """Return what `beside` does; of a county's thousands most can be in nobody's way."""
    plain = contact.siren is None and not contact.logins and Right.LOWER not in contact.rights
    return (contact, []) if plain and contact.ref not in refs else beside(kept, contact)


def beside(
    kept: Collection[Contact], contact: Contact
) -> tuple[Contact | None, list[tuple[str, str]]]:
    """Return what of a contact stands beside those before it, and what does not, with the field.

    Two entries of one person are not two persons: the second is told what it is told, but it
    cannot lower with the first, and a login is the first's.
    """
    if any(contact.ref == other.ref for other in kept):
        return None, [("ref", "given twice; the first stands")]
    devices = {other.siren.device for other in kept if other.siren is not None}
    if contact.siren is not None and contact.siren.device in devices:
        return None, [("siren.device", "given twice; the first stands")]
    own, rights = set(contact.logins), contact.rights
    # of each of a county's thousands only what may be in the way is looked at
    taken = {login for other in kept for login in other.logins} & own if own else own
    wrong = [("logins", "also the login of a contact before, whose it stays")] if taken else []
    if Right.LOWER in rights and any(
        Right.LOWER in other.rights and contact.is_same_person(other) for other in kept
    ):
        wrong.append(
            ("rights", "one person with a contact before, by login, e-mail or phone: no lower")
        )
        rights -= {Right.LOWER}
    if not wrong:
        return contact, wrong
    logins = tuple(login for login in contact.logins if login not in taken)
    return contact.model_copy(update={"rights": rights, "logins": logins}), wrong


def _usable_ref(raw: object) -> str | None:
    """Return a contact's reference, unless it is something else that must not be shown."""
    try:
        return _REF.validate_python(raw.get("ref")) if isinstance(raw, dict) else None
    except ValidationError:
        return None


def places(error: ValidationError) -> list[tuple[str, str]]:
    """Return where something is wrong and why, without what stands there."""
    return [
        (".".join(str(part) for part in fault["loc"]), fault["msg"])
        for fault in error.errors(include_input=False, include_context=False, include_url=False)
    ]
