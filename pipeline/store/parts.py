"""What a payload adds to the log: batches of one hour, known_at and kind, or parts of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from pipeline.instants import HOUR, MICROSECOND, to_us
from pipeline.observation import GridReading, KnownBasis
from pipeline.store import blob
from pipeline.store.admission import Admitted, Incoming
from pipeline.store.blob import OF_POINTS, Kind
from pipeline.store.columns import Asked, PointRows, StoredBatch, point_rows
from pipeline.store.grid_log import grid_logs
from pipeline.store.keys import packed
from pipeline.store.offered import Offered, columns
from pipeline.store.origins import Mask
from pipeline.store.point_log import Stack
from pipeline.store.repeats import held_points, repeated_grids, repeated_points
from pipeline.store.rows import Integers
from pipeline.store.series_list import SeriesList, placed

HOUR_US = HOUR // MICROSECOND
Groups = dict[tuple[int, int], int]
"""The next part's number, by hour and known_at."""


class Part(NamedTuple):
    """One batch that is new, or a part of one that is there; sorts as its key does."""

    hour_us: int
    known_us: int
    kind: Kind
    number: int
    n_rows: int
    content: bytes
    series: SeriesList | None = None


@dataclass(frozen=True, slots=True, eq=False)
class New:
    """The points of one kind that are new, and the numbers of the parts that they make."""

    kind: Kind
    points: Offered
    numbers: Groups

    @classmethod
    def of(cls, batch: Incoming, kind: Kind, points: Offered, held: Sequence[PointRows]) -> Self:
        """Return what is new among points of one kind, given the feed's rows of that kind."""
        if batch.basis is KnownBasis.RECEIVED:
            points = points.take(~_says_nothing_new(batch, points, held))
        if not held:
            return cls(kind, points, {})
        own = Asked(basis=batch.basis, payload_sha256=batch.payload_sha256)
        before = Stack.of([rows.asked(own) for rows in held])
        if not len(before.columns["value"]) or not len(points):
            return cls(kind, points, {})
        return cls(kind, points.take(~held_points(points, before)), _numbers(before))

    def parts(self, series: SeriesList) -> Iterator[Part]:
        """Return the parts, whose rows name series by their places in a list."""
        places, points = placed(self.points.series, series), self.points
        hour = points.valid_us // HOUR_US * HOUR_US
        order = np.argsort(
            packed(hour, points.known_us, points.valid_us, places[points.code]), kind="stable"
        )
        points, hour = points.take(order), hour[order]
        changed = (np.diff(hour) != 0) | (np.diff(points.known_us) != 0)
        ends = [*(np.flatnonzero(changed) + 1).tolist(), len(points)]
        found = columns(points, places)
        for start, end in zip([0, *ends], ends, strict=False):
            group = int(hour[start]), int(points.known_us[start])
            content = blob.write_points({name: c[start:end] for name, c in found.items()})
            yield Part(*group, self.kind, self.numbers.get(group, 0), end - start, content, series)


def new_points(batch: Incoming, admitted: Admitted, held: Sequence[StoredBatch]) -> list[New]:
    """Return which points of a payload the log has not got, given what it holds of their feed."""
    points = admitted.points
    if not len(points):
        return []
    span = int(points.valid_us.min()) - 1, int(points.valid_us.max())
    rows = [*point_rows(held, span)]
    found = []
    for kind, mask in ((Kind.POINTS, ~points.forecast), (Kind.FORECAST_POINTS, points.forecast)):
        if mask.any():
            of_kind = [one for one in rows if one.kind is kind]
            found.append(New.of(batch, kind, points.take(mask), of_kind))
    return [new for new in found if len(new.points)]


def new_grids(batch: Incoming, admitted: Admitted, held: Sequence[StoredBatch]) -> list[Part]:
    """Return the parts that a payload's grids make, likewise."""
    held = [one for one in held if one.kind not in OF_POINTS]
    grids = admitted.grids
    if batch.basis is KnownBasis.RECEIVED and held:
        grids = _new_grids(batch, grids, held)
    before = _rows_of(batch, held)
    groups: dict[tuple[int, int, Kind], list[blob.Row]] = {}
    for grid in grids:
        kind = Kind.GRIDS if grid.reference_time is None else Kind.FORECAST_GRIDS
        identity = to_us(grid.valid_time) // HOUR_US * HOUR_US, to_us(batch.known(grid)), kind
        row = blob.grid_row(grid)
        if row not in before.get(identity, (0, set()))[1]:
            groups.setdefault(identity, []).append(row)
    return [
        Part(*identity, before.get(identity, (0, set()))[0], len(rows), blob.write_rows(rows))
        for identity, rows in groups.items()
    ]


def _says_nothing_new(batch: Incoming, points: Offered, held: Sequence[PointRows]) -> Mask:
    # Two views: an as-received replay reads received rows only, and must not miss any.
    cutoff = to_us(batch.known_at)
    nothing = repeated_points(points, held, cutoff)
    received = [rows.asked(Asked(basis=KnownBasis.RECEIVED)) for rows in held]
    if all(one is other for one, other in zip(received, held, strict=True)):
        return nothing
    return nothing & repeated_points(points, received, cutoff)


def _numbers(before: Stack) -> Groups:
    numbers: Groups = {}
    origin = before.columns["origin"]
    hours = before.columns["valid_time"] // HOUR_US * HOUR_US
    for hour, known, part in _distinct(
        hours, before.origins.known_us[origin], before.origins.part[origin]
    ):
        numbers[hour, known] = max(numbers.get((hour, known), 0), part + 1)
    return numbers


def _distinct(*rows: Integers) -> list[list[int]]:
    found: list[list[int]] = np.unique(np.stack(rows, axis=1), axis=0).tolist()
    return found


def _new_grids(
    batch: Incoming, grids: Sequence[GridReading], held: Sequence[StoredBatch]
) -> tuple[GridReading, ...]:
    times = [to_us(grid.valid_time) for grid in grids]
    window = min(times) - 1, max(times), to_us(batch.known_at)
    views = [held, [one for one in held if one.basis is KnownBasis.RECEIVED]]
    if len(views[0]) == len(views[1]):
        views.pop()
    repeated = np.ones(len(grids), bool)
    for view in views:
        current = [row for log in grid_logs(view, forecasts=True) for row in log.pick(*window)]
        repeated &= repeated_grids(grids, current)
    return tuple(grid for grid, again in zip(grids, repeated, strict=True) if not again)


def _rows_of(
    batch: Incoming, held: Sequence[StoredBatch]
) -> dict[tuple[int, int, Kind], tuple[int, set[blob.Row]]]:
    # A payload is seldom decoded twice; if it is, a station map or a decoder may have changed,
    # and what it says now that it did not say then is a part of its own.
    found: dict[tuple[int, int, Kind], tuple[int, set[blob.Row]]] = {}
    for one in held:
        if (one.basis, one.payload_sha256) != (batch.basis, batch.payload_sha256):
            continue
        for row in blob.read_rows(one.content):
            kind = Kind.GRIDS if row[blob.REFERENCE] is None else Kind.FORECAST_GRIDS
            number, rows = found.setdefault((one.first_us, one.known_us, kind), (0, set()))
            rows.add(row)
            found[one.first_us, one.known_us, kind] = max(number, one.part + 1), rows
    return found
