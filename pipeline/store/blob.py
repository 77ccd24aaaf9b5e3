"""The content of a batch: rows of one kind as one Arrow IPC stream, compressed whole, and back.

Compressed whole and not by column, as Arrow itself would: a batch of a few rows is then a third
of the size, and read in a fifth of the time (docs/adr, the store).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.instants import to_us
from pipeline.observation import GridReading, QcFlag, Reading

INSTANT = pa.timestamp("us", tz="UTC")
_COMMON = [
    ("variable", pa.string()),
    ("interval_s", pa.int32()),
    ("valid_time", INSTANT),
    ("reference_time", INSTANT),
    ("member", pa.int16()),
]
POINTS = pa.schema(
    [("station_id", pa.string()), *_COMMON, ("value", pa.float64()), ("flag", pa.uint8())]
)
GRIDS = pa.schema(
    [
        ("grid_id", pa.string()),
        *_COMMON,
        ("crs", pa.string()),
        ("transform", pa.list_(pa.float64())),
        ("rows", pa.int32()),
        ("cols", pa.int32()),
        ("cells", pa.list_(pa.float32())),
    ]
)
Row = tuple[Any, ...]
"""One row's values in the order of its schema; instants in microseconds."""

_CODEC = pa.Codec("zstd", compression_level=1)


class Kind(StrEnum):
    """What a batch holds."""

    POINTS = "points"
    GRIDS = "grids"


def point_row(reading: Reading) -> Row:
    """Return a reading as it is stored: MISSING if it has no value, and only then."""
    missing = is_missing(reading)
    return (
        reading.station_id,
        *_common(reading),
        None if missing else reading.value,
        int(QcFlag.MISSING if missing else reading.flag),
    )


def grid_row(grid: GridReading) -> Row:
    """Return a grid as it is stored, with its cells as bytes."""
    place = grid.geometry
    cells = plain_cells(grid.cells).tobytes()
    return (grid.grid_id, *_common(grid), place.crs, place.transform, *place.shape, cells)


def write(kind: Kind, rows: Sequence[Row]) -> bytes:
    """Return the blob of some rows of one kind."""
    schema = POINTS if kind is Kind.POINTS else GRIDS
    columns: list[Any] = [list(c) for c in zip(*rows, strict=True)] or [[] for _ in schema]
    if kind is Kind.GRIDS:
        columns[-1] = [np.frombuffer(cells, np.float32) for cells in columns[-1]]
    batch = pa.record_batch(
        [pa.array(c, type=t) for c, t in zip(columns, schema.types, strict=True)], schema=schema
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as stream:
        stream.write_batch(batch)
    written: bytes = _CODEC.compress(sink.getvalue(), asbytes=True)
    return written


def write_points(readings: Sequence[Reading]) -> bytes:
    """Return the blob of point readings."""
    return write(Kind.POINTS, [point_row(reading) for reading in readings])


def write_grids(grids: Sequence[GridReading]) -> bytes:
    """Return the blob of grids, one array per grid and time."""
    return write(Kind.GRIDS, [grid_row(grid) for grid in grids])


def rows(kind: Kind, content: bytes) -> list[Row]:
    """Return the rows that `write` was given."""
    columns = [_plain(column) for column in read(content).columns]
    if kind is Kind.GRIDS:
        columns[-1] = [np.array(cells, np.float32).tobytes() for cells in columns[-1]]
    return list(zip(*columns, strict=True))


def read(content: bytes) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    """Return the blob's rows as one Arrow record batch; its buffers are read-only."""
    plain = pa.CompressedInputStream(pa.BufferReader(content), "zstd")
    with pa.ipc.open_stream(plain) as stream:
        return stream.read_next_batch()


def is_missing(reading: Reading) -> bool:
    """Tell whether a reading says that there is no value."""
    return reading.value is None or reading.flag is QcFlag.MISSING or np.isnan(reading.value)


def plain_cells(cells: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return cells with one NaN and one zero, so that equal grids are equal bytes."""
    return np.where(np.isnan(cells), np.float32("nan"), cells + np.float32(0)).astype(np.float32)


def _common(row: Reading | GridReading) -> Row:
    made = None if row.reference_time is None else to_us(row.reference_time)
    return str(row.variable), row.interval_s, to_us(row.valid_time), made, row.member


def _plain(column: Any) -> list[Any]:  # noqa: ANN401 - pyarrow publishes no types
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    values = column.to_pylist()
    return [tuple(v) if isinstance(v, list) else v for v in values]
