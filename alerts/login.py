"""The standalone board's own login: one generated account, its password kept only as a hash."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadSignature, URLSafeTimedSerializer
from rich.console import Console

from alerts.errors import RosterError
from pipeline.database import private_folder

COOKIE = "floodwarn_board"
SESSION_S = 12 * 3600
USER = "officer"
FILE = "board_login.json"
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}


@dataclass(frozen=True, slots=True)
class Account:
    """The account of a standalone board.

    Attributes
    ----------
    salt, digest : scrypt of the password
    key : signs the session cookie; a new password makes every old session void
    """

    user: str
    salt: bytes
    digest: bytes
    key: str

    def accepts(self, user: str, password: str) -> bool:
        """Return whether name and password are the account's, in constant time."""
        right_name = hmac.compare_digest(user.encode(), self.user.encode())
        right_word = hmac.compare_digest(_digest(password, self.salt), self.digest)
        return right_name and right_word

    def session(self) -> str:
        """Return a signed session token."""
        return self._signer().dumps(self.user)

    def user_of(self, token: str | None) -> str | None:
        """Return the user of a session token, or None where it is absent, old or not ours."""
        if token is None:
            return None
        try:
            user = self._signer().loads(token, max_age=SESSION_S)
        except BadSignature:
            return None
        return user if isinstance(user, str) else None

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.key, salt="floodwarn.board")


def account_of(home: Path) -> Account:
    """Return the account under `home`; one that is made now is printed once, for its owner."""
    account = read_account(home)
    if account is None:
        account, password = new_account(home)
        Console(stderr=True).print(f"Login: {account.user} / {password}", highlight=False)
    return account


def account_with(home: Path, password: str) -> Account:
    """Return the account under `home` for that password; another password makes it anew."""
    account = read_account(home)
    if account is not None and account.accepts(USER, password):
        return account
    return new_account(home, password)[0]


def new_account(home: Path, password: str | None = None) -> tuple[Account, str]:
    """Write a new account under `home` (mode 600); return it with its password, shown only once."""
    password = password or secrets.token_urlsafe(12)
    salt = secrets.token_bytes(16)
    account = Account(USER, salt, _digest(password, salt), secrets.token_urlsafe(32))
    path = home / FILE
    private_folder(home)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(
        json.dumps(
            {
                "user": account.user,
                "salt": base64.b64encode(salt).decode(),
                "digest": base64.b64encode(account.digest).decode(),
                "key": account.key,
            }
        )
    )
    return account, password


def read_account(home: Path) -> Account | None:
    """Return the account kept under `home`, or None where there is none yet.

    Raises
    ------
    RosterError
        The file can be read by others, or is not what `new_account` wrote.
    """
    path = home / FILE
    if not path.exists():
        return None
    if path.stat().st_mode & 0o077:
        raise RosterError(f"{path.name} can be read by others; set its mode to 600")
    try:
        raw = json.loads(path.read_text())
        return Account(
            raw["user"], base64.b64decode(raw["salt"]), base64.b64decode(raw["digest"]), raw["key"]
        )
    except (ValueError, KeyError, TypeError) as fault:
        raise RosterError(f"{path.name} is damaged; make a new login") from fault


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, **_SCRYPT)
