"""Revisions of points, sorted; the one rule that chooses among those of a reading.

Of all revisions of one reading that were known at a cutoff, a value wins over MISSING, then the
greatest (known_at, payload hash, part). A withdrawal takes back what was said before it: the
reading is then not among the rows read, until something is said of it anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipeline.observation import QcFlag
from pipeline.store import series_list
from pipeline.store.blob import Kind
from pipeline.store.columns import PointRows
from pipeline.store.keys import packed
from pipeline.store.origins import Mask, Origins
from pipeline.store.rows import ForecastPoints, Indices, Integers, Points, SeriesNames
from pipeline.store.series_list import NOT_LISTED, SeriesList

Records = npt.NDArray[np.uint8]
RECORD = np.dtype(
    [("series", "V16"), ("valid", "<i8"), ("known", "<i8"), ("value", "<f8"), ("flag", "u1")]
)
IDENTITY = ("valid_time", "series", "reference_time", "member")
"""What revisions of one reading have in common; the last two are of forecasts only."""

RECORDS_AT_ONCE = 1 << 18
Rows = Indices | slice


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The series of several feeds, numbered in the order of feed, station, variable, interval."""

    lists: dict[str, SeriesList]
    first: dict[str, int]

    @classmethod
    def of(cls, rows: Iterable[PointRows]) -> Self:
        """Return the series that some rows may be of."""
        lists: dict[str, set[SeriesList]] = {}
        for one in rows:
            lists.setdefault(one.feed_id, set()).add(one.series)
        merged = {feed: series_list.merged(frozenset(lists[feed])) for feed in sorted(lists)}
        starts = np.cumsum([0, *(len(one) for one in merged.values())]).tolist()
        return cls(merged, dict(zip(merged, starts, strict=False)))

    def numbers(self, rows: PointRows) -> npt.NDArray[Any]:
        """Return the number of each row's series."""
        into, series = self.lists[rows.feed_id], rows.columns["series"]
        if into is not rows.series:
            series = series_list.moved(rows.series, into)[series]
        first = self.first[rows.feed_id]
        return series + np.int64(first) if first else series

    def places(self, series: SeriesList) -> Integers:
        """Return the numbers of series of the only feed; NOT_LISTED where they have none."""
        for one in self.lists.values():
            return series_list.placed(series, one)
        return np.full(len(series), NOT_LISTED)

    @property
    def names(self) -> SeriesNames:
        """What each series is called."""
        each = [series_list.names(one, feed) for feed, one in self.lists.items()]
        if len(each) == 1:
            return each[0]
        return SeriesNames(
            feed_id=_joined([one.feed_id for one in each], object),
            station_id=_joined([one.station_id for one in each], object),
            variable=_joined([one.variable for one in each], object),
            interval_s=_joined([one.interval_s for one in each], np.int64),
        )

    @property
    def digests(self) -> npt.NDArray[np.void]:
        """The 16 bytes that stand for each series."""
        each = [series_list.digests(one, feed) for feed, one in self.lists.items()]
        return _joined([one.reshape(-1, 16) for one in each], np.uint8).reshape(-1).view("V16")


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Rows of one kind, one after another.

    Attributes
    ----------
    columns : as `blob.Columns`; series is a number of the catalogue, origin a place in `origins`
    """

    catalogue: Catalogue
    columns: dict[str, npt.NDArray[Any]]
    origins: Origins

    @classmethod
    def of(cls, rows: Sequence[PointRows]) -> Self:
        """Return the rows in the order given."""
        rows = [one for one in rows if len(one)]
        catalogue = Catalogue.of(rows)
        origins = Origins.joined([one.origins for one in rows])
        return cls(catalogue, _stacked(rows, catalogue), origins)


@dataclass(frozen=True, eq=False)
class PointLog:
    """Revisions sorted by valid time and series, the winning one of each reading last.

    Attributes
    ----------
    stacked : as `Stack.columns`, in the order of `stacked`
    origins : that the rows came from
    first : whether a row is the first of its reading; None = each is the only one
    order : places in `stacked` of the sorted rows; None = they are sorted. What is read is taken
        from there at once: to sort all columns first would move every value twice.
    """

    catalogue: Catalogue
    stacked: dict[str, npt.NDArray[Any]]
    origins: Origins
    first: Mask | None
    order: Indices | None = None

    @classmethod
    def of(cls, rows: Sequence[PointRows]) -> Self:
        """Return the revisions that some rows of one kind are."""
        stack = Stack.of(rows)
        catalogue, columns, origins = stack.catalogue, stack.columns, stack.origins
        key = packed(*(columns[name] for name in IDENTITY if name in columns))
        if (key[1:] > key[:-1]).all():
            return cls(catalogue, columns, origins, None)
        order = np.arange(len(key))
        if (key[1:] < key[:-1]).any():
            order = np.argsort(key, kind="stable")
            key = key[order]
        first = np.concatenate(([True], key[1:] != key[:-1]))
        order = _resolved(order, first, key, columns, origins)
        # A segment's rows are in order already.
        is_sorted = bool((order[1:] > order[:-1]).all())
        return cls(catalogue, columns, origins, first, None if is_sorted else order)

    def __len__(self) -> int:
        return len(self.stacked["value"])

    @cached_property
    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """All columns, sorted."""
        return {name: self._column(name) for name in self.stacked}

    @cached_property
    def known_us(self) -> Integers:
        """When each row became known."""
        return self._known_us(slice(None))

    @cached_property
    def withdrawn(self) -> Mask:
        """Which rows take a reading back."""
        found: Mask = self._column("flag") == QcFlag.WITHDRAWN
        return found

    @cached_property
    def _has_withdrawn(self) -> bool:
        return bool((self.stacked["flag"] == QcFlag.WITHDRAWN).any())

    @cached_property
    def _valid_us(self) -> Integers:
        return self._column("valid_time")

    def _column(self, name: str, rows: Rows = slice(None)) -> npt.NDArray[Any]:
        """Return some rows of a column, by their places among the sorted ones."""
        column = self.stacked[name]
        return column[rows] if self.order is None else column[self.order[rows]]

    def _known_us(self, rows: Rows) -> Integers:
        origin = self._column("origin", rows)
        if len(self.origins) == 1:
            return np.broadcast_to(self.origins.known_us, len(origin))
        known: Integers = self.origins.known_us[origin]
        return known

    def winners(self, start_us: int, end_us: int, cutoff_us: int | None) -> Rows:
        """Return the winning rows of start < valid <= end at the cutoff, withdrawals too."""
        first, last = np.searchsorted(self._valid_us, (start_us, end_us), side="right").tolist()
        rows: Rows = slice(first, last)
        if cutoff_us is not None and (self.origins.known_us > cutoff_us).any():
            known = self.known_us[rows] <= cutoff_us
            if not known.all():
                rows = np.flatnonzero(known) + first
        return rows if self.first is None else _last_of_each(rows, self.first)

    def pick(self, start_us: int, end_us: int, cutoff_us: int | None) -> Rows:
        """Return the rows of start < valid <= end that are read at the cutoff."""
        rows = self.winners(start_us, end_us, cutoff_us)
        if not self._has_withdrawn:
            return rows
        return np.arange(len(self))[rows][~self.withdrawn[rows]]

    def take(self, rows: Rows) -> Points:
        """Return some rows as they are read."""
        return Points(**self._read(rows))

    def forecasts(self, start_us: int, end_us: int, cutoff_us: int | None) -> ForecastPoints:
        """Return of each series and member what was forecast last, as known at the cutoff."""
        rows = np.arange(len(self))[self.pick(start_us, end_us, cutoff_us)]
        series, member, made = (
            self.columns[name][rows] for name in ("series", "member", "reference_time")
        )
        number = np.unique(packed(series, member), return_inverse=True)[1]
        newest = np.full(len(rows), np.iinfo(np.int64).min)
        np.maximum.at(newest, number, made)
        rows = rows[made == newest[number]]
        return ForecastPoints(
            **self._read(rows),
            reference_us=self.columns["reference_time"][rows],
            member=self.columns["member"][rows].astype(np.int64),
        )

    def records(self, rows: Rows) -> Iterable[Records]:
        """Return, piece by piece, the bytes that a digest of some rows is made of."""
        digests = self.catalogue.digests
        columns = [self.columns[name][rows] for name in ("series", "valid_time", "value", "flag")]
        known = self.known_us[rows]
        for start in range(0, len(known), RECORDS_AT_ONCE):
            piece = slice(start, start + RECORDS_AT_ONCE)
            records = np.empty(len(known[piece]), RECORD)
            records["series"] = digests[columns[0][piece]]
            records["valid"], records["known"] = columns[1][piece], known[piece]
            records["value"], records["flag"] = columns[2][piece], columns[3][piece]
            yield records.view(np.uint8)

    def _read(self, rows: Rows) -> dict[str, Any]:
        columns = self.stacked
        places = rows if self.order is None else self.order[rows]
        return {
            "names": self.catalogue.names,
            "series": columns["series"][places],
            "valid_us": columns["valid_time"][places],
            "known_us": self._known_us(rows),
            "value": columns["value"][places],
            "flag": columns["flag"][places],
        }


def _last_of_each(rows: Rows, first: Mask) -> Rows:
    if isinstance(rows, slice):
        starts = first[rows.start + 1 : rows.stop]
        if rows.stop > rows.start:
            starts = np.append(starts, True)
        return np.asarray(np.flatnonzero(starts) + rows.start)
    reading = np.cumsum(first)[rows]
    starts = np.concatenate(([True], reading[1:] != reading[:-1]))[: len(rows)]
    last: Indices = rows[np.concatenate((starts[1:], [True]))[: len(rows)]]
    return last


def _stacked(rows: Sequence[PointRows], catalogue: Catalogue) -> dict[str, npt.NDArray[Any]]:
    columns = {"series": _joined([catalogue.numbers(one) for one in rows], np.int64)}
    forecast = any(one.kind is Kind.FORECAST_POINTS for one in rows)
    extra = ("reference_time", "member") if forecast else ()
    for name, dtype in (("valid_time", np.int64), ("value", np.float64), ("flag", np.uint8)):
        columns[name] = _joined([one.columns[name] for one in rows], dtype)
    for name in extra:
        columns[name] = _joined([one.columns[name] for one in rows], np.int64)
    columns["origin"] = _origins(rows)
    return columns


def _origins(rows: Sequence[PointRows]) -> npt.NDArray[np.uint32]:
    """Return where each row's origin stands among all of them, one after another."""
    counts = [len(one.origins) for one in rows]
    starts = np.cumsum([0, *counts], dtype=np.uint32)[:-1]
    first: npt.NDArray[np.uint32] = np.repeat(starts, [len(one) for one in rows])
    if not any("origin" in one.columns for one in rows):
        return first
    within = [one.columns.get("origin", np.zeros(len(one), np.uint32)) for one in rows]
    found: npt.NDArray[np.uint32] = first + _joined(within, np.uint32)
    return found


