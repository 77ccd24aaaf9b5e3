"""The deployment's settings; the one reader of the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import quote

from pipeline.errors import SettingsError
from pipeline.world import Mode

STORE = "floodwarn.db"
PEOPLE = "people.db"
OWN_PEOPLE = "people.own"
DEFAULT_HOME = Path(".floodwarn")
LAST_PORT = 65535
MOST_PER_MINUTE = 60_000
MOST_TO_ONE = 600

SmtpSecurity = Literal["none", "starttls", "tls"]


class NotSet(SettingsError):
    """The environment has no credential of this name."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a deployment keeps its state and what it may do.

    Attributes
    ----------
    home : FLOODWARN_HOME, keys, contacts, the embedded database, samples
    site_folder : FLOODWARN_SITE, the site pack
    database_url : FLOODWARN_DATABASE_URL, default SQLite in `home`
    mode : FLOODWARN_MODE, default replay, which pages no one
    public_url : FLOODWARN_PUBLIC_URL, base address of the acknowledgement pages
    smtp_sender : FLOODWARN_SMTP_SENDER, the address that messages come from
    smtp_login : FLOODWARN_SMTP_LOGIN; its password is the credential `smtp_credential`
    smtp_per_minute : FLOODWARN_SMTP_PER_MINUTE, mails that the server takes; None: any number
    webhook_per_minute : FLOODWARN_WEBHOOK_PER_MINUTE, posts that one receiver takes
    cap_key : FLOODWARN_CAP_KEY, the file in `home` whose key signs CAP alerts that are handed out;
        without it they go unsigned
    fence : FLOODWARN_FENCE, a file that every host sees which may ever send for this site; in it
        stands the epoch of the one that may
    """

    home: Path
    site_folder: Path
    database_url: str
    mode: Mode
    public_url: str
    smtp_host: str
    smtp_port: int
    smtp_sender: str = "floodwarn@mailbox.invalid"
    smtp_security: SmtpSecurity = "none"
    smtp_login: str | None = None
    smtp_credential: str = "FLOODWARN_SMTP_PASSWORD"
    cap_key: str | None = None
    smtp_per_minute: int | None = None
    webhook_per_minute: int | None = None
    fence: Path | None = None


def from_environment(*, site: Path | None = None, home: Path | None = None) -> Settings:
    """Return the settings that the environment names; arguments win over it.

    Raises
    ------
    SettingsError
        A variable has a value that is not one of its own.
    """
    home = (home or Path(os.environ.get("FLOODWARN_HOME") or DEFAULT_HOME)).absolute()
    folder = (site or Path(os.environ.get("FLOODWARN_SITE") or "config/cance")).absolute()
    fence = os.environ.get("FLOODWARN_FENCE")
    return Settings(
        home=home,
        site_folder=folder,
        database_url=os.environ.get("FLOODWARN_DATABASE_URL") or embedded(home / STORE),
        mode=_mode(os.environ.get("FLOODWARN_MODE") or Mode.REPLAY),
        public_url=os.environ.get("FLOODWARN_PUBLIC_URL") or "http://127.0.0.1:8091",
        smtp_host=os.environ.get("FLOODWARN_SMTP_HOST") or "127.0.0.1",
        smtp_port=_port(os.environ.get("FLOODWARN_SMTP_PORT") or "8025"),
        smtp_sender=os.environ.get("FLOODWARN_SMTP_SENDER") or "floodwarn@mailbox.invalid",
        smtp_security=_security(os.environ.get("FLOODWARN_SMTP_SECURITY") or "none"),
        smtp_login=os.environ.get("FLOODWARN_SMTP_LOGIN") or None,
        cap_key=_file_name(os.environ.get("FLOODWARN_CAP_KEY")),
        smtp_per_minute=_per_minute("FLOODWARN_SMTP_PER_MINUTE", most=MOST_PER_MINUTE),
        webhook_per_minute=_per_minute("FLOODWARN_WEBHOOK_PER_MINUTE", most=MOST_TO_ONE),
        fence=Path(fence).absolute() if fence else None,
    )


def credential(name: str) -> str:
    """Return the secret that a site pack names; its value never enters a file, log or error.

    Raises
    ------
    NotSet
        The environment has no such variable.
    SettingsError
        Its value is none that can be sent.
    """
    value = os.environ.get(name)
    if not value:
        raise NotSet(f"credential {name} is not set in the environment")
    return sendable(name, value)


def people_url(home: Path) -> str:
    """Return FLOODWARN_PEOPLE_URL, where people and numbers are kept; default SQLite in `home`.

    A home with `OWN_PEOPLE` has people of its own, whatever the environment says.
    """
    named = None if (home / OWN_PEOPLE).exists() else os.environ.get("FLOODWARN_PEOPLE_URL")
    return named or embedded(home / PEOPLE)


def sendable(name: str, value: str) -> str:
    """Return a secret that fits into a header; what it holds is not told.

    Raises
    ------
    SettingsError
        It has line ends or other control characters.
    """
    if not value.isprintable():
        raise SettingsError(f"credential {name} has control characters; it is not used")
    return value


def ca_bundle() -> str | None:
    """Return the file of the authorities that feeds' servers are checked against, if one is set."""
    return os.environ.get("FLOODWARN_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or None


def embedded(file: Path) -> str:
    """Return the address of an SQLite file; in an address %, ? and # have meanings of their own."""
    return f"sqlite:///{quote(str(file), safe='/ ')}"


def _mode(text: str) -> Mode:
    try:
        return Mode(text)
    except ValueError:
        raise SettingsError(
            f"FLOODWARN_MODE is {text!r}; it must be one of {', '.join(Mode)}"
        ) from None


def _file_name(text: str | None) -> str | None:
    if text and (text == ".." or Path(text).name != text):
        raise SettingsError(f"FLOODWARN_CAP_KEY is {text!r}; it must name a file in FLOODWARN_HOME")
    return text or None


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= LAST_PORT:
        raise SettingsError(f"FLOODWARN_SMTP_PORT is {text!r}; it must be a port number")
    return int(text)


def _per_minute(name: str, *, most: int) -> int | None:
    text = os.environ.get(name) or None
    if text is not None and not (text.isdecimal() and 0 < int(text) <= most):
        raise SettingsError(f"{name} is {text!r}; it must be a number from 1 to {most}")
    return None if text is None else int(text)


def _security(text: str) -> SmtpSecurity:
    if text not in get_args(SmtpSecurity):
        raise SettingsError(
            f"FLOODWARN_SMTP_SECURITY is {text!r}; it must be none, starttls or tls"
        )
    return cast(SmtpSecurity, text)
