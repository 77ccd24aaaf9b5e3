"""The standalone board's own login: one generated account, its password kept only as a hash.

A session is a signed cookie, so it outlives a restart of the board; one that was ended by hand is
written down until the account is made anew.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path

from itsdangerous import BadSignature, URLSafeTimedSerializer
from rich.console import Console

from alerts.errors import RosterError
from pipeline.database import private_folder

COOKIE = "floodwarn_board"
SESSION_S = 12 * 3600
USER = "officer"
FILE = "board_login.json"
ENDED = "board_sessions_ended"
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}


@dataclass(frozen=True, slots=True)
class Session:
    """One log-in of a user."""

    user: str
    ident: str


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
        return self._signer("").dumps([self.user, secrets.token_urlsafe(12)])

    def session_of(self, token: str | None) -> Session | None:
        """Return the session of a token, or None where it is absent, old or not ours."""
        match self._read("", token):
            case [str(user), str(ident)]:
                return Session(user, ident)
            case _:
                return None

    def leave(self, session: Session) -> str:
        """Return what the form bears by which a session is ended."""
        return self._signer(".leave").dumps(session.ident)

    def may_leave(self, session: Session, token: str) -> bool:
        """Tell whether the form was given to that session."""
        return self._read(".leave", token) == session.ident

    def _read(self, purpose: str, token: str | None) -> object:
        try:
            return None if token is None else self._signer(purpose).loads(token, max_age=SESSION_S)
        except BadSignature:
            return None

    def _signer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.key, salt=f"floodwarn.board{purpose}")


@dataclass(slots=True, eq=False)
class Sessions:
    """The open sessions of an account.

    Attributes
    ----------
    ended : ids of those that were ended before their time
    """

    account: Account
    path: Path
    ended: set[str] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, account: Account, home: Path) -> Sessions:
        """Return the sessions of an account that stands under `home`."""
        path = home / ENDED
        ended = path.read_text().split() if path.exists() else ()
        return cls(account, path, set(ended))

    def open(self, token: str | None) -> Session | None:
        """Return the session of a token, if nobody has ended it."""
        session = self.account.session_of(token)
        return None if session is None or session.ident in self.ended else session

    def end(self, session: Session) -> None:
        """End a session for good."""
        with self._guard:
            self.ended.add(session.ident)
            self.path.touch(mode=0o600)
            with self.path.open("a") as file:
                file.write(f"{session.ident}\n")


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
    (home / ENDED).unlink(missing_ok=True)
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
