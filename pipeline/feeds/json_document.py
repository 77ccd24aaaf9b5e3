"""Payloads of JSON: bounded before they are parsed, and every number kept as its text.

A number's text is read where its meaning is known (`pipeline.feeds.number`): there a number that
is none, or of thousands of digits, is the fault of one row and not of the payload.
"""

from __future__ import annotations

import codecs
import json
from typing import Final, TypeAlias, cast

from pipeline.errors import DecodeError
from pipeline.feeds.table import FieldFault
from pipeline.observation import RawPayload

MAX_PARTS: Final = 2_000_000
"""Objects, lists and commas: 100,000 features of an OGC API; parsed, at most some 300 MB."""

MAX_BYTES: Final = 64_000_000


class Ambiguous:
    """An object in which a key stands twice: readers differ on which one counts (RFC 8259, 4)."""


Json: TypeAlias = "dict[str, Json] | list[Json] | str | bool | Ambiguous | None"


def document(payload: RawPayload, max_bytes: int = MAX_BYTES) -> Json:
    """Return a JSON payload as dicts, lists, texts (numbers too), booleans and None.

    An object that names a key twice is `Ambiguous`, so that nothing is read out of it.

    Raises
    ------
    DecodeError
        Too large, of too many parts, nested too deeply, not UTF-8 or not JSON.
    """
    where, content = payload.source_url, payload.content
    if len(content) > max_bytes:
        raise DecodeError(f"{where}: more than {max_bytes} bytes")
    if sum(map(content.count, (b"[", b"{", b","))) > MAX_PARTS:
        raise DecodeError(f"{where}: more than {MAX_PARTS} parts; take it in parts")
    try:
        found = json.loads(
            content.removeprefix(codecs.BOM_UTF8).decode(),
            parse_int=str,
            parse_float=str,
            parse_constant=str,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as error:
        raise DecodeError(f"{where}: not UTF-8") from error
    except RecursionError as error:
        raise DecodeError(f"{where}: nested too deeply") from error
    except json.JSONDecodeError as error:
        raise DecodeError(f"{where}: not JSON: {error.msg}", row=error.lineno) from error
    return cast("Json", found)


def part(value: Json, *path: str | int) -> Json:
    """Return what lies at a path of keys and indices; None where there is nothing."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
    return value


def text(value: Json, *path: str | int) -> str:
    """Return the text, or the number as its text, at a path.

    Raises
    ------
    FieldFault
        There is nothing, or something else.
    """
    found = part(value, *path)
    if not isinstance(found, str) or not found.strip():
        raise FieldFault(".".join(map(str, path)), "neither a text nor a number")
    return found.strip()


def listed(value: Json) -> list[Json]:
    """Return a list as it is, nothing as an empty list, and one thing as the list of it."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json] | Ambiguous:
    found = dict(pairs)
    return found if len(found) == len(pairs) else Ambiguous()
