"""Official warnings as immutable rows with two clocks: append what came, read what was known."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, select

from pipeline.database import insert_absent
from pipeline.instants import to_us
from pipeline.observation import KnownBasis, OfficialWarning
from pipeline.risk.official import STANDS, FeedWarning, from_record, to_record
from pipeline.store.admission import Incoming
from pipeline.store.tables import official_warning as table

NO_LATENCY = timedelta(0)


@dataclass(frozen=True, slots=True)
class _Row:
    feed_id: str
    known_us: int
    payload_sha256: str
    message: FeedWarning


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages of official warnings, every revision, oldest known first."""

    _rows: tuple[_Row, ...]

    def at(self, instant: datetime, cutoff: datetime | None) -> tuple[FeedWarning, ...]:
        """Return what may be in force at an instant: of each identity what came last.

        Parameters
        ----------
        cutoff : what was known by then; None = all that had been sent at the instant
        """
        known = {
            (row.feed_id, row.message.warning.identity): row.message
            for row in self._rows
            if instant - STANDS < row.message.warning.sent
            and (
                row.message.warning.sent <= instant
                if cutoff is None
                else row.known_us <= to_us(cutoff)
            )
        }
        return tuple(known[key] for key in sorted(known))


def append(connection: Connection, batch: Incoming, latency: timedelta = NO_LATENCY) -> int:
    """Append the messages of one decoded payload; return how many are new.

    Received ones that say what their identity said last are not stored again: a hub shows a
    warning at every fetch until it ends.

    Parameters
    ----------
    latency : of a declared feed, from sending to knowing
    """
    warnings = batch.decoded.warnings
    held = _held(connection, batch) if batch.basis is KnownBasis.RECEIVED and warnings else {}
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for warning in warnings:
        row = _row(batch, warning, latency)
        name, content = row["identity_sha256"], row["content"]
        if held.get(name) != content:
            held[name] = content
            rows[name, row["known_at"]] = row
    return insert_absent(connection, table, [rows[key] for key in sorted(rows)])


def load(  # noqa: PLR0913 - one span, two clocks, and ways to leave messages out
    connection: Connection,
    *,
    site: str,
    start: datetime,
    known_before: datetime | None,
    scenario: str = "",
    stored_before: datetime | None = None,
    basis: KnownBasis | None = None,
) -> Messages:
    """Return the messages that may be in force from `start` on, to be read with `Messages.at`.

    Parameters
    ----------
    known_before, stored_before : leave out what came after them; None = nothing
    basis : messages of one basis only; None = all
    """
    wanted = [
        table.c.site == site,
        table.c.scenario == scenario,
        table.c.sent > to_us(start - STANDS),
    ]
    if known_before is not None:
        wanted.append(table.c.known_at <= to_us(known_before))
    if stored_before is not None:
        wanted.append(table.c.stored_at <= to_us(stored_before))
    if basis is not None:
        wanted.append(table.c.known_basis == basis)
    columns = table.c.feed_id, table.c.known_at, table.c.payload_sha256, table.c.content
    found = [
        _Row(feed, known, payload, FeedWarning(feed, from_record(content)))
        for feed, known, payload, content in connection.execute(select(*columns).where(*wanted))
    ]
    return Messages(tuple(sorted(found, key=attrgetter("known_us", "payload_sha256", "feed_id"))))


def _held(connection: Connection, batch: Incoming) -> dict[str, bytes]:
    """Return what each identity of the payload said last, by our own clock."""
    names = sorted({_identity_sha256(warning) for warning in batch.decoded.warnings})
    found = connection.execute(
        select(table.c.identity_sha256, table.c.content)
        .where(
            table.c.site == batch.site,
            table.c.scenario == batch.scenario,
            table.c.feed_id == batch.feed_id,
            table.c.known_basis == KnownBasis.RECEIVED,
            table.c.known_at <= to_us(batch.known_at),
            table.c.identity_sha256.in_(names),
        )
        .order_by(table.c.known_at, table.c.payload_sha256)
    )
    return {row.identity_sha256: row.content for row in found}


def _row(batch: Incoming, warning: OfficialWarning, latency: timedelta) -> dict[str, Any]:
    return {
        "site": batch.site,
        "scenario": batch.scenario,
        "feed_id": batch.feed_id,
        "identity_sha256": _identity_sha256(warning),
        "known_at": to_us(_known_at(batch, warning, latency)),
        "known_basis": batch.basis,
        "payload_sha256": batch.payload_sha256,
        "stored_at": to_us(batch.stored_at),
        "sent": to_us(warning.sent),
        "content": to_record(warning),
    }


def _known_at(batch: Incoming, warning: OfficialWarning, latency: timedelta) -> datetime:
    match batch.basis:
        case KnownBasis.RECEIVED:
            return batch.known_at
        case KnownBasis.SOURCE:
            return warning.sent
        case KnownBasis.DECLARED:
            return warning.sent + latency


def _identity_sha256(warning: OfficialWarning) -> str:
    return hashlib.sha256(warning.identity.encode()).hexdigest()
