"""Quarantine: what could not be used, with the reason; nothing that came is lost."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from pipeline.database import insert_absent
from pipeline.instants import from_us, to_us
from pipeline.observation import Fault
from pipeline.store.tables import quarantine as refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """One fault as kept."""

    feed_id: str
    payload_sha256: str | None
    stored_at: datetime
    fault: Fault


def quarantine(
    connection: Connection,
    site: str,
    feed_id: str,
    faults: Sequence[Fault],
    *,
    payload_sha256: str | None,
    stored_at: datetime,
) -> int:
    """Keep the faults of one payload; return how many were new."""
    rows = [
        {
            "quarantine_id": _identity(site, feed_id, payload_sha256, fault),
            "site": site,
            "feed_id": feed_id,
            "payload_sha256": payload_sha256,
            "stored_at": to_us(stored_at),
            "place": fault.where,
            "row": fault.row,
            "field": fault.field,
            "reason": fault.message,
        }
        for fault in faults
    ]
    return insert_absent(connection, refused, rows)


def quarantined(
    connection: Connection, site: str, *, feed_id: str | None = None, limit: int = 1000
) -> list[Quarantined]:
    """Return what is in quarantine at a site, of one feed if given, newest first."""
    query = (
        select(refused)
        .where(refused.c.site == site)
        .order_by(refused.c.stored_at.desc(), refused.c.quarantine_id)
        .limit(limit)
    )
    if feed_id is not None:
        query = query.where(refused.c.feed_id == feed_id)
    return [
        Quarantined(
            feed_id=row["feed_id"],
            payload_sha256=row["payload_sha256"],
            stored_at=from_us(row["stored_at"]),
            fault=Fault(row["place"], row["reason"], row=row["row"], field=row["field"]),
        )
        for row in connection.execute(query).mappings()
    ]


def refused_since(connection: Connection, site: str, since: datetime) -> dict[str, int]:
    """Return how many rows, fields and payloads of each feed went to quarantine since then."""
    counted = connection.execute(
        select(refused.c.feed_id, func.count())
        .where(refused.c.site == site, refused.c.stored_at > to_us(since))
        .group_by(refused.c.feed_id)
    )
    return {feed_id: int(count) for feed_id, count in counted}


def _identity(site: str, feed_id: str, payload_sha256: str | None, fault: Fault) -> str:
    parts = (site, feed_id, payload_sha256, fault.where, fault.row, fault.field, fault.message)
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()
