"""Stored batches as sorted numpy columns, each row with the record that digests are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.observation import GridGeometry
from pipeline.store import blob
from pipeline.store.blob import Kind
from pipeline.store.rows import (
    GridRow,
    Indices,
    Integers,
    Objects,
    Points,
    grid_digest,
    series_digest,
)

Records = npt.NDArray[np.uint8]
POINT_RECORD = np.dtype(
    [("series", "u1", 16), ("valid", "<i8"), ("known", "<i8"), ("value", "<f8"), ("flag", "u1")]
)
GRID_RECORD = np.dtype([("digest", "u1", 32), ("known", "<i8")])


class StoredBatch(NamedTuple):
    """What the log holds of one batch."""

    feed_id: str
    known_us: int
    payload_sha256: str
    kind: Kind
    content: bytes
    part: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Revisions sorted by valid time and series, the winning one of each reading last."""

    valid_us: Integers
    known_us: Integers
    reading: Integers

    def pick(self, start_us: int, end_us: int, cutoff_us: int | None) -> Indices:
        """Return the rows of start < valid <= end that win among those known at the cutoff."""
        first, last = np.searchsorted(self.valid_us, (start_us, end_us), side="right")
        rows = np.arange(first, last)
        if cutoff_us is not None:
            rows = rows[self.known_us[first:last] <= cutoff_us]
        reading = self.reading[rows]
        wins = np.ones(len(rows), dtype=bool)
        wins[:-1] = reading[1:] != reading[:-1]
        return rows[wins]


@dataclass(frozen=True, slots=True, eq=False)
class PointLog:
    """Revisions of points; the names of a series are held once."""

    order: Order
    feed_id: Objects
    station_id: Objects
    variable: Objects
    interval_s: Integers
    series: Integers
    value: npt.NDArray[np.float64]
    flag: npt.NDArray[np.uint8]
    records: Records

    @classmethod
    def of(cls, batches: Sequence[StoredBatch]) -> Self:
        """Return the observed points of the batches that hold points."""
        rows = _Rows.of(batches, Kind.POINTS, blob.POINTS)
        station, stations = _ranked(rows.text("station_id"))
        series, names = rows.series(station, stations)
        value = rows.numbers("value", np.float64)
        value = np.where(np.isnan(value), np.nan, value + 0.0)
        flag = rows.numbers("flag", np.uint8)
        missing = np.isnan(value)
        order, sort = rows.sort(series, ~missing, (flag, np.where(missing, 0.0, value)))
        series, value, flag = series[sort], value[sort], flag[sort]
        digests = [series_digest(*name) for name in zip(*map(list, names), strict=True)]
        records = np.empty(len(sort), POINT_RECORD)
        records["series"] = _bytes(digests, 16)[series]
        records["valid"], records["known"] = order.valid_us, order.known_us
        records["value"], records["flag"] = value, flag
        return cls(order, *names, series, value, flag, _raw(records))

    def take(self, rows: Indices) -> Points:
        """Return some rows as they are read."""
        series = self.series[rows]
        return Points(
            feed_id=self.feed_id[series],
            station_id=self.station_id[series],
            variable=self.variable[series],
            interval_s=self.interval_s[series],
            valid_us=self.order.valid_us[rows],
            known_us=self.order.known_us[rows],
            value=self.value[rows],
            flag=self.flag[rows],
        )


