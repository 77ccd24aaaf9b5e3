"""Which of persons' words a world sees, by the two clocks that each word bears."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Table

from pipeline.instants import to_us
from pipeline.world import Mode, World, live


def whose(world: World) -> World:
    """Return the world whose persons a world hears: a replay hears those of the live one."""
    return live(world.site) if world.mode is Mode.REPLAY else world


def heard_before(
    table: Table, *, known_before: datetime | None, stored_before: datetime | None
) -> list[ColumnElement[bool]]:
    """Return what leaves out the words that became known, or were stored, after; None = nothing."""
    clocks = ((table.c.known_at, known_before), (table.c.stored_at, stored_before))
    return [column <= to_us(before) for column, before in clocks if before is not None]
