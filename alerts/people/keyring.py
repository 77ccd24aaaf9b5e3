"""The keys of people's addresses: what is sealed with them, and under what it is looked up.

``people.keys`` has one Fernet key a line, the newest first: it seals, and every one opens. Under
what an address is looked up is a keyed hash of it, one key a kind of address, derived from the same
keys; so who holds the database alone can neither read a number nor try all of them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final, Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from alerts.errors import RosterError
from alerts.people.number import e164
from alerts.private_files import read_private, replace_private, write_private

KEYS: Final = "people.keys"


class Kind(StrEnum):
    """What of a person is sealed."""

    EMAIL = "email"
    PHONE = "phone"
    WEBHOOK = "webhook"

    def plain(self, address: str) -> str:
        """Return the one form of all that are the same address."""
        match self:
            case Kind.PHONE:
                return e164(address) or address
            case Kind.EMAIL:
                return address.strip().casefold()
            case Kind.WEBHOOK:
                return address.strip()


class Unsealed(Exception):
    """A sealed address that no key opens, or that is another person's."""


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """The keys, newest first."""

    keys: tuple[bytes, ...]

    @classmethod
    def load(cls, home: Path) -> Self:
        """Read the keys.

        Raises
        ------
        RosterError
            The file is absent, open to others, or holds something else.
        """
        keys = tuple(read_private(home / KEYS).split())
        try:
            _fernet(keys)
        except ValueError:
            raise RosterError(f"{KEYS} holds no keys, one a line") from None
        return cls(keys)

    def seal(self, kind: Kind, ref: str, address: str) -> str:
        """Return an address that only the keys open, and only as that person's."""
        plain = json.dumps([ref, kind.value, address]).encode()
        return self._fernet.encrypt(plain).decode()

    def open(self, kind: Kind, ref: str, sealed: str) -> str:
        """Return what was sealed.

        Raises
        ------
        Unsealed
            No key opens it, or it was sealed for another person or place.
        """
        try:
            whose, what, address = json.loads(self._fernet.decrypt(sealed.encode()))
        except (InvalidToken, ValueError):
            raise Unsealed from None
        if (whose, what) != (ref, kind.value):
            raise Unsealed
        return str(address)

    def index(self, kind: Kind, address: str) -> str:
        """Return under what an address is found; it tells nothing of it without the keys."""
        return _index(self.keys[0], kind, address)

    def indexes(self, kind: Kind, address: str) -> tuple[str, ...]:
        """Return under what an address may be found while keys are being changed."""
        return tuple(_index(key, kind, address) for key in self.keys)

    def down_to(self, key: bytes) -> Self:
        """Return the keyring without what is older than a key; whole, where the key is gone."""
        older = self.keys.index(key) + 1 if key in self.keys else len(self.keys)
        return type(self)(self.keys[:older])

    @property
    def _fernet(self) -> MultiFernet:
        return _fernet(self.keys)


def make_keys(home: Path) -> None:
    """Make the first key; keys that are there stay."""
    write_private(home / KEYS, Fernet.generate_key() + b"\n")


def put_keys(home: Path, keyring: Keyring) -> None:
    """Put other keys in the place of those that are there."""
    replace_private(home / KEYS, b"".join(key + b"\n" for key in keyring.keys))


def with_new_key(keyring: Keyring) -> Keyring:
    """Return the keys behind a new one."""
    return Keyring((Fernet.generate_key(), *keyring.keys))


@lru_cache(maxsize=2)
def _fernet(keys: tuple[bytes, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _index(key: bytes, kind: Kind, address: str) -> str:
    own = hmac.digest(key, f"floodwarn people index {kind.value}".encode(), hashlib.sha256)
    return hmac.new(own, kind.plain(address).encode(), hashlib.sha256).hexdigest()
