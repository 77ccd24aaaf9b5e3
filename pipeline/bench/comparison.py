"""The log against a row table, in SQLite and in PostgreSQL: shape by shape, in one run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from pipeline.bench.scratch import in_postgresql, in_sqlite
from pipeline.bench.shapes import SHAPES, Sizes, Timed
from pipeline.database import Engine


class Line(NamedTuple):
    """One shape in one database."""

    database: str
    timed: Timed


def compared(
    folder: Path, postgresql: str | None, shapes: Sequence[str], sizes: Sizes
) -> Iterator[Line]:
    """Yield the lines as they are measured; each shape has an empty database of its own.

    Parameters
    ----------
    folder : the SQLite files lie in it while they are used
    postgresql : address of a database in which a schema may be made; None = SQLite only
    shapes : of `SHAPES`, by name
    """
    for shape in shapes:
        for database in ("sqlite", "postgresql"):
            place = _scratch(database, folder, postgresql)
            if place is not None:
                with place as engine:
                    yield from (Line(database, one) for one in SHAPES[shape](engine, sizes))


def _scratch(
    database: str, folder: Path, postgresql: str | None
) -> AbstractContextManager[Engine] | None:
    if database == "sqlite":
        return in_sqlite(folder)
    return None if postgresql is None else in_postgresql(postgresql)
