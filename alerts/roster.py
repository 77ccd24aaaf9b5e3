"""People and their addresses: ``FLOODWARN_HOME/contacts.toml``, readable by its owner alone.

Plans name people by reference or role and never hold an address; here the two meet. Whatever is
wrong with the file is said without quoting it: no address reaches a log or an error.
"""

from __future__ import annotations

import os
import stat
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from alerts.errors import Refused, RosterError
from alerts.plan.model import Ref

CONTACTS = "contacts.toml"
SIGNING_KEY = "ack.key"
KEY_BYTES = 32
EVERYWHERE = "*"
OTHERS = stat.S_IRWXG | stat.S_IRWXO
UNSAFE = frozenset(" \t\r\n<>,;:\"'()[]\\")

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,80}$")]


class Right(StrEnum):
    """What a person may do by hand."""

    ORDER = "order"
    LOWER = "lower"
    ACKNOWLEDGE = "acknowledge"


class Contact(BaseModel):
    """One person, known to plans by `ref`.

    Attributes
    ----------
    villages : village ids, or ``"*"`` for all
    email : never shown: neither ``repr`` nor an error prints it
    logins : names under which the board knows this person
    exercise : may be sent exercises; without it an exercise reaches nobody
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    ref: Ref
    role: Name
    villages: tuple[str, ...]
    email: SecretStr | None = None
    channels: tuple[Literal["email", "file"], ...] = ("email",)
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

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if "email" in self.channels and self.email is None:
            raise ValueError("the channel email needs an address")
        return self

    def covers(self, village_id: str) -> bool:
        """Tell whether the village is one of this person's."""
        return EVERYWHERE in self.villages or village_id in self.villages


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    schema_id: Literal["floodwarn.contacts/1"] = Field(alias="schema")
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """The contacts of a deployment."""

    contacts: tuple[Contact, ...]

    @classmethod
    def load(cls, home: Path) -> Self:
        """Read ``contacts.toml``.

        Raises
        ------
        RosterError
            The file is absent, open to others, malformed, or gives one reference twice.
        """
        content = read_private(home / CONTACTS)
        try:
            contacts = _File.model_validate(tomllib.loads(content.decode())).contacts
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            raise RosterError(f"{CONTACTS} is not valid TOML") from None
        except ValidationError as error:
            raise RosterError(f"{CONTACTS}: {_places(error)}") from None
        twice = {c.ref for c in contacts if sum(d.ref == c.ref for d in contacts) > 1}
        if twice:
            raise RosterError(f"{CONTACTS}: given twice: {', '.join(sorted(twice))}")
        return cls(contacts)

    def contact(self, ref: str) -> Contact | None:
        """Return the person of that reference."""
        return next((c for c in self.contacts if c.ref == ref), None)

    def of_login(self, login: str) -> Contact | None:
        """Return the person whom the board knows by that login."""
        return next((c for c in self.contacts if login in c.logins), None)

    def named(
        self, refs: Iterable[str], roles: Iterable[str], village_id: str
    ) -> tuple[Contact, ...]:
        """Return whom a message is for: the references first, then the village's of those roles."""
        found = [c for ref in refs if (c := self.contact(ref)) is not None]
        wanted = set(roles)
        found += [c for c in self.contacts if c.role in wanted and c.covers(village_id)]
        return tuple(dict.fromkeys(found))

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


def _places(error: ValidationError) -> str:
    """Say where the file is wrong and why, without what stands there."""
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_context=False, include_url=False)
    )


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
