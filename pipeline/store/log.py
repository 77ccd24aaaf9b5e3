"""What the tables hold of a span of hours: batches and segments, in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    Table,
    bindparam,
    literal,
    null,
    or_,
    select,
    union_all,
)

from pipeline.instants import HOUR, floor_to, to_us
from pipeline.observation import KnownBasis
from pipeline.store import lists
from pipeline.store.blob import OF_POINTS, Kind
from pipeline.store.columns import Asked, StoredBatch
from pipeline.store.tables import batch, segment

KINDS = {str(kind): kind for kind in Kind}
BASES = {str(basis): basis for basis in KnownBasis}
"""Looked up, for a window may hold thousands of batches, and to make an enum of each is slow."""


class Span(NamedTuple):
    """Hours of one site and scenario, of one feed or of all."""

    site: str
    scenario: str
    first_hour: int
    last_hour: int
    feed_id: str | None = None


def hour_us(valid_time: datetime) -> int:
    """Return the start of the hour in which a valid_time lies, in microseconds."""
    return to_us(floor_to(valid_time, HOUR))


def held(
    connection: Connection, span: Span, kinds: frozenset[Kind], asked: Asked
) -> list[StoredBatch]:
    """Return the batches and segments that may hold rows of a span.

    A batch holds nothing but what is asked for; a segment's rows are yet to be sifted.
    """
    given = {**span._asdict(), **{name: getattr(asked, name) for name in Asked.__slots__}}
    given = {name: value for name, value in given.items() if value is not None}
    found = connection.execute(_statement(kinds, frozenset(given)), given).all()
    return stored(connection, span, found)


def stored(connection: Connection, span: Span, found: Iterable[Row[Any]]) -> list[StoredBatch]:
    """Return rows of both tables with the series lists that they name."""
    rows = list(found)
    named = lists.named(
        connection, span.site, span.scenario, {row.series_sha256 for row in rows} - {None}
    )
    return [
        StoredBatch(
            feed_id=feed_id,
            known_us=known_us,
            payload_sha256=payload_sha256,
            kind=KINDS[kind],
            content=content,
            part=part,
            basis=BASES[basis],
            stored_us=stored_us,
            series=named.get(series_sha256),
            origins=origins,
            first_us=hour,
        )
        for (
            feed_id, kind, hour, known_us, payload_sha256, part, basis, stored_us, series_sha256,
            content, origins,
        ) in map(tuple, rows)
    ]  # fmt: skip


def batch_columns() -> list[ColumnElement[Any]]:
    """Return the columns of a batch that `stored` asks for."""
    names = ("payload_sha256", "part", "known_basis", "stored_at", "series_sha256", "content")
    return [*_common(batch), *(batch.c[name] for name in names), null().label("origins")]


def segment_columns() -> list[ColumnElement[Any]]:
    """Return those of a segment; its rows have payloads and a basis each of their own."""
    return [
        *_common(segment),
        literal("").label("payload_sha256"),
        literal(0).label("part"),
        literal(str(KnownBasis.RECEIVED)).label("known_basis"),
        *(segment.c[name] for name in ("stored_at", "series_sha256", "content", "origins")),
    ]


@lru_cache
def _statement(kinds: frozenset[Kind], given: frozenset[str]) -> Select[Any] | CompoundSelect[Any]:
    # Made once: to put it together takes longer than to run it.
    batches = select(*batch_columns()).where(
        *_of(batch, kinds, given),
        batch.c.hour.between(bindparam("first_hour"), bindparam("last_hour")),
    )
    if OF_POINTS.isdisjoint(kinds):
        return batches
    segments = select(*segment_columns()).where(
        *_of(segment, kinds, given),
        segment.c.hour <= bindparam("last_hour"),
        segment.c.last_hour >= bindparam("first_hour"),
    )
    # In one statement, for a compaction may move rows from one table to the other.
    return union_all(batches, segments)


def _common(table: Table) -> list[ColumnElement[Any]]:
    return [table.c[name] for name in ("feed_id", "kind", "hour", "known_at")]


def _of(table: Table, kinds: frozenset[Kind], given: frozenset[str]) -> list[ColumnElement[bool]]:
    columns = table.c
    wanted = [columns.site == bindparam("site"), columns.scenario == bindparam("scenario")]
    if len(kinds) < len(Kind):
        # IN would be written anew at each execution.
        wanted.append(or_(*(columns.kind == kind for kind in sorted(kinds))))
    if "feed_id" in given:
        wanted.append(columns.feed_id == bindparam("feed_id"))
    if "known_us" in given:
        wanted.append(columns.known_at <= bindparam("known_us"))
    if "stored_us" in given:
        wanted.append(columns.stored_at <= bindparam("stored_us"))
    return [*wanted, *(_of_batch(given) if table is batch else [])]


def _of_batch(given: frozenset[str]) -> list[ColumnElement[bool]]:
    wanted = []
    if "basis" in given:
        wanted.append(batch.c.known_basis == bindparam("basis"))
    if "payload_sha256" in given:
        wanted.append(batch.c.payload_sha256 == bindparam("payload_sha256"))
    return wanted
