"""The fetch log: every attempt to fetch a feed, which is how we know that it lives."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, Select, select

from pipeline.database import insert_absent, named, within
from pipeline.instants import from_us, to_us
from pipeline.store.tables import fetch
from pipeline.world import Mode, World


class FetchStatus(StrEnum):
    """How an attempt ended; only FAILED and REFUSED are faults of the feed."""

    OK = "ok"
    UNCHANGED = "unchanged"
    EMPTY = "empty"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRecord:
    """One attempt to fetch one address of a feed.

    Attributes
    ----------
    source : the address; only its hash is kept, for it may carry a credential
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
    }
    insert_absent(connection, fetch, [row])


def latest(
    connection: Connection, world: World, feed_id: str, *, status: FetchStatus | None = None
) -> FetchRecord | None:
    """Return the newest attempt at a feed, of one status if given; None if there is none."""
    query = _of(world, feed_id).limit(1)
    if status is not None:
        query = query.where(fetch.c.status == status)
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
    )
