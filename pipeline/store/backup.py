"""A backup: every table of ours in one ZIP file, each an Arrow stream, with a manifest of hashes.

It holds what the database holds. Contacts and keys are files of FLOODWARN_HOME and are not in it.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection, Table, func, insert, inspect, select
from typing_extensions import override

from pipeline.bulletin import canonical
from pipeline.database import revision
from pipeline.errors import BackupError
from pipeline.store import chain, table_stream

SCHEMA: Final = "floodwarn.backup/1"
MANIFEST: Final = "manifest.json"
MANIFEST_BYTES: Final = 1 << 20
PIECE: Final = 1 << 20
LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
"""Stands in place of a member's date: the manifest says when the backup was taken."""


class Held(BaseModel):
    """What a backup holds of one table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    sha256: str


class Manifest(BaseModel):
    """What a backup says of itself.

    Attributes
    ----------
    revision : of the schema of its tables
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_id: Literal["floodwarn.backup/1"] = SCHEMA
    revision: str
    taken_at: datetime
    code_version: str
    tables: Mapping[str, Held]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(held.rows for held in self.tables.values())


def write(connection: Connection, sink: IO[bytes], *, taken_at: datetime, code: str) -> Manifest:
    """Write all tables as one snapshot sees them.

    Raises
    ------
    BackupError
        The database was never migrated.
    """
    schema = revision(connection)
    if schema is None:
        raise BackupError("the database was never migrated: there is nothing to back up")
    with zipfile.ZipFile(sink, "w") as archive:
        tables = {table.name: _write(connection, table, archive) for table in chain.tables(schema)}
        manifest = Manifest(revision=schema, taken_at=taken_at, code_version=code, tables=tables)
        archive.writestr(_member(MANIFEST), canonical(manifest.model_dump()))
    return manifest


def verified(file: Path) -> Manifest:
    """Return the manifest of a backup in which every byte is what was written.

    Raises
    ------
    BackupError
        It is no backup, or a table of it is missing, cut short or changed.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _manifest(archive)
            for name, held in manifest.tables.items():
                with archive.open(_name(name)) as member:
                    if _sha256(member) != held.sha256:
                        raise BackupError(f"{file.name}: {name} is not what was written")
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise BackupError(f"{file.name} is no backup, or is not whole") from error
    return manifest


def load(connection: Connection, file: Path, manifest: Manifest) -> None:
    """Insert all rows of a verified backup, whose schema the database has.

    Raises
    ------
    BackupError
        Its tables are not those of its schema, or hold another number of rows.
    """
    tables = chain.tables(manifest.revision)
    if {table.name for table in tables} != set(manifest.tables):
        raise BackupError(f"{file.name}: its tables are not those of schema {manifest.revision}")
    with zipfile.ZipFile(file) as archive:
        for table in tables:
            if _load(connection, table, archive) != manifest.tables[table.name].rows:
                raise BackupError(f"{file.name}: {table.name} has another number of rows")


def occupied(connection: Connection) -> tuple[str, ...]:
    """Return the names of our tables that hold a row."""
    there = set(inspect(connection).get_table_names())
    return tuple(
        table.name
        for table in chain.tables()
        if table.name in there
        and connection.execute(select(func.count()).select_from(table)).scalar_one()
    )


class _Hashing(io.RawIOBase):
    """Hands on what is written, and knows its hash."""

    def __init__(self, sink: IO[bytes]) -> None:
        super().__init__()
        self._sink = sink
        self.digest = hashlib.sha256()

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, content: Any, /) -> int:
        self.digest.update(content)
        return self._sink.write(content)


def _write(connection: Connection, table: Table, archive: zipfile.ZipFile) -> Held:
    with archive.open(_member(_name(table.name)), "w", force_zip64=True) as member:
        sink = _Hashing(member)
        rows = table_stream.write(connection, table, sink)
    return Held(rows=rows, sha256=sink.digest.hexdigest())


def _load(connection: Connection, table: Table, archive: zipfile.ZipFile) -> int:
    rows = 0
    with archive.open(_name(table.name)) as member:
        for part in table_stream.read(member, table):
            connection.execute(insert(table), part)
            rows += len(part)
    return rows


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    if archive.getinfo(MANIFEST).file_size > MANIFEST_BYTES:
        raise BackupError("the manifest is longer than any that was ever written")
    try:
        return Manifest.model_validate(json.loads(archive.read(MANIFEST)))
    except (ValidationError, ValueError) as error:
        raise BackupError("the manifest cannot be read") from error


def _name(table: str) -> str:
    return f"tables/{table}.arrow"


def _member(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, LONG_AGO)


def _sha256(member: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := member.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()
