"""Whether what a machine answers under a good status is a plain yes; pure.

Source: docs/adr/0024-webhook.md.
"""

from __future__ import annotations

import json
from typing import Final

YES_WORDS: Final = frozenset({"ok", "success", "accepted", "received"})
YES_CODES: Final = frozenset({"0", "200", "ok"})
NO_ERROR: Final = YES_WORDS | {"", "0", "none", "false", "[]"}
"""What a field named for an error or a failure holds where there is none."""


def says_yes(content: bytes) -> bool:
    """Tell whether the body under a good status is a plain yes.

    It is where there is none, where it is one of `YES_WORDS`, and where it is a JSON object that
    is empty or of whose fields one says yes and none says no. Everything else is not: a page is a
    proxy's or a login's, and services that always answer 200 name their errors in many ways.
    """
    try:
        text = content.decode("utf-8-sig").strip()
        if not text or text.lower() in YES_WORDS:
            return True
        # As pairs: the second of two fields of one name must not hide the first.
        said = json.loads(text, object_pairs_hook=tuple)
        if not isinstance(said, tuple):
            return False
        signs = {_sign(name.lower(), value) for name, value in said}
    except (ValueError, RecursionError):
        return False
    return not said or (True in signs and False not in signs)


def _sign(name: str, value: object) -> bool | None:
    """Return whether a field of an answer says yes or no; None where it says neither."""
    word = str(value).lower()
    match name:
        case "ok" | "success":
            return value is True
        case "status" | "result":
            return word in YES_WORDS
        case "code" | "errcode" | "error_code":
            return word in YES_CODES
        case _:
            named_for_one = "err" in name or "fail" in name
            return False if named_for_one and word not in NO_ERROR else None
