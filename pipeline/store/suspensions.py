"""What persons said of stations: suspended until an instant, or resumed; nothing is rewritten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from pipeline.database import Connection, insert_absent, named, within
from pipeline.errors import StoreError
from pipeline.instants import from_us, to_us
from pipeline.risk.suspension import Suspension
from pipeline.store.persons import heard_before, whose
from pipeline.store.tables import suspension as table
from pipeline.world import World


def say(connection: Connection, world: World, word: Suspension, *, stored_at: datetime) -> None:
    """Keep one person's word on a station.

    Raises
    ------
    StoreError
        Another word on the station is of the same instant.
    """
    row = named(world) | {
        "station_id": word.station_id,
        "known_at": to_us(word.known_at),
        "stored_at": to_us(stored_at),
        "until": None if word.until is None else to_us(word.until),
        "reason": word.reason,
        "by_ref": word.by_ref,
    }
    if not insert_absent(connection, table, [row]):
        raise StoreError(f"another word on station {word.station_id} is of the same instant")


def said(
    connection: Connection,
    world: World,
    *,
    known_before: datetime | None,
    stored_before: datetime | None = None,
) -> tuple[Suspension, ...]:
    """Return what was said of the site's stations, oldest first.

    Parameters
    ----------
    known_before, stored_before : leave out what became known, or was stored, after; None = nothing
    """
    heard = heard_before(table, known_before=known_before, stored_before=stored_before)
    rows = connection.execute(
        select(table)
        .where(within(table, whose(world)), *heard)
        .order_by(table.c.known_at, table.c.station_id)
    )
    return tuple(
        Suspension(
            station_id=row.station_id,
            known_at=from_us(row.known_at),
            until=None if row.until is None else from_us(row.until),
            reason=row.reason,
            by_ref=row.by_ref,
        )
        for row in rows
    )
