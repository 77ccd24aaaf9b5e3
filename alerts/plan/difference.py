"""What differs between two plans of a village, in words for a person; things matched by id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from alerts.plan.model import Plan
from alerts.plan.words import Frozen

ONE_OF: Final = {
    "zones": "zone", "routes": "route", "shelters": "shelter", "crossings": "crossing",
    "assembly_points": "assembly point", "special_sites": "special site", "drills": "drill of",
    "needs_help": "help for", "buckets": "bucket of hours",
}  # fmt: skip
KEYS: Final = ("id", "ref", "on", "hours")
"""What names an item of a list: the first of these that it has."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs.

    Attributes
    ----------
    field : dotted, with ids for the items of lists: ``zones.riverside.people``
    what : the same in words
    old, new : as text; None where it did not stand, or no longer stands, in the plan
    """

    field: str
    what: str
    old: str | None
    new: str | None

    def line(self) -> str:
        """Return one line: what: old -> new."""
        return f"{self.what}: {_shown(self.old)} -> {_shown(self.new)}"


def differences(old: Plan | None, new: Plan | None) -> tuple[Change, ...]:
    """Return what differs between two plans; empty exactly where they are equal.

    Parameters
    ----------
    old, new : None where there is no plan before, or after

    Returns
    -------
    In the order of the plan's fields; a thing that comes or goes is one change, with all it says.
    """
    return tuple(_compare("", "the plan", old, new))


def _compare(field: str, what: str, old: object, new: object) -> Iterator[Change]:
    if old == new:
        return
    if isinstance(old, Frozen) and isinstance(new, Frozen):
        for name in type(new).model_fields:
            below = _named(field, what, name)
            yield from _compare(*below, getattr(old, name), getattr(new, name))
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for language in dict.fromkeys((*old, *new)):
            of = f"{what} ({language})"
            yield from _compare(f"{field}.{language}", of, old.get(language), new.get(language))
    elif _holds_items(old) or _holds_items(new):
        yield from _items(field, what, _by_key(old), _by_key(new))
    else:
        yield Change(field, what, _text(old), _text(new))


def _items(
    field: str, what: str, old: Mapping[str, Frozen], new: Mapping[str, Frozen]
) -> Iterator[Change]:
    above, _, plural = what.rpartition(": ")
    one = ONE_OF[field.rpartition(".")[2]]
    for key in dict.fromkeys((*new, *old)):
        of = f"{above}: {one} {key}" if above else f"{one} {key}"
        yield from _compare(f"{field}.{key}", of, old.get(key), new.get(key))
    was, now = [key for key in old if key in new], [key for key in new if key in old]
    if was != now:
        yield Change(field, f"order of {plural}", _text(tuple(was)), _text(tuple(now)))


def _by_key(items: Any) -> dict[str, Frozen]:  # noqa: ANN401 - a tuple of any part of a plan
    """Return items by what names them; the second of a name gets a number."""
    found: dict[str, Frozen] = {}
    for item in items:
        name = next(str(getattr(item, key)) for key in KEYS if key in type(item).model_fields)
        key, number = name, 1
        while key in found:
            number += 1
            key = f"{name} ({number})"
        found[key] = item
    return found


def _named(field: str, what: str, name: str) -> tuple[str, str]:
    words = name.replace("_", " ")
    return (f"{field}.{name}", f"{what}: {words}") if field else (name, words)


def _holds_items(value: object) -> bool:
    return isinstance(value, tuple) and any(isinstance(item, Frozen) for item in value)


def _text(value: object) -> str | None:
    if value is None:
        return None
    match value:
        case bool():
            return "yes" if value else "no"
        case Frozen():
            return "; ".join(_said(value))
        case Mapping():
            return "; ".join(f"{language}: {text}" for language, text in value.items())
        case tuple():
            return ", ".join(map(_among, value))
        case _:
            return str(value)


def _among(item: object) -> str:
    """Return an item of a list; one that is itself of several parts in brackets."""
    text = _text(item) or ""
    return f"({text})" if isinstance(item, tuple | Frozen) else text


def _said(part: Frozen) -> Iterator[str]:
    """Yield all that a part says, but for what is not said and what it has by default."""
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if value != field.default:
            yield f"{name.replace('_', ' ')} {_text(value)}"


def _shown(text: str | None) -> str:
    return "nothing" if text is None else f"{text!r}" if text == "" else text
