"""A list of series (station, variable, interval): rows name a series by its place in one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import repeat
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.store.arrow import compressed, plain, stream
from pipeline.store.keys import packed
from pipeline.store.rows import Integers, Objects, SeriesNames, series_digest

Measure = tuple[str, int]
"""Variable and interval_s: a list has few of them, and many stations."""

NOT_LISTED = -1

_SCHEMA = pa.schema(
    [("station_id", pa.string()), ("variable", pa.string()), ("interval_s", pa.int32())]
)


@dataclass(frozen=True, eq=False)
class SeriesList:
    """Distinct series; a kept list is sorted: its places order rows as their names do.

    Attributes
    ----------
    stations, measures : of each series
    """

    stations: tuple[str, ...]
    measures: tuple[Measure, ...]

    @classmethod
    def of(cls, series: Iterable[tuple[str, Measure]]) -> Self:
        """Return the sorted list of some series, each of them once."""
        # In the order given, which is often the right one, they are sorted at once.
        found = sorted(dict.fromkeys(series))
        same = {measure: measure for _, measure in found}
        return cls(tuple(s for s, _ in found), tuple(same[m] for _, m in found))

    @classmethod
    def coded(
        cls, stations: Sequence[str], variables: Sequence[str], intervals: Sequence[int]
    ) -> tuple[Self, Integers]:
        """Return the distinct series of some rows, in any order, and the place of each row's."""
        measures = {pair: i for i, pair in enumerate(set(zip(variables, intervals, strict=True)))}
        names = [(str(variable), interval) for variable, interval in measures]
        station = {one: i for i, one in enumerate(dict.fromkeys(stations))}
        if len(names) == 1 and len(station) == len(stations):
            return cls(tuple(stations), tuple(names * len(stations))), np.arange(len(stations))
        n = len(stations)
        measure = map(measures.__getitem__, zip(variables, intervals, strict=True))
        keys = packed(
            np.fromiter(map(station.__getitem__, stations), np.int64, n),
            np.fromiter(measure, np.int64, n),
        )
        _, first, place = np.unique(keys, return_index=True, return_inverse=True)
        rows = first.tolist()
        return cls(
            tuple(stations[row] for row in rows),
            tuple(names[measures[variables[row], intervals[row]]] for row in rows),
        ), place

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Return the list that `content` was made of."""
        stations, *pairs = (column.to_pylist() for column in plain(content).columns)
        same: dict[Measure, Measure] = {}
        measures = tuple(same.setdefault(one, one) for one in zip(*pairs, strict=True))
        return cls(tuple(stations), measures)

    def __len__(self) -> int:
        return len(self.stations)

    @property
    def series(self) -> Iterable[tuple[str, Measure]]:
        """Station and measure of each series."""
        return zip(self.stations, self.measures, strict=True)

    @cached_property
    def content(self) -> bytes:
        """The list as it is kept: a compressed Arrow stream."""
        variables = [variable for variable, _ in self.measures]
        intervals = [interval for _, interval in self.measures]
        columns = self.stations, variables, intervals
        arrays = [pa.array(c, t) for c, t in zip(columns, _SCHEMA.types, strict=True)]
        return compressed(stream(pa.record_batch(arrays, schema=_SCHEMA)))

    @cached_property
    def sha256(self) -> str:
        """The list's address: of its names, whatever their encoding."""
        text = "\n".join([f"{s}\0{v}\0{i}" for s, (v, i) in self.series])
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def _places(self) -> dict[Measure, dict[str, int]]:
        found: dict[Measure, dict[str, int]] = {measure: {} for measure in set(self.measures)}
        for place, (station, measure) in enumerate(self.series):
            found[measure][station] = place
        return found

    def places(self, other: SeriesList) -> Integers:
        """Return where each series of another list stands in this; NOT_LISTED if it does not."""
        every, none, n = self._places, dict[str, int](), len(other)
        if n and other.measures.count(other.measures[0]) == n:
            get = every.get(other.measures[0], none).get
            return np.fromiter(map(get, other.stations, repeat(NOT_LISTED)), np.int64, n)
        each = (every.get(measure, none).get(one, NOT_LISTED) for one, measure in other.series)
        return np.fromiter(each, np.int64, n)


@lru_cache(maxsize=1024)
def same(series: tuple[tuple[str, Measure], ...]) -> SeriesList:
    """Return the list of some series: the same object for the same ones."""
    return SeriesList.of(series)


@lru_cache(maxsize=32)
def names(series: SeriesList, feed_id: str) -> SeriesNames:
    """Return the names of a feed's series in columns."""
    return SeriesNames(
        feed_id=_objects([feed_id] * len(series)),
        station_id=_objects(series.stations),
        variable=_objects([variable for variable, _ in series.measures]),
        interval_s=np.array([interval for _, interval in series.measures], np.int64),
    )


@lru_cache(maxsize=32)
def digests(series: SeriesList, feed_id: str) -> npt.NDArray[np.uint8]:
    """Return the 16 bytes that stand for each series of a feed, uint8 [series, 16]."""
    each = [series_digest(feed_id, station, *measure) for station, measure in series.series]
    return np.frombuffer(b"".join(each), np.uint8).reshape(-1, 16)


@lru_cache(maxsize=32)
def merged(lists: frozenset[SeriesList]) -> SeriesList:
    """Return a list of all series of some lists: one of them, if it has them all."""
    if len(lists) == 1:
        return next(iter(lists))
    every = {series for one in lists for series in one.series}
    for one in lists:
        if len(one) == len(every):
            return one
    return SeriesList.of(every)


@lru_cache(maxsize=64)
def moved(series: SeriesList, into: SeriesList) -> Integers:
    """Return where each series of one list stands in another."""
    return into.places(series)


@lru_cache(maxsize=4)
def placed(series: SeriesList, into: SeriesList) -> Integers:
    """Return the same for a payload's series, which are asked for a few times and never again."""
    return into.places(series)


def _objects(values: Sequence[Any]) -> Objects:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
