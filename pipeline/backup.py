"""Door: the whole database in one file, and back into an empty one, SQLite or PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from pipeline.code_version import code_version
from pipeline.database import Connection, Engine, migrate_within, reading, revision, revisions
from pipeline.errors import BackupError, DatabaseInUse
from pipeline.store import backup
from pipeline.store.backup import Manifest

__all__ = ["Manifest", "back_up", "restore"]


def back_up(engine: Engine, file: Path, *, now: datetime) -> Manifest:
    """Write a backup while others go on writing, and read it back before it gets its name.

    Raises
    ------
    BackupError
        The database was never migrated, or what was written reads otherwise.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        with _private(part) as sink, reading(engine) as connection:
            backup.write(connection, sink, taken_at=now, code=code_version())
        manifest = backup.verified(part)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    _settle(file.parent)
    return manifest


def restore(engine: Engine, file: Path, *, hold: Callable[[Connection], None]) -> Manifest:
    """Take a backup into an empty database, and bring it to the newest schema.

    Parameters
    ----------
    hold : keeps what was to be sent when the backup was taken from being sent now; of the same
        transaction, so that no sender sees the rows before

    Raises
    ------
    BackupError
        The file is no backup, is not whole, or is of a newer version than this code.
    DatabaseInUse
        The database holds something, or has a newer schema than the backup.
    """
    manifest = backup.verified(file)
    if manifest.revision not in revisions():
        raise BackupError(f"{file.name} is of schema {manifest.revision}, which is newer than ours")
    with engine.begin() as connection:
        _require_empty(connection, manifest)
        migrate_within(connection, manifest.revision)
        backup.load(connection, file, manifest)
        migrate_within(connection)
        hold(connection)
    return manifest


def _require_empty(connection: Connection, manifest: Manifest) -> None:
    occupied = backup.occupied(connection)
    if occupied:
        raise DatabaseInUse(f"the database is not empty: {', '.join(occupied)}")
    present = revision(connection)
    if present is not None and present != manifest.revision:
        raise DatabaseInUse(
            f"the database has schema {present} and the backup {manifest.revision}:"
            " restore into one that was never used"
        )


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that its owner alone can read; it is on the disk at the end."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    with path.open("wb") as sink:
        yield sink
        sink.flush()
        os.fsync(sink.fileno())


def _settle(folder: Path) -> None:
    """Have the folder's names on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