def _resolved(
    order: Indices,
    first: Mask,
    key: Integers,
    columns: dict[str, npt.NDArray[Any]],
    origins: Origins,
) -> Indices:
    """Return the order in which, besides, the winning one of equal keys is the last of them."""
    several = ~first
    several[:-1] |= several[1:]
    places = np.flatnonzero(several)
    rows = order[places]
    origin, value, flag = (columns[name][rows] for name in ("origin", "value", "flag"))
    missing = np.isnan(value) & (flag != QcFlag.WITHDRAWN)
    # The last column counts most. Value and flag decide only between rows of one payload.
    ties = (flag, np.where(np.isnan(value), 0.0, value), origins.ranks(origin))
    in_time = (*ties, origins.known_us[origin])
    says = ~missing
    if (flag == QcFlag.WITHDRAWN).any():
        says |= _after_withdrawal(np.lexsort((*in_time, key[places])), key[places], missing, flag)
    resolved = order.copy()
    resolved[places] = rows[np.lexsort((*in_time, says, key[places]))]
    return resolved


def _after_withdrawal(
    order: Indices, key: Integers, missing: Mask, flag: npt.NDArray[np.uint8]
) -> Mask:
    """Tell which rows say MISSING of a reading that was withdrawn and given no value since."""
    place = np.arange(len(order))
    last = np.maximum.accumulate(np.where(missing[order], -1, place))
    before = order[np.maximum(last, 0)]
    found = (last >= 0) & (key[before] == key[order]) & (flag[before] == QcFlag.WITHDRAWN)
    after = np.zeros(len(order), bool)
    after[order] = found & missing[order]
    return after


def _joined(columns: Sequence[npt.NDArray[Any]], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    if not columns:
        return np.empty(0, dtype)
    return columns[0] if len(columns) == 1 else np.concatenate(columns)
