"""People and their addresses: ``FLOODWARN_HOME/contacts.toml``, readable by its owner alone.

Plans name people by reference or role and never hold an address; here the two meet. A contact that
cannot be used is left out, and the others are told. Whatever is wrong with the file is said
without quoting it: no address reaches a log or an error.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from typing_extensions import override

from alerts.errors import Refused, RosterError
from alerts.parcel import Hook, Siren
from alerts.plan.words import Ref
from alerts.toml_lines import line_of
from pipeline.outbound import Target

CONTACTS = "contacts.toml"
SIGNING_KEY = "ack.key"
KEY_BYTES = 32
EVERYWHERE = "*"
SIREN = "siren"
"""The role, and the channel, of what is no person."""
OTHERS = stat.S_IRWXG | stat.S_IRWXO
E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
UNSAFE = frozenset(" \t\r\n<>,;:\"'()[]\\")

_REF: TypeAdapter[str] = TypeAdapter(Ref)

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,80}$")]


class Right(StrEnum):
    """What a person may do by hand."""

    ORDER = "order"
    LOWER = "lower"
    ACKNOWLEDGE = "acknowledge"
    SUSPEND = "suspend"
    REPORT = "report"
    APPROVE = "approve"
    RELEASE = "release"


class Contact(BaseModel):
    """One person, known to plans by `ref`; or a siren, which stands in the list beside them.

    Attributes
    ----------
    villages : village ids, or ``"*"`` for all
    email : never shown: neither ``repr`` nor an error prints it
    phone : E.164, as secret as the e-mail address
    webhook : of a system that speaks for this person; its address is as secret as theirs
    siren : of a village's siren or loudspeaker, which is no person and has nothing else
    logins : names under which the board knows this person
    exercise : may be sent exercises; without it an exercise reaches nobody
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    ref: Ref
    role: Name
    villages: tuple[str, ...]
    email: SecretStr | None = None
    phone: SecretStr | None = None
    webhook: Hook | None = None
    siren: Siren | None = None
    channels: tuple[Literal["email", "file", "webhook", "sms", "voice", "siren"], ...] = ("email",)
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")] = "en"
    logins: tuple[Name, ...] = ()
    rights: frozenset[Right] = frozenset()
    exercise: bool = False

    @field_validator("villages", mode="before")
    @classmethod
    def _everywhere(cls, raw: object) -> object:
        return (EVERYWHERE,) if raw == EVERYWHERE else raw

    @field_validator("email")
    @classmethod
    def _one_address(cls, email: SecretStr | None) -> SecretStr | None:
        text = "" if email is None else email.get_secret_value()
        if email is not None and (text.count("@") != 1 or not text.isascii() or set(text) & UNSAFE):
            raise ValueError("not one plain e-mail address")
        return email

    @field_validator("phone")
    @classmethod
    def _one_number(cls, phone: SecretStr | None) -> SecretStr | None:
        if phone is not None and not E164.fullmatch(phone.get_secret_value()):
            raise ValueError("not one number as + and 7 to 15 digits, the country's first (E.164)")
        return phone

    @field_validator("webhook")
    @classmethod
    def _one_hook(cls, hook: Hook | None) -> Hook | None:
        if hook is not None:
            Target(hook.url.get_secret_value(), hook.allow_private)
        return hook

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        for channel in self.channels:
            if channel != "file" and self.address(channel) is None:
                needed = "a phone" if channel in {"sms", "voice"} else "an address"
                raise ValueError(f"the channel {channel} needs {needed}")
        return self

    @model_validator(mode="after")
    def _siren_alone(self) -> Self:
        one_village = len(self.villages) == 1 and EVERYWHERE not in self.villages
        is_one = self.role == SIREN and one_village and self.channels == (SIREN,)
        if self.siren is not None and (not is_one or self.rights or self.logins):
            raise ValueError("a siren has role and channel siren, one village, no right, no login")
        return self

    def address(self, channel: str) -> SecretStr | Hook | Siren | None:
        """Return where this person is found by a channel; None where it needs no address."""
        match channel:
            case "email":
                return self.email
            case "webhook":
                return self.webhook
            case "sms" | "voice":
                return self.phone
            case "siren":
                return self.siren
            case _:
                return None

    def covers(self, village_id: str) -> bool:
        """Tell whether the village is one of this person's."""
        return EVERYWHERE in self.villages or village_id in self.villages

    def is_same_person(self, other: Contact) -> bool:
        """Tell whether both are one person: a reference, a login or an address in common."""
        one_name = self.ref == other.ref or bool(set(self.logins) & set(other.logins))
        return one_name or bool(self._addresses & other._addresses)

    @property
    def _addresses(self) -> frozenset[str]:
        given = (self.email, self.phone)
        return frozenset(each.get_secret_value().casefold() for each in given if each is not None)


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
    """

    contacts: tuple[Contact, ...]
    faults: tuple[ContactFault, ...] = ()

    @classmethod
    def load(cls, home: Path) -> Self:
        """Read ``contacts.toml``; a contact that cannot be used is a fault, and the rest is kept.

        Raises
        ------
        RosterError
            The file is absent, open to others, or no list of contacts at all.
        """
        content = read_private(home / CONTACTS)
        try:
            text = content.decode()
            rows = _File.model_validate(tomllib.loads(text)).contacts
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            raise RosterError(f"{CONTACTS} is not valid TOML") from None
        except ValidationError as error:
            places = "; ".join(f"{place}: {why}" for place, why in _places(error))
            raise RosterError(f"{CONTACTS}: {places}") from None
        return cls(*_usable(rows, text))

    @classmethod
    def at_hand(cls, home: Path) -> Self:
        """Read ``contacts.toml``; where it cannot be read, return nobody and the reason.

        For those who must write down what stands whether or not there is anyone to tell.
        """
        try:
            return cls.load(home)
        except RosterError as error:
            return cls((), (ContactFault(str(error)),))

    def contact(self, ref: str) -> Contact | None:
        """Return the person of that reference."""
        return next((c for c in self.contacts if c.ref == ref), None)

    def of_login(self, login: str) -> Contact | None:
        """Return the person whom the board knows by that login."""
        return next((c for c in self.contacts if login in c.logins), None)

    def of_number(self, number: str, country: str | None = None) -> tuple[Contact, ...]:
        """Return whose number that is, however written; `country` is the calling code it lacks."""
        digits = re.sub(r"\D", "", number)
        written = {f"+{digits.removeprefix('00')}"}
        if country is not None and not number.strip().startswith("+"):
            written.add(f"+{country}{digits.removeprefix('0')}")
        return tuple(
            contact
            for contact in self.contacts
            if contact.phone is not None and contact.phone.get_secret_value() in written
        )

    def named(
        self, refs: Iterable[str], roles: Iterable[str], village_id: str
    ) -> tuple[Contact, ...]:
        """Return people to tell: the references first, then the village's of those roles."""
        found = [c for ref in refs if (c := self.contact(ref)) is not None]
        wanted = set(roles)
        found += [c for c in self.contacts if c.role in wanted and c.covers(village_id)]
        return tuple(dict.fromkeys(c for c in found if c.siren is None))

    def approvers(self, village_id: str, *, in_exercise: bool) -> tuple[Contact, ...]:
        """Return who may approve a village's orders and can be asked; one person once."""
        found: list[Contact] = []
        for contact in self.contacts:
            may = Right.APPROVE in contact.rights and contact.covers(village_id)
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


