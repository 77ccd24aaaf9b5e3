"""What persons saw at the water; nothing is rewritten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from pipeline.bulletin import Sighting
from pipeline.database import Connection, insert_absent, named, within
from pipeline.instants import from_us, to_us
from pipeline.risk.reported import Report
from pipeline.store.persons import heard_before, whose
from pipeline.store.tables import report as table
from pipeline.world import World


def keep(connection: Connection, world: World, report: Report, *, stored_at: datetime) -> bool:
    """Keep one report; False where the same was kept before."""
    row = named(world) | {
        "village_id": report.village_id,
        "by_ref": report.by_ref,
        "known_at": to_us(report.known_at),
        "saw": report.saw.value,
        "seen_at": to_us(report.seen_at),
        "stored_at": to_us(stored_at),
        "words": report.words,
    }
    return insert_absent(connection, table, [row]) == 1


def said(
    connection: Connection,
    world: World,
    *,
    known_before: datetime | None,
    stored_before: datetime | None = None,
) -> tuple[Report, ...]:
    """Return a world's reports, oldest first; of a replay those of the live world.

    Parameters
    ----------
    known_before, stored_before : leave out what became known, or was stored, after; None = nothing
    """
    heard = heard_before(table, known_before=known_before, stored_before=stored_before)
    columns = (table.c.known_at, table.c.village_id, table.c.by_ref, table.c.saw)
    rows = connection.execute(
        select(table).where(within(table, whose(world)), *heard).order_by(*columns)
    )
    return tuple(
        Report(
            village_id=row.village_id,
            known_at=from_us(row.known_at),
            seen_at=from_us(row.seen_at),
            saw=Sighting(row.saw),
            by_ref=row.by_ref,
            words=row.words,
        )
        for row in rows
    )
