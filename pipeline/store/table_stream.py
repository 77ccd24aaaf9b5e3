"""A table's rows as an Arrow stream, and back: the same on every database.

A stream and not a Parquet file, for it is written and read front to back, a few rows at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import RawIOBase
from typing import IO, Any, Final

import pyarrow as pa
from sqlalchemy import Connection, LargeBinary, Table, select

from pipeline.errors import BackupError

TYPES: Final = {
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    bytes: pa.binary(),
}
ROWS_AT_ONCE: Final = 4096
BLOBS_AT_ONCE: Final = 32
"""Rows held in memory where they hold payloads: a payload may have tens of megabytes."""


def schema(table: Table) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    """Return the Arrow schema of a table."""
    return pa.schema([
        pa.field(column.name, TYPES[column.type.python_type], nullable=bool(column.nullable))
        for column in table.columns
    ])  # fmt: skip


def write(connection: Connection, table: Table, sink: IO[bytes] | RawIOBase) -> int:
    """Write all rows of a table; return how many there were."""
    made, rows = schema(table), 0
    at_once = BLOBS_AT_ONCE if _has_blobs(table) else ROWS_AT_ONCE
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, made, options=options) as writer:
        found = connection.execute(select(table), execution_options={"yield_per": at_once})
        for part in found.mappings().partitions():
            writer.write_batch(pa.RecordBatch.from_pylist([dict(row) for row in part], made))
            rows += len(part)
    return rows


def read(source: IO[bytes], table: Table) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a stream, some at a time.

    Raises
    ------
    BackupError
        Its columns are not the table's, or it is no such stream.
    """
    try:
        with pa.ipc.open_stream(source) as reader:
            if reader.schema != schema(table):
                raise BackupError(f"the columns of {table.name} are not those of its schema")
            for batch in reader:
                yield batch.to_pylist()
    except pa.ArrowInvalid as error:
        raise BackupError(f"{table.name} is not a stream of rows") from error


def _has_blobs(table: Table) -> bool:
    return any(isinstance(column.type, LargeBinary) for column in table.columns)
