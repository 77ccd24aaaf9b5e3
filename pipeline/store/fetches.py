"""The fetch log: every attempt to fetch a feed, which is how we know that it lives."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, RowMapping, Select, func, select

from pipeline.database import insert_absent, named, within
from pipeline.instants import from_us, to_us
from pipeline.store.tables import fetch
from pipeline.world import Mode, World

MOST_ATTEMPTS: Final = 2000
"""Attempts looked at for what is known of addresses: those of the last cycles of any feed."""


class FetchStatus(StrEnum):
    """How an attempt ended; only FAILED and REFUSED are faults of the feed."""

    OK = "ok"
    UNCHANGED = "unchanged"
    EMPTY = "empty"
    FAILED = "failed"
    REFUSED = "refused"


STORED: Final = (FetchStatus.OK, FetchStatus.UNCHANGED)
"""What the address held is in the store: it was read just now, or is what was read before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRecord:
    """One attempt to fetch one address of a feed.

    Attributes
    ----------
    source : the address; only its hash is kept, for it may carry a credential
    source_sha256 : by which the address is known again
    host : `host:port`; None = a file, or a database
    host_answered : whether the host did its part; None = it was not asked
    etag, last_modified : by which its server knows what it held
    declared_sha256 : how it was read; None = it must be read again
    asked_from, asked_to : valid times that were stored of it
    readings : rows that the payload held
    faults : rows and fields that could not be used
    detail : why, in words without credentials
    """

    world: World
    feed_id: str
    started_at: datetime
    ended_at: datetime
    status: FetchStatus
    source: str = ""
    payload_sha256: str | None = None
    size_bytes: int | None = None
    readings: int | None = None
    faults: int | None = None
    detail: str | None = None
    source_sha256: str | None = None
    host: str | None = None
    host_answered: bool | None = None
    etag: str | None = None
    last_modified: str | None = None
    declared_sha256: str | None = None
    asked_from: datetime | None = None
    asked_to: datetime | None = None


def record(connection: Connection, attempt: FetchRecord) -> None:
    """Record one attempt; recording it again changes nothing."""
    row = {
        "fetch_id": _fetch_id(attempt),
        **named(attempt.world),
        "feed_id": attempt.feed_id,
        "started_at": to_us(attempt.started_at),
        "ended_at": to_us(attempt.ended_at),
        "status": attempt.status,
        "payload_sha256": attempt.payload_sha256,
        "size_bytes": attempt.size_bytes,
        "readings": attempt.readings,
        "faults": attempt.faults,
        "detail": attempt.detail,
        "source_sha256": attempt.source_sha256,
        "host": attempt.host,
        "host_answered": attempt.host_answered,
        "etag": attempt.etag,
        "last_modified": attempt.last_modified,
        "declared_sha256": attempt.declared_sha256,
        "asked_from": _us(attempt.asked_from),
        "asked_to": _us(attempt.asked_to),
    }
    insert_absent(connection, fetch, [row])


def latest(
    connection: Connection,
    world: World,
    feed_id: str,
    *,
    status: FetchStatus | tuple[FetchStatus, ...] | None = None,
) -> FetchRecord | None:
    """Return the newest attempt at a feed, of the status if given; None if there is none."""
    query = _of(world, feed_id).limit(1)
    if status is not None:
        wanted = (status,) if isinstance(status, FetchStatus) else status
        query = query.where(fetch.c.status.in_(wanted))
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _record(row)


def history(
    connection: Connection,
    world: World,
    feed_id: str,
    *,
    after: datetime | None = None,
    limit: int = 1000,
) -> list[FetchRecord]:
    """Return the attempts at a feed that started after `after`, newest first."""
    query = _of(world, feed_id).limit(limit)
    if after is not None:
        query = query.where(fetch.c.started_at > to_us(after))
    return [_record(row) for row in connection.execute(query).mappings()]


