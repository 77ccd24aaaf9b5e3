"""What a cell means by the kind of its column; what it cannot mean is told with its cure.

Full-width digits and letters of codes, numbers and days are read as plain ones (Unicode NFKC).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Final

from alerts.plan.book_escape import unescaped
from alerts.plan.book_faults import Unreadable, wrong
from alerts.plan.workbook import Choice, Column, Kind

CODE_DIGITS: Final = (12, 15)
"""Of a village and of a group of households, in China's codes of administrative divisions."""
LARGEST_EXACT: Final = 10**15
WHOLE: Final = re.compile(r"^[+-]?\d{1,30}$", re.ASCII)
DECIMAL: Final = re.compile(
    r"^[+-]?\d{1,20}(\.\d{1,30})?(e[+-]?\d{1,3})?$", re.ASCII | re.IGNORECASE
)
DAY: Final = re.compile(r"^(\d{4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?$", re.ASCII)
BETWEEN: Final = re.compile(r"[\s;,、]+")
SCIENTIFIC: Final = re.compile(r"^\d(\.\d+)?e\+?\d+$", re.ASCII | re.IGNORECASE)
ON_ONE_EARTH: Final = 2

Scalar = str | int | float | bool | date | time | None


def is_empty(value: object) -> bool:
    """Tell whether nobody wrote anything into a cell."""
    return value is None or (isinstance(value, str) and not value.strip())


def plain(text: str) -> str:
    """Return a text with full-width characters made plain, and no white space around it."""
    return unicodedata.normalize("NFKC", text).strip()


def meaning(column: Column, value: Scalar) -> object:
    """Return what a cell says; None where it is empty, but an empty text for a free one.

    Raises
    ------
    Unreadable
        It says nothing that its column can hold.
    """
    if is_empty(value):
        return "" if column.kind == "text" else None
    if column.kind in {"choice", "choices"}:
        return _chosen(column, value)
    return READERS[column.kind](value)


def _text(value: Scalar) -> str:
    return unescaped(_typed(value))


def _plain(value: Scalar) -> str:
    return plain(_typed(value))


def _typed(value: Scalar) -> str:
    """Return what was typed, where Excel made no day, truth value or rounded number of it."""
    match value:
        case str():
            return value
        case bool():
            raise Unreadable(wrong("truth_value", value=value))
        case int() | float():
            return str(int(value)) if _is_exact(value) else repr(value)
        case _:
            raise Unreadable(wrong("became_date", value=value))


def _is_exact(value: float) -> bool:
    return abs(value) < LARGEST_EXACT and value == int(value)


def _id(value: Scalar) -> str:
    if isinstance(value, float) and not _is_exact(value):
        raise Unreadable(wrong("number_no_id", value=value))
    return _plain(value)


def _code(value: Scalar) -> str:
    """Return a village's code; as a number only where no digit of it can be lost."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        digits = str(int(value)) if _is_exact(value) else ""
        if len(digits) not in CODE_DIGITS:
            raise Unreadable(wrong("number_no_code", value=value))
        return digits
    code = _plain(value)
    if SCIENTIFIC.match(code):
        raise Unreadable(wrong("shortened_number", value=code))
    return code


def _ref(value: Scalar) -> str:
    if not isinstance(value, str):
        raise Unreadable(wrong("no_reference", value=value))
    return plain(value)


def _whole(value: Scalar) -> int:
    match value:
        case bool():
            pass
        case int():
            return value
        case float() if value == value // 1:
            return int(value)
        case str() if WHOLE.match(plain(value)):
            return int(plain(value))
    raise Unreadable(wrong("no_whole_number", value=value))


def _decimal(value: Scalar) -> float:
    match value:
        case bool():
            pass
        case int() | float():
            return value
        case str() if DECIMAL.match(plain(value)):
            return float(plain(value))
    raise Unreadable(wrong("no_number", value=value))


def _date(value: Scalar) -> date:
    if isinstance(value, datetime):
        if value.time() != time():
            raise Unreadable(wrong("day_with_hour", value=value))
        return value.date()
    if isinstance(value, date):
        return value
    parts = DAY.match(plain(value)) if isinstance(value, str) else None
    if parts is None:
        raise Unreadable(wrong("no_day", value=value))
    try:
        return date(*map(int, parts.groups()))
    except ValueError:
        raise Unreadable(wrong("not_in_calendar", value=value)) from None


def _ids(value: Scalar) -> tuple[str, ...]:
    return tuple(part for part in BETWEEN.split(_id(value)) if part)


def _position(value: Scalar) -> tuple[float, ...]:
    parts = tuple(part for part in BETWEEN.split(_plain(value)) if part)
    if len(parts) != ON_ONE_EARTH or not all(DECIMAL.match(part) for part in parts):
        raise Unreadable(wrong("no_position", value=value))
    return tuple(map(float, parts))


def _positions(value: Scalar) -> tuple[tuple[float, ...], ...]:
    return tuple(_position(part) for part in _plain(value).split(";") if part.strip())


def _chosen(column: Column, value: Scalar) -> object:
    known = {_folded(name): choice for choice in column.choices for name in _names(choice)}
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if column.kind == "choices":
        return tuple(_one_of(column, known, part) for part in BETWEEN.split(_plain(value)) if part)
    found = _one_of(column, known, _plain(value))
    return found == "yes" if column.choices[0].value == "yes" else found


def _one_of(column: Column, known: Mapping[str, Choice], text: str) -> str:
    if column.free and text not in {choice.value for choice in column.choices}:
        return known[_folded(text)].value if _folded(text) in known else text
    if _folded(text) not in known:
        entries = ", ".join(f"{choice.value} {choice.zh}" for choice in column.choices)
        raise Unreadable(wrong("not_in_list", value=text, entries=entries))
    return known[_folded(text)].value


def _names(choice: Choice) -> tuple[str, str, str]:
    return choice.zh, choice.en, choice.value


def _folded(text: str) -> str:
    return plain(text).casefold()


READERS: Final[Mapping[Kind, Callable[[Scalar], object]]] = {
    "code": _code, "label": _plain, "id": _id, "ref": _ref, "text": _text, "words": _text,
    "whole": _whole, "decimal": _decimal, "date": _date, "ids": _ids, "position": _position,
    "positions": _positions,
}  # fmt: skip
