"""Where in a TOML text a value stands, so that a finding can name the line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

Place = tuple[int | str, ...]
FENCE = '"""'


def line_of(text: str, place: Place) -> int | None:
    """Return the line, from 1, of the value at `place` or of the nearest table around it.

    Parameters
    ----------
    place : keys and, in arrays of tables, indices from 0, as pydantic's errors give them
    """
    best, depth = None, 0
    for line, path in _paths(text):
        if place[: len(path)] == path and len(path) > depth:
            best, depth = line, len(path)
    return best


def _paths(text: str) -> Iterator[tuple[int, Place]]:
    """Yield (line, place) of each table header and key, in order."""
    table: Place = ()
    arrays: Counter[Place] = Counter()
    quoted = False
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if not quoted and bare.startswith("["):
            table = _table(bare, arrays)
            yield number, table
        elif not quoted and "=" in bare and not bare.startswith("#"):
            yield number, (*table, *_keys(bare.split("=", maxsplit=1)[0]))
        quoted ^= bare.count(FENCE) % 2 == 1


def _table(header: str, arrays: Counter[Place]) -> Place:
    """Return the place of a header; a table below an array's lies in the array's newest."""
    names = _keys(header.split("]", maxsplit=1)[0].strip("["))
    path: Place = ()
    for name in names:
        path = (*path, name)
        if path in arrays and path != names:
            path = (*path, arrays[path] - 1)
    if header.startswith("[["):
        arrays[path] += 1
        path = (*path, arrays[path] - 1)
    return path


def _keys(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