def _usable(
    rows: tuple[Any, ...], text: str
) -> tuple[tuple[Contact, ...], tuple[ContactFault, ...]]:
    """Sort out the contacts that can be used and what is wrong with the others."""
    kept: list[Contact] = []
    faults: list[ContactFault] = []
    for index, raw in enumerate(rows):
        ref = _usable_ref(raw)
        try:
            contact, wrong = _beside(kept, Contact.model_validate(raw))
        except ValidationError as error:
            contact, wrong = None, _places(error)
        for field, why in wrong:
            row = line_of(text, ("contacts", index, *field.split(".")))
            faults.append(ContactFault(why, row, ref, field))
        if contact is not None:
            kept.append(contact)
    return tuple(kept), tuple(faults)


def _beside(kept: list[Contact], contact: Contact) -> tuple[Contact | None, list[tuple[str, str]]]:
    """Return what of a contact stands beside those before it, and what does not, with the field.

    Two entries of one person are not two persons: the second is told what it is told, but it
    cannot lower with the first, and a login is the first's.
    """
    if any(contact.ref == other.ref for other in kept):
        return None, [("ref", "given twice; the first stands")]
    devices = {other.siren.device for other in kept if other.siren is not None}
    if contact.siren is not None and contact.siren.device in devices:
        return None, [("siren.device", "given twice; the first stands")]
    taken = {login for other in kept for login in other.logins} & set(contact.logins)
    wrong = [("logins", "also the login of a contact before, whose it stays")] if taken else []
    lowerers = [other for other in kept if Right.LOWER in other.rights]
    rights = contact.rights
    if Right.LOWER in rights and any(contact.is_same_person(other) for other in lowerers):
        wrong.append(
            ("rights", "one person with a contact before, by login, e-mail or phone: no lower")
        )
        rights -= {Right.LOWER}
    logins = tuple(login for login in contact.logins if login not in taken)
    return contact.model_copy(update={"rights": rights, "logins": logins}), wrong


def _usable_ref(raw: object) -> str | None:
    """Return a contact's reference, unless it is something else that must not be shown."""
    try:
        return _REF.validate_python(raw.get("ref")) if isinstance(raw, dict) else None
    except ValidationError:
        return None


def _places(error: ValidationError) -> list[tuple[str, str]]:
    """Return where something is wrong and why, without what stands there."""
    return [
        (".".join(str(part) for part in fault["loc"]), fault["msg"])
        for fault in error.errors(include_input=False, include_context=False, include_url=False)
    ]


def signing_key(home: Path) -> bytes:
    """Return the key that signs acknowledgement links.

    Raises
    ------
    RosterError
        The key is absent, open to others, or too short.
    """
    key = read_private(home / SIGNING_KEY)
    if len(key) < KEY_BYTES:
        raise RosterError(f"{SIGNING_KEY} is shorter than {KEY_BYTES} bytes")
    return key


def read_private(path: Path) -> bytes:
    """Return the content of a file that nobody but its owner can open.

    Raises
    ------
    RosterError
        The file is absent, or its mode lets others read or write it.
    """
    try:
        with path.open("rb") as file:
            # Asked of the open file: what is checked is what is read.
            if os.fstat(file.fileno()).st_mode & OTHERS:
                raise RosterError(f"{path.name} is open to others: chmod 600")
            return file.read()
    except FileNotFoundError:
        raise RosterError(f"{path.name} is not in FLOODWARN_HOME") from None
    except OSError as error:
        raise RosterError(f"{path.name} cannot be read: {error.strerror}") from None


def write_private(path: Path, content: bytes) -> bool:
    """Write a file of mode 600, whole or not at all; return False where it is there already."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        try:
            path.hardlink_to(file.name)
        except FileExistsError:
            return False
    return True