@dataclass(frozen=True, slots=True, eq=False)
class GridLog:
    """Revisions of grids."""

    order: Order
    rows: tuple[GridRow, ...]
    records: Records

    @classmethod
    def of(cls, batches: Sequence[StoredBatch]) -> Self:
        """Return the observed grids of the batches that hold grids."""
        rows = _Rows.of(batches, Kind.GRIDS, blob.GRIDS)
        grid, grids = _ranked(rows.text("grid_id"))
        series, names = rows.series(grid, grids)
        found = list(_grid_rows(rows, series, names))
        digest = [row.digest for row in found]
        seen = np.fromiter((not np.isnan(g.cells).all() for g in found), bool, len(found))
        order, sort = rows.sort(series, seen, (_ranked(digest)[0],))
        records = np.empty(len(sort), GRID_RECORD)
        records["digest"] = _bytes(digest, 32)[sort]
        records["known"] = order.known_us
        return cls(order, tuple(found[i] for i in sort), _raw(records))


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The observed rows of all batches of one kind, before they are sorted."""

    table: Any
    observed: npt.NDArray[np.bool_]
    feed: Integers
    feeds: Objects
    payload: Integers
    known_us: Integers

    @classmethod
    def of(cls, batches: Sequence[StoredBatch], kind: Kind, schema: Any) -> Self:  # noqa: ANN401
        chosen = [batch for batch in batches if batch.kind == kind]
        parts = [blob.read(batch.content) for batch in chosen]
        table = pa.Table.from_batches(parts, schema=schema)
        # Forecasts are kept, and read by a later door.
        observed = table.column("reference_time").is_null().to_numpy()
        counts = [part.num_rows for part in parts]
        feed, feeds = _ranked([batch.feed_id for batch in chosen])
        payload, _ = _ranked([(batch.payload_sha256, batch.part) for batch in chosen])
        known = np.array([batch.known_us for batch in chosen], dtype=np.int64)
        each = [np.repeat(column, counts)[observed] for column in (feed, payload, known)]
        return cls(table, observed, each[0], feeds, each[1], each[2])

    def text(self, name: str) -> list[str]:
        values: list[str] = self.table.column(name).filter(pa.array(self.observed)).to_pylist()
        return values

    def numbers(self, name: str, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        column = self.table.column(name)
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        return np.asarray(column.to_numpy()[self.observed], dtype=dtype)

    def series(
        self, place: Integers, places: Objects
    ) -> tuple[Integers, tuple[Objects, Objects, Objects, Integers]]:
        """Return each row's series, and feed, place, variable and interval of each series."""
        variable, variables = _ranked(self.text("variable"))
        intervals, interval = np.unique(self.numbers("interval_s", np.int64), return_inverse=True)
        shape = tuple(max(1, len(n)) for n in (self.feeds, places, variables, intervals))
        key = np.ravel_multi_index((self.feed, place, variable, interval), shape)
        keys, series = np.unique(key, return_inverse=True)
        f, p, v, i = np.unravel_index(keys, shape)
        return series, (self.feeds[f], places[p], variables[v], intervals[i])

    def sort(
        self, series: Integers, seen: npt.NDArray[np.bool_], ties: tuple[npt.NDArray[Any], ...]
    ) -> tuple[Order, Indices]:
        """Return the order by reading, then seen, known_at, payload hash and part, then `ties`."""
        valid = self.numbers("valid_time", np.int64)
        sort = np.lexsort((*ties, self.payload, self.known_us, seen, series, valid))
        valid, known, series = valid[sort], self.known_us[sort], series[sort]
        new = (np.diff(valid) != 0) | (np.diff(series) != 0)
        reading = np.concatenate(([0], np.cumsum(new)))[: len(sort)]
        return Order(valid, known, reading), sort


def _grid_rows(
    rows: _Rows, series: Integers, names: tuple[Objects, Objects, Objects, Integers]
) -> Iterator[GridRow]:
    feed, grid, variable, interval = (column[series] for column in names)
    valid = rows.numbers("valid_time", np.int64).tolist()
    for i, (geometry, cells) in enumerate(_cells(rows)):
        stamp = (variable[i], int(interval[i]), valid[i])
        yield GridRow(
            feed_id=feed[i],
            grid_id=grid[i],
            variable=stamp[0],
            interval_s=stamp[1],
            valid_us=stamp[2],
            known_us=int(rows.known_us[i]),
            digest=grid_digest(feed[i], grid[i], stamp, geometry, cells.tobytes()),
            geometry=geometry,
            cells=cells,
        )


def _cells(rows: _Rows) -> Iterator[tuple[GridGeometry, npt.NDArray[np.float32]]]:
    table = rows.table.filter(pa.array(rows.observed))
    for part in table.to_batches():
        cells = part.column("cells").flatten().to_numpy()
        end = 0
        for place in part.select(["crs", "transform", "rows", "cols"]).to_pylist():
            shape = place["rows"], place["cols"]
            start, end = end, end + shape[0] * shape[1]
            geometry = GridGeometry(place["crs"], tuple(place["transform"]), shape)
            yield geometry, cells[start:end].reshape(shape)


def _ranked(names: Sequence[Any]) -> tuple[Integers, Objects]:
    distinct = sorted(set(names))
    rank = {name: i for i, name in enumerate(distinct)}
    codes = np.fromiter((rank[name] for name in names), np.int64, len(names))
    return codes, np.array(distinct, dtype=object)


def _bytes(digests: Sequence[bytes], size: int) -> Records:
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, size)


def _raw(records: npt.NDArray[np.void]) -> Records:
    return records.view(np.uint8).reshape(len(records), records.dtype.itemsize)
