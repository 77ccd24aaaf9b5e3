"""File names by time pattern (strftime), written and read."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Final

PARTS: Final[dict[str, str]] = {
    "Y": r"\d{4}",
    "m": r"\d{2}",
    "d": r"\d{2}",
    "H": r"\d{2}",
    "M": r"\d{2}",
    "S": r"\d{2}",
    "j": r"\d{3}",
    "y": r"\d{2}",
}


def stamp_of(path: str, pattern: str) -> datetime | None:
    """Return the naive time that the end of a path states, or None where it does not fit.

    A part that stands in the pattern more than once (the day as folder and in the name) must be
    the same each time.
    """
    match = _expression(pattern).search(path)
    if match is None:
        return None
    found = match.groupdict()
    order = list(found)
    try:
        return datetime.strptime(  # noqa: DTZ007 - the feed's zone is declared, not in the name
            " ".join(found[name] for name in order), " ".join(f"%{name}" for name in order)
        )
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _expression(pattern: str) -> re.Pattern[str]:
    seen: set[str] = set()
    out: list[str] = []
    pieces = re.split(r"%(.)", pattern)
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            out.append(re.escape(piece))
        elif piece in seen:
            out.append(f"(?P={piece})")
        else:
            seen.add(piece)
            out.append(f"(?P<{piece}>{PARTS[piece]})")
    return re.compile("(?:^|/)" + "".join(out) + "$")


def unknown_parts(pattern: str) -> list[str]:
    """Return the %-parts of a pattern that are not known here."""
    return [part for part in re.findall(r"%(.)", pattern) if part not in PARTS]
