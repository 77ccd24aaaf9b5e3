"""Which messages a CAP message replaces or ends, in whatever spacing it names them.

CAP writes `sender,identifier,sent` with blanks between; the Chinese national form writes the
identifier of the first message of a chain, and nothing else.

Source: OASIS CAP 1.2, 3.2.1 (references); GB/T 35965.1-2018.
"""

from __future__ import annotations

import re
from typing import Final

PARTED_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)\s+(\d\d:\d\d)")
PARTS: Final = 3


def references(said: str) -> tuple[tuple[str, ...], list[str]]:
    """Return the identities that a text names, each once, and what of it names none."""
    whole = PARTED_TIME.sub(r"\1T\2", ",".join(map(str.strip, said.split(","))))
    found: dict[str, None] = {}
    strange: list[str] = []
    for triple in whole.split():
        parts = triple.strip(",").split(",")
        if len(parts) == PARTS and all(parts):
            found[f"{parts[0]},{parts[1]}"] = None
        elif any(parts):
            strange.append(triple)
    return tuple(found), strange
