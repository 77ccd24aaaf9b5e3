"""A plan as the TOML text of its file, in the order and the form in which plans are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from alerts.plan.model import Plan

BARE: Final = re.compile(r"^[A-Za-z0-9_-]+$")
UNESCAPED: Final = re.compile(r"[\x7f]")


def toml_text(plan: Plan) -> str:
    """Return a plan as TOML; what has its default is left out.

    Source: TOML 1.0.0.
    """
    return "\n".join(_table((), _shortened(plan))).strip("\n") + "\n"


def _shortened(plan: Plan) -> dict[str, Any]:
    raw = plan.model_dump(mode="python", exclude_defaults=True)
    for field in ("zones", "special_sites"):
        for place in raw.get(field, ()):
            if "refuge" in place:  # written with its languages beside its kind
                place["refuge"] = {"kind": place["refuge"]["kind"]} | place["refuge"]["name"]
    return raw


def _table(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a table: first its own values, then the tables below it."""
    below = {key: value for key, value in table.items() if _stands_apart(path, value)}
    for key, value in table.items():
        if key not in below:
            yield f"{_key(key)} = {_value(value)}"
    for key, value in below.items():
        name = ".".join(map(_key, (*path, key)))
        for one in value if isinstance(value, tuple) else (value,):
            yield ""
            yield f"[[{name}]]" if isinstance(value, tuple) else f"[{name}]"
            yield from _table((*path, key), one)


def _stands_apart(path: tuple[str, ...], value: object) -> bool:
    """Tell whether a value has a header of its own: parts of the plan, and items below a part."""
    if isinstance(value, Mapping):
        return not path
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], Mapping)


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _string(value)
        case date():
            return value.isoformat()
        case tuple() | list():
            return f"[{', '.join(map(_value, value))}]"
        case Mapping():
            return f"{{ {', '.join(f'{_key(k)} = {_value(v)}' for k, v in value.items())} }}"
        case _:
            return repr(value)


def _key(key: str) -> str:
    return key if BARE.match(key) else _string(key)


def _string(text: str) -> str:
    """Quote a text; JSON's escapes are TOML's but for DEL, which TOML wants escaped as well."""
    quoted = json.dumps(str(text), ensure_ascii=False)
    return UNESCAPED.sub(lambda found: f"\\u{ord(found.group()):04X}", quoted)