def payloads(
    connection: Connection, site: str, feed_id: str, *, limit: int
) -> list[tuple[str, datetime]]:
    """Return the newest payloads that a feed gave in any world, and when each came, newest first.

    A payload that came again counts by its last coming.
    """
    came = func.max(fetch.c.ended_at)
    query = (
        select(fetch.c.payload_sha256, came)
        .where(
            fetch.c.site == site, fetch.c.feed_id == feed_id, fetch.c.payload_sha256.is_not(None)
        )
        .group_by(fetch.c.payload_sha256)
        .order_by(came.desc(), fetch.c.payload_sha256)
        .limit(limit)
    )
    return [(row[0], from_us(row[1])) for row in connection.execute(query)]


def newest_stored(connection: Connection, world: World, feed_id: str) -> dict[str, FetchRecord]:
    """Return, by `source_sha256`, the newest attempt after which an address was in the store."""
    query = _of(world, feed_id).where(
        fetch.c.status.in_(STORED), fetch.c.source_sha256.is_not(None)
    )
    found: dict[str, FetchRecord] = {}
    for row in connection.execute(query.limit(MOST_ATTEMPTS)).mappings():
        found.setdefault(row["source_sha256"], _record(row))
    return found


def came(
    connection: Connection, world: World, feed_id: str, *, after: datetime
) -> dict[str, datetime]:
    """Return, by `source_sha256`, when an address was last in the store, of attempts `after`."""
    query = (
        select(fetch.c.source_sha256, func.max(fetch.c.started_at))
        .where(
            within(fetch, world),
            fetch.c.feed_id == feed_id,
            fetch.c.started_at > to_us(after),
            fetch.c.status.in_(STORED),
            fetch.c.source_sha256.is_not(None),
        )
        .group_by(fetch.c.source_sha256)
    )
    return {row[0]: from_us(row[1]) for row in connection.execute(query)}


def of_host(
    connection: Connection, world: World, host: str, *, limit: int
) -> list[tuple[datetime, bool]]:
    """Return the newest attempts at a host, by any feed, oldest first, and whether it answered."""
    query = (
        select(fetch.c.ended_at, fetch.c.host_answered)
        .where(within(fetch, world), fetch.c.host == host, fetch.c.host_answered.is_not(None))
        .order_by(fetch.c.ended_at.desc(), fetch.c.fetch_id.desc())
        .limit(limit)
    )
    return [(from_us(row[0]), bool(row[1])) for row in connection.execute(query)][::-1]


def _us(instant: datetime | None) -> int | None:
    return None if instant is None else to_us(instant)


def _instant(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)


def _fetch_id(attempt: FetchRecord) -> str:
    world = attempt.world
    source = hashlib.sha256(attempt.source.encode()).hexdigest()
    identity = (
        world.site,
        world.mode,
        world.world_id,
        attempt.feed_id,
        str(to_us(attempt.started_at)),
        source,
    )
    return hashlib.sha256("\0".join(identity).encode()).hexdigest()


def _of(world: World, feed_id: str) -> Select[tuple[object, ...]]:
    return (
        select(fetch)
        .where(within(fetch, world), fetch.c.feed_id == feed_id)
        .order_by(fetch.c.started_at.desc(), fetch.c.fetch_id.desc())
    )


def _record(row: RowMapping) -> FetchRecord:
    return FetchRecord(
        world=World(row["site"], Mode(row["mode"]), row["world_id"]),
        feed_id=row["feed_id"],
        started_at=from_us(row["started_at"]),
        ended_at=from_us(row["ended_at"]),
        status=FetchStatus(row["status"]),
        payload_sha256=row["payload_sha256"],
        size_bytes=row["size_bytes"],
        readings=row["readings"],
        faults=row["faults"],
        detail=row["detail"],
        source_sha256=row["source_sha256"],
        host=row["host"],
        host_answered=row["host_answered"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        declared_sha256=row["declared_sha256"],
        asked_from=_instant(row["asked_from"]),
        asked_to=_instant(row["asked_to"]),
    )
