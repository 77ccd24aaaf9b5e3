"""What the log holds, decoded: rows of one feed in columns, each with its origin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple, Self

import numpy as np

from pipeline.observation import KnownBasis, QcFlag
from pipeline.store import few_points, old_points
from pipeline.store.arrow import number_columns, plain
from pipeline.store.blob import OF_POINTS, Columns, Kind
from pipeline.store.origins import Mask, Origin, Origins
from pipeline.store.rows import Indices
from pipeline.store.series_list import SeriesList

NONE = SeriesList((), ())
SMALL = 4096
"""Bytes of a batch that is worth remembering decoded: of a push feed's, an hour has many."""


class StoredBatch(NamedTuple):
    """What the log holds of one batch, or of one segment, which has `origins` of its own.

    Attributes
    ----------
    series : list that the rows' series are places in; None = the rows bear their names
    first_us : start of the hour, or of the first hour of a segment
    """

    feed_id: str
    known_us: int
    payload_sha256: str
    kind: Kind
    content: bytes
    part: int = 0
    basis: KnownBasis = KnownBasis.RECEIVED
    stored_us: int = 0
    series: SeriesList | None = None
    origins: bytes | None = None
    first_us: int = 0

    @property
    def origin(self) -> Origin:
        """Where all rows of a batch came from."""
        return Origin(self.known_us, self.payload_sha256, self.part, self.basis, self.stored_us)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows are asked for, by their origin; None = whatever it is."""

    known_us: int | None = None
    stored_us: int | None = None
    basis: KnownBasis | None = None
    payload_sha256: str | None = None

    def of(self, origins: Origins) -> Mask:
        """Tell of each origin whether its rows are asked for."""
        found = np.ones(len(origins), bool)
        if self.known_us is not None:
            found &= origins.known_us <= self.known_us
        if self.stored_us is not None:
            found &= origins.stored_us <= self.stored_us
        if self.basis is not None:
            found &= origins.of_basis(self.basis)
        if self.payload_sha256 is not None:
            found &= origins.of_payload(self.payload_sha256)
        return found


EVERYTHING = Asked()


@dataclass(frozen=True, slots=True, eq=False)
class PointRows:
    """Points of one feed, sorted by valid time.

    Attributes
    ----------
    columns : as `blob.Columns`; without `origin` all rows are of the first origin
    """

    feed_id: str
    kind: Kind
    series: SeriesList
    columns: Columns
    origins: Origins

    def __len__(self) -> int:
        return len(self.columns["value"])

    def take(self, rows: Indices | Mask | slice) -> Self:
        """Return some of the rows."""
        return replace(self, columns={name: c[rows] for name, c in self.columns.items()})

    def asked(self, asked: Asked) -> Self:
        """Return the rows whose origin is asked for."""
        found = asked.of(self.origins)
        if found.all():
            return self
        if "origin" not in self.columns:
            return self.take(slice(0, 0))
        return self.take(found[self.columns["origin"]])

    @property
    def withdrawn(self) -> Mask:
        """Which rows take a reading back."""
        found: Mask = self.columns["flag"] == QcFlag.WITHDRAWN
        return found


def point_rows(
    batches: Iterable[StoredBatch], window_us: tuple[int, int] | None = None
) -> Iterator[PointRows]:
    """Return the rows of the batches that hold points; an old one may hold both kinds.

    Parameters
    ----------
    window_us : start and end; only rows of start < valid_time <= end, and nothing of a batch
        that has none
    """
    few: dict[tuple[str, SeriesList], list[StoredBatch]] = {}
    # Batches of one feed follow one another in time, so that their rows need no sorting.
    for batch in sorted(batches, key=lambda one: (one.first_us, one.known_us)):
        if batch.kind not in OF_POINTS:
            continue
        if few_points.are_in(batch.content):
            few.setdefault((batch.feed_id, batch.series or NONE), []).append(batch)
            continue
        for kind, series, columns in _kinds(batch):
            within = _within(columns, window_us)
            if within is not None:
                yield PointRows(batch.feed_id, kind, series, within, _origins(batch))
    for (feed_id, series), together in few.items():
        within = _within(_together(together), window_us)
        if within is not None:
            origins = Origins.of([batch.origin for batch in together])
            yield PointRows(feed_id, Kind.POINTS, series, within, origins)


def _together(batches: Sequence[StoredBatch]) -> Columns:
    """Return the points of batches of a few points each, sorted by valid time."""
    columns, counts = few_points.read([batch.content for batch in batches])
    columns["origin"] = np.repeat(np.arange(len(batches), dtype=np.uint32), counts)
    valid = columns["valid_time"]
    if (valid[1:] >= valid[:-1]).all():
        return columns
    order = np.argsort(valid, kind="stable")
    return {name: column[order] for name, column in columns.items()}


def _kinds(batch: StoredBatch) -> Iterator[tuple[Kind, SeriesList, Columns]]:
    columns = _small(batch.content) if len(batch.content) <= SMALL else _decoded(batch.content)
    if isinstance(columns, dict):
        yield batch.kind, batch.series or NONE, columns
        return
    series, observed, forecast = columns
    yield Kind.POINTS, series, observed
    if len(forecast["value"]):
        yield Kind.FORECAST_POINTS, series, forecast


def _within(columns: Columns, window_us: tuple[int, int] | None) -> Columns | None:
    """Return the rows of a window, all of them where there is none; None = it has no row."""
    if window_us is None:
        return columns
    start_us, end_us = window_us
    valid = columns["valid_time"]
    if not len(valid) or valid[-1] <= start_us or valid[0] > end_us:
        return None
    if valid[0] > start_us and valid[-1] <= end_us:
        return columns
    first, last = np.searchsorted(valid, (start_us, end_us), side="right").tolist()
    return {name: column[first:last] for name, column in columns.items()} if last > first else None


def _origins(batch: StoredBatch) -> Origins:
    content = batch.origins
    return _of_one(batch.origin) if content is None else Origins.read(content)


@lru_cache(maxsize=4096)
def _of_one(origin: Origin) -> Origins:
    return Origins.of([origin])


def _decoded(content: bytes) -> Columns | tuple[SeriesList, Columns, Columns]:
    columns = number_columns(content)
    # Points of old have their names in words.
    return old_points.read(plain(content)) if columns is None else columns


_small = lru_cache(maxsize=4096)(_decoded)
