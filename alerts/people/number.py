"""A telephone number as people write it, and the one form in which it is kept: E.164."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

E164: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
BETWEEN: Final = re.compile(r"[\s().·/\u2010-\u2015\u2212-]+")
"""What people put between digits, dashes of every kind among it."""
INVISIBLE: Final = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""What a number brings along when it is copied from a telephone's own list."""
SHORT: Final = 10
SHOWN_OF_HOST: Final = 3
"""Digits that may stand in the name of a mail provider that is shown: 163, 126."""
KEEPS_ZERO: Final = frozenset({"39", "378"})
"""Italy, San Marino: there the zero that elsewhere leads a call within the country is dialled."""


def e164(written: str, country: str | None = None) -> str | None:
    """Return a number in E.164; None of what is none, or may be several.

    Parameters
    ----------
    country : calling code of a number that is written as within its country; without it such a
        number is none. One that begins with that code's own digits is none either: whether they
        are the country's, nobody can tell
    """
    text = BETWEEN.sub("", INVISIBLE.sub("", unicodedata.normalize("NFKC", written)))
    if text.startswith("00"):
        text = f"+{text[2:]}"
    elif not text.startswith("+") and country is not None and not text.startswith(country):
        text = f"+{country}{text if country in KEEPS_ZERO else text.removeprefix('0')}"
    return text if E164.fullmatch(text) else None


def masked(number: str) -> str:
    """Return a number of which three digits of its own and the last four are shown.

    Of China's mobile numbers the country's code is taken off; of a number so short that little
    would be hidden, the last two digits are all that is shown.
    """
    digits = number.removeprefix("+86") if number.startswith("+861") else number.removeprefix("+")
    if len(digits) < SHORT:
        return f"****{digits[-2:]}"
    return f"{digits[:3]}****{digits[-4:]}"


def masked_email(address: str) -> str:
    """Return an e-mail address of which the first letter, at most, and the host are shown."""
    name, _, host = address.partition("@")
    first = name[:1] if len(name) > 1 and name[0].isalpha() else ""
    digits = sum(char.isdecimal() for char in host)
    return f"{first}****@{host if digits <= SHOWN_OF_HOST else '****'}"
