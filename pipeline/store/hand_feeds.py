"""What persons said of the files that they fed by hand, with two clocks; nothing is rewritten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from pipeline.database import insert_absent
from pipeline.instants import from_us, to_us
from pipeline.risk.hand_fed import HandFed
from pipeline.store.persons import heard_before
from pipeline.store.tables import hand_fed as table

INSTANTS = ("known_at", "first", "last")


def say(connection: Connection, site: str, word: HandFed, *, stored_at: datetime) -> None:
    """Keep one person's word on a file."""
    row = {name: getattr(word, name) for name in HandFed.__dataclass_fields__}
    row |= {name: to_us(row[name]) for name in INSTANTS}
    insert_absent(connection, table, [row | {"site": site, "stored_at": to_us(stored_at)}])


def said(
    connection: Connection,
    site: str,
    *,
    known_before: datetime | None,
    stored_before: datetime | None = None,
) -> tuple[HandFed, ...]:
    """Return what was said of files, oldest first.

    Parameters
    ----------
    known_before, stored_before : leave out what became known, or was stored, after; None = nothing
    """
    heard = heard_before(table, known_before=known_before, stored_before=stored_before)
    columns = [table.c[name] for name in HandFed.__dataclass_fields__]
    order = table.c.stored_at, table.c.feed_id, table.c.payload_sha256
    found = connection.execute(
        select(*columns).where(table.c.site == site, *heard).order_by(*order)
    )
    return tuple(
        HandFed(**{**row, **{name: from_us(row[name]) for name in INSTANTS}})
        for row in found.mappings()
    )


def known_at(words: tuple[HandFed, ...], cutoff: datetime | None) -> tuple[HandFed, ...]:
    """Return the words that a cutoff sees; None = all."""
    return tuple(word for word in words if cutoff is None or word.known_at <= cutoff)
