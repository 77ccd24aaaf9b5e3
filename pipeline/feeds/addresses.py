"""The addresses of a feed: of each slot of a window, and those that its answers name."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from pipeline.errors import FetchError
from pipeline.feeds.source import SCHEMES, Source
from pipeline.feeds.window import Window

PLACE: Final = re.compile(r"(?<!\$)\{(start|end)(?::([^{}]*))?\}")
"""Where an address names the window. No str.format: it would reach into objects."""

NAMED: Final = re.compile(r"(?<!\$)\{([^{}:]*):?([^{}]*)\}")
"""Whatever looks like such a place."""

ISO_MINUTE: Final = "%Y-%m-%dT%H:%MZ"
MOST_FILES: Final = 1000
"""Of a folder without pattern: three years of daily files."""

MOST_ADDRESS: Final = 2000
"""Characters; longer ones are cut or refused by servers and proxies on the way."""

PORTS: Final = {"http": 80, "https": 443}


def addresses(source: Source, window: Window) -> list[str]:
    """Return the file or URL of each slot of the window, each once, oldest first.

    Without a pattern it is the one address that `where` names, or every file of that folder.

    Raises
    ------
    FetchError
        A folder without pattern holds more files than may be taken.
    """
    spec, where = source.spec, named(source, window)
    if spec.pattern is None:
        return [where] if source.is_remote else _files(where)
    step = timedelta(minutes=spec.slot_min)
    return list(dict.fromkeys(address_of(source, where, s) for s in window.slots(step)))


def address_of(source: Source, where: str, slot: datetime) -> str:
    """Return the file or URL of one slot of a feed with a pattern."""
    spec = source.spec
    back = timedelta(minutes=0 if spec.stamp == "end" else spec.interval_min)
    stamp = (slot - back).astimezone(ZoneInfo(spec.zone))
    return f"{where.rstrip('/')}/{stamp.strftime(spec.pattern or '')}"


def named(source: Source, window: Window) -> str:
    """Return `where` with the window's times put in."""
    zone = ZoneInfo(source.spec.zone)

    def stamp(found: re.Match[str]) -> str:
        at = window.start if found[1] == "start" else window.end
        if found[2] is None:
            return at.astimezone(UTC).strftime(ISO_MINUTE)
        return at.astimezone(zone).strftime(found[2])

    return PLACE.sub(stamp, source.where)


def names_window(where: str) -> bool:
    """Tell whether an address asks for the window's times by name."""
    return PLACE.search(where) is not None


def address_sha256(address: str) -> str:
    """Return the hash by which the fetch log knows an address."""
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()


def redacted(address: str) -> str:
    """Return an address without user, password, query and fragment."""
    if not address.lower().startswith(SCHEMES):
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return "an address that cannot be read"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def origin(address: str) -> tuple[str, str]:
    """Return scheme and `host:port` of an address, read as the connection will read it.

    Raises
    ------
    FetchError
        It is none that a feed may have: another scheme, a user, a backslash, a blank.
    """
    shown = redacted(address)[:MOST_ADDRESS]
    odd = len(address) > MOST_ADDRESS or "\\" in address or not address.isprintable()
    try:
        parts = parse_url("" if odd else address)
    except LocationParseError:
        raise FetchError("an address cannot be read", retryable=False) from None
    if parts.auth is not None:
        raise FetchError(f"{shown}: an address names no user", retryable=False)
    if parts.scheme not in PORTS or not parts.host:
        raise FetchError("an address is not one of http or https", retryable=False)
    return parts.scheme, f"{parts.host}:{parts.port or PORTS[parts.scheme]}"


def linked(link: str, base: str) -> str | None:
    """Return the address that an answer from `base` names; None where it leads elsewhere.

    Elsewhere is another scheme, host or port: an answer sends nobody to a stranger.
    """
    try:
        address = urljoin(base, link.strip()[:MOST_ADDRESS]).partition("#")[0]
        return address if origin(address) == origin(base) else None
    except (FetchError, ValueError):
        return None


def _files(where: str) -> list[str]:
    folder = Path(where.removeprefix("file://"))
    if not folder.is_dir():
        return [where]
    # A name with a dot in front is being written, or is nobody's data.
    files = sorted(str(path) for path in folder.iterdir() if path.name[0] != "." and path.is_file())
    if len(files) > MOST_FILES:
        message = f"{folder}: {len(files)} files; at most {MOST_FILES} are read without a pattern"
        raise FetchError(message, retryable=False)
    return files
