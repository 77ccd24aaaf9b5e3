"""Databases that a comparison is made in: each its own, and gone afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.database import Engine, connect, migrate
from pipeline.settings import embedded


@contextmanager
def in_sqlite(folder: Path) -> Iterator[Engine]:
    """Give a migrated SQLite database in a new folder inside `folder`."""
    with TemporaryDirectory(dir=folder, prefix="bench-") as within:
        yield from _migrated(embedded(Path(within) / "floodwarn.db"))


@contextmanager
def in_postgresql(url: str) -> Iterator[Engine]:
    """Give a migrated schema of its own in a PostgreSQL database."""
    name = f"floodwarn_bench_{uuid.uuid4().hex}"
    server = connect(url)
    try:
        with server.begin() as connection:
            connection.exec_driver_sql(f'CREATE SCHEMA "{name}"')
        try:
            joint = "&" if "?" in url else "?"
            yield from _migrated(f"{url}{joint}options=-csearch_path%3D{name}")
        finally:
            with server.begin() as connection:
                connection.exec_driver_sql(f'DROP SCHEMA "{name}" CASCADE')
    finally:
        server.dispose()


def _migrated(url: str) -> Iterator[Engine]:
    engine = connect(url)
    try:
        migrate(engine)
        yield engine
    finally:
        engine.dispose()
