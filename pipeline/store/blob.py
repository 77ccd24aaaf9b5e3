"""The content of a batch or segment: columns of points, or grids one by one, as bytes and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.instants import to_us
from pipeline.observation import GridReading
from pipeline.store import few_points
from pipeline.store.arrow import column, compressed, plain, quickly_compressed, stream

Columns = few_points.Columns
"""Columns of equal length by name: series, valid_time, value and flag; of forecasts also
reference_time and member; in a segment also origin."""

COLUMN_TYPES: Mapping[str, npt.DTypeLike] = {
    "series": np.uint32,
    "valid_time": np.int64,
    "reference_time": np.int64,
    "member": np.int16,
    "value": np.float64,
    "flag": np.uint8,
    "origin": np.uint32,
}
NO_MEMBER = -1
"""Stands for the absent member: a plain column is read without a copy, a nullable one is not."""

_INSTANT = pa.timestamp("us", tz="UTC")
GRIDS = pa.schema(
    [
        ("grid_id", pa.string()),
        ("variable", pa.string()),
        ("interval_s", pa.int32()),
        ("valid_time", _INSTANT),
        ("reference_time", _INSTANT),
        ("member", pa.int16()),
        ("crs", pa.string()),
        ("transform", pa.list_(pa.float64())),
        ("rows", pa.int32()),
        ("cols", pa.int32()),
        ("cells", pa.list_(pa.float32())),
    ]
)
REFERENCE = GRIDS.get_field_index("reference_time")
Row = tuple[Any, ...]
"""One grid's values in the order of its schema; instants in microseconds."""


class Kind(StrEnum):
    """What a batch holds; what was observed is read far more often than what was forecast."""

    POINTS = "points"
    GRIDS = "grids"
    FORECAST_POINTS = "f_points"
    FORECAST_GRIDS = "f_grids"


OF_POINTS = frozenset({Kind.POINTS, Kind.FORECAST_POINTS})
OBSERVED = frozenset({Kind.POINTS, Kind.GRIDS})


def write_points(columns: Columns) -> bytes:
    """Return the blob of a batch's points, whose series are places in a list kept elsewhere."""
    if few_points.fits(columns):
        return few_points.write(columns)
    return quickly_compressed(_point_stream(columns))


def write_segment(columns: Columns) -> bytes:
    """Return the blob of a segment's points, which is kept for longer and read less often."""
    return compressed(_point_stream(columns))


def _point_stream(columns: Columns) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    arrays = {
        name: column(np.asarray(columns[name], dtype))
        for name, dtype in COLUMN_TYPES.items()
        if name in columns
    }
    return stream(pa.RecordBatch.from_pydict(arrays))


def grid_row(grid: GridReading) -> Row:
    """Return a grid as it is stored, with its cells as bytes."""
    place = grid.geometry
    made = None if grid.reference_time is None else to_us(grid.reference_time)
    stamp = (str(grid.variable), grid.interval_s, to_us(grid.valid_time), made, grid.member)
    cells = plain_cells(grid.cells).tobytes()
    return (grid.grid_id, *stamp, place.crs, place.transform, *place.shape, cells)


def write_rows(rows: Sequence[Row]) -> bytes:
    """Return the blob of some grids, each as its row."""
    columns: list[Any] = [list(c) for c in zip(*rows, strict=True)] or [[] for _ in GRIDS]
    columns[-1] = [np.frombuffer(cells, np.float32) for cells in columns[-1]]
    arrays = [pa.array(c, type=t) for c, t in zip(columns, GRIDS.types, strict=True)]
    return compressed(stream(pa.record_batch(arrays, schema=GRIDS)))


def write_grids(grids: Sequence[GridReading]) -> bytes:
    """Return the blob of grids, one array per grid and time."""
    return write_rows([grid_row(grid) for grid in grids])


def read_rows(content: bytes) -> list[Row]:
    """Return the rows that `write_rows` was given."""
    columns = [_listed(one) for one in plain(content).columns]
    columns[-1] = [np.array(cells, np.float32).tobytes() for cells in columns[-1]]
    return list(zip(*columns, strict=True))


def plain_cells(cells: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return cells with one NaN and one zero, so that equal grids are equal bytes."""
    return np.where(np.isnan(cells), np.float32("nan"), cells + np.float32(0)).astype(np.float32)


def plain_values(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return values with one NaN and one zero, so that equal values are equal bytes."""
    return np.where(np.isnan(values), np.nan, values + 0.0)


def _listed(values: Any) -> list[Any]:  # noqa: ANN401 - pyarrow publishes no types
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.int64())
    values = values.to_pylist()
    return [tuple(v) if isinstance(v, list) else v for v in values]
