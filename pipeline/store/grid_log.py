"""Revisions of grids, sorted; chosen among by the same rule as points (`point_log`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.observation import GridGeometry
from pipeline.store.arrow import numbers, plain
from pipeline.store.blob import OF_POINTS
from pipeline.store.columns import StoredBatch
from pipeline.store.rows import GridRow, Integers, grid_digest

Records = npt.NDArray[np.uint8]
RECORD = np.dtype([("digest", "u1", 32), ("known", "<i8")])


class _Revision(NamedTuple):
    """One grid with what orders it: first its reading, last what wins among its revisions."""

    reading: tuple[Any, ...]
    rank: tuple[bool, int, str, int, bytes]
    row: GridRow


@dataclass(frozen=True, slots=True, eq=False)
class GridLog:
    """Revisions sorted by valid time and series, the winning one of each reading last."""

    rows: tuple[GridRow, ...]
    valid_us: Integers
    known_us: Integers
    reading: Integers

    @classmethod
    def of(cls, revisions: Iterable[_Revision]) -> Self:
        """Return a log of revisions, in whatever order they come."""
        found = sorted(revisions, key=lambda one: (one.reading, one.rank))
        new = [one.reading != before.reading for before, one in pairwise(found)]
        return cls(
            rows=tuple(one.row for one in found),
            valid_us=np.array([one.row.valid_us for one in found], np.int64),
            known_us=np.array([one.row.known_us for one in found], np.int64),
            reading=np.cumsum([0, *new])[: len(found)],
        )

    def pick(self, start_us: int, end_us: int, cutoff_us: int | None) -> tuple[GridRow, ...]:
        """Return the grids of start < valid <= end that win among those known at the cutoff."""
        first, last = np.searchsorted(self.valid_us, (start_us, end_us), side="right")
        rows = np.arange(first, last)
        if cutoff_us is not None:
            rows = rows[self.known_us[first:last] <= cutoff_us]
        reading = self.reading[rows]
        wins = np.ones(len(rows), dtype=bool)
        wins[:-1] = reading[1:] != reading[:-1]
        return tuple(self.rows[i] for i in rows[wins])

    def forecasts(self, start_us: int, end_us: int, cutoff_us: int | None) -> tuple[GridRow, ...]:
        """Return of each series and member what was forecast last, as known at the cutoff."""
        picked = self.pick(start_us, end_us, cutoff_us)
        newest: dict[tuple[object, ...], int] = {}
        for row in picked:
            newest[_series(row)] = max(newest.get(_series(row), _made(row)), _made(row))
        return tuple(row for row in picked if _made(row) == newest[_series(row)])


def grid_logs(batches: Iterable[StoredBatch], *, forecasts: bool) -> tuple[GridLog, GridLog]:
    """Return what the batches that hold grids observed, and what they forecast if that is wanted.

    Each batch is opened once: to open one takes longer than to read its few grids.
    """
    observed: list[_Revision] = []
    ahead: list[_Revision] = []
    for one in _revisions(batches, forecasts):
        (observed if one.row.reference_us is None else ahead).append(one)
    return GridLog.of(observed), GridLog.of(ahead)


def records(grids: tuple[GridRow, ...]) -> Records:
    """Return the bytes that a digest of some grids is made of."""
    made = np.empty(len(grids), RECORD)
    digests = b"".join([grid.digest for grid in grids])
    made["digest"] = np.frombuffer(digests, np.uint8).reshape(made["digest"].shape)
    made["known"] = [grid.known_us for grid in grids]
    return made.view(np.uint8)


def forecast_records(grids: tuple[GridRow, ...]) -> bytes:
    """Return the bytes that a digest of some forecasts is made of; none where there is none."""
    made = np.array([(_made(grid), _member(grid)) for grid in grids], np.int64)
    return records(grids).tobytes() + made.tobytes()


def _series(row: GridRow) -> tuple[object, ...]:
    return row.feed_id, row.grid_id, row.variable, row.interval_s, row.member


def _made(row: GridRow) -> int:
    return 0 if row.reference_us is None else row.reference_us


def _member(row: GridRow) -> int:
    return -1 if row.member is None else row.member


def _revisions(batches: Iterable[StoredBatch], forecasts: bool) -> Iterator[_Revision]:  # noqa: FBT001
    for batch in batches:
        if batch.kind not in OF_POINTS:
            for row in _grids(batch, forecasts):
                series = row.feed_id, row.grid_id, row.variable, row.interval_s
                seen = not np.isnan(row.cells).all()
                rank = seen, batch.known_us, batch.payload_sha256, batch.part, row.digest
                yield _Revision((row.valid_us, *series, _made(row), _member(row)), rank, row)


def _grids(batch: StoredBatch, forecasts: bool) -> Iterator[GridRow]:  # noqa: FBT001
    table = plain(batch.content)
    made = table.column("reference_time")
    if not forecasts and made.null_count < table.num_rows:
        table = table.filter(made.is_null())
    cells = numbers(table.column("cells").flatten())
    names = [name for name in table.schema.names if name != "cells"]
    end = 0
    for place in _plain_times(table.select(names)).to_pylist():
        shape = place["rows"], place["cols"]
        start, end = end, end + shape[0] * shape[1]
        yield _row(batch, place, cells[start:end].reshape(shape))


def _row(batch: StoredBatch, place: dict[str, Any], cells: npt.NDArray[np.float32]) -> GridRow:
    shape = place["rows"], place["cols"]
    geometry = GridGeometry(place["crs"], tuple(place["transform"]), shape)
    stamp = place["variable"], place["interval_s"], place["valid_time"]
    names = batch.feed_id, place["grid_id"]
    return GridRow(
        feed_id=batch.feed_id,
        grid_id=place["grid_id"],
        variable=place["variable"],
        interval_s=place["interval_s"],
        valid_us=place["valid_time"],
        known_us=batch.known_us,
        digest=grid_digest(*names, stamp, geometry, cells.tobytes()),
        geometry=geometry,
        cells=cells,
        reference_us=place["reference_time"],
        member=place["member"],
    )


def _plain_times(table: Any) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    for name in ("valid_time", "reference_time"):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table.column(name).view(pa.int64()))
    return table
