"""What can happen to a payload and to one row of it; each by a seed, so that it happens again."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape

ABSURD = "x" * 5_000
CONTROL = "\x00\x07\x1b[2J\x7f\u202e\ufeff"
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, -998, 10**30, 10**400, -(10**400), 1e308, 5e-324, float("nan"),
    float("inf"), "", " ", "NaN", "-inf", "1e999", "1_000", "²", "9" * 400, "null", CONTROL, ABSURD,
    "2024-02-30T25:61Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00Z", "\ud800",
    [], {}, [[]], [None], {"": None}, {"a": {"a": {}}}, json.loads("[" * 200 + "]" * 200),
)  # fmt: skip
"""In the place of a member of a JSON list, or of anything within one."""

LINES = (
    "", " ", ",", ";;;;;", '"', 'a,"b', '"""', "\x00", CONTROL, ABSURD, ",".join("9" * 500),
    "9" * 400, "null", "-998", "\t\t", "\\", "#", "\r", "<a>", "[" * 300,
)  # fmt: skip
"""In the place of a line of a table, or of one of its cells."""

TEXTS = ("", " ", "-998", "9" * 400, "NaN", "1e999", "2024-02-30T25:61Z", ABSURD, "\u202e", "²")
"""In the place of a text within a block of XML, which stays well-formed."""

TOKENS = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b'"', b"'", b"\\u0000", b"\\", b",",
    b";", b"\n", b"\r", b"[", b"]", b"{", b"}", b"[" * 20_000, b"{\"a\":" * 20_000, b"<",
    b"(" * 5_000, b"</a>", b"<!--", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"&#0;", b"NaN",
    b"Infinity", b"1e999", b"-998", b"9" * 5_000, b"null", b"true", b"0.05", b"T24:60", b"+99:99",
    b"\x89HDF",
)  # fmt: skip
"""Spliced into the bytes of a payload."""


def junk_for(row: Any) -> Iterator[Any]:
    """Yield what may stand in the place of a row, and the row itself with one thing wrong."""
    if not isinstance(row, str):
        yield from VALUES
        yield from _within(row)
    elif row.lstrip().startswith("<"):
        yield from ("<junk/>", "<junk>text</junk>", "text", "<junk a='b'><c/></junk>")
        yield from _blocks(row)
    else:
        yield from LINES
        yield from _lines(row)


def _within(value: Any) -> Iterator[Any]:
    """Yield a JSON value with each of its parts lost, doubled or replaced, at every depth."""
    if isinstance(value, dict):
        for key, part in value.items():
            rest = {name: other for name, other in value.items() if name != key}
            yield rest
            yield {**rest, f"{key}_": part}
            yield from ({**value, key: junk} for junk in VALUES)
            yield from ({**value, key: other} for other in _within(part))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            before, after = value[:index], value[index + 1 :]
            yield [*before, *after]
            yield [*before, part, part, *after]
            yield from ([*before, junk, *after] for junk in VALUES)
            yield from ([*before, other, *after] for other in _within(part))


def _lines(row: str) -> Iterator[str]:
    yield from (row[: len(row) // 2], row + row, row[::-1], row.upper(), row.replace(",", ";"))
    for separator in ",;\t":
        cells = row.split(separator)
        for index in range(len(cells) if len(cells) > 1 else 0):
            before, after = cells[:index], cells[index + 1 :]
            yield separator.join([*before, *after])
            yield from (separator.join([*before, junk, *after]) for junk in LINES)


def _blocks(row: str) -> Iterator[str]:
    for found in re.finditer(r">([^<]+)<", row):
        start, end = found.span(1)
        yield from (row[:start] + escape(text) + row[end:] for text in TEXTS)
    for found in re.finditer(r"<(\w[\w:]*)[^<>/]*>[^<]*</\1>", row):
        start, end = found.span()
        yield row[:start] + row[end:]
        yield row[:start] + row[start:end] * 2 + row[end:]


def mutated(content: bytes, others: Sequence[bytes], dice: random.Random) -> bytes:
    """Return a payload to which one to four things happened.

    Parameters
    ----------
    others : payloads of which a piece may come in
    """
    for _ in range(dice.randint(1, 4)):
        kind = dice.choice((_flip, _cut, _double, _lose, _token, _splice, _json))
        content = kind(content, others, dice)
    return content


def _span(content: bytes, dice: random.Random) -> tuple[int, int]:
    start = dice.randint(0, len(content))
    return start, min(len(content), start + int(dice.expovariate(1 / 20)) + 1)


def _flip(content: bytes, _others: Sequence[bytes], dice: random.Random) -> bytes:
    flipped = bytearray(content)
    for _ in range(dice.randint(1, 8) if flipped else 0):
        flipped[dice.randrange(len(flipped))] = dice.randrange(256)
    return bytes(flipped)


def _cut(content: bytes, _others: Sequence[bytes], dice: random.Random) -> bytes:
    return content[: dice.randint(0, len(content))]


def _double(content: bytes, _others: Sequence[bytes], dice: random.Random) -> bytes:
    start, end = _span(content, dice)
    return content[:end] + content[start:end] * dice.choice((1, 2, 50)) + content[end:]


def _lose(content: bytes, _others: Sequence[bytes], dice: random.Random) -> bytes:
    start, end = _span(content, dice)
    return content[:start] + content[end:]


def _token(content: bytes, _others: Sequence[bytes], dice: random.Random) -> bytes:
    start, end = _span(content, dice)
    return content[:start] + dice.choice(TOKENS) + content[dice.choice((start, end)) :]


def _splice(content: bytes, others: Sequence[bytes], dice: random.Random) -> bytes:
    other = dice.choice(others)
    at, (start, end) = (
        dice.randint(0, len(content)),
        sorted(dice.choices(range(len(other) + 1), k=2)),
    )
    return content[:at] + other[start:end] + content[at:]


def _json(content: bytes, others: Sequence[bytes], dice: random.Random) -> bytes:
    """Replace, lose or double one node of a JSON document; of anything else, flip a few bytes."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return _flip(content, others, dice)
    places = list(_places(document))
    if not places:
        return json.dumps(dice.choice(VALUES)).encode()
    parent, key = dice.choice(places)
    match dice.randrange(3):
        case 0:
            del parent[key]
        case 1 if isinstance(parent, list):
            parent.insert(key, parent[key])
        case _:
            parent[key] = dice.choice(VALUES)
    return json.dumps(document).encode()


def _places(node: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    keys: Iterator[Any] = iter(())
    if isinstance(node, dict):
        keys = iter(list(node))
    elif isinstance(node, list):
        keys = iter(range(len(node)))
    for key in keys:
        yield node, key
        if depth < 50:
            yield from _places(node[key], depth + 1)
