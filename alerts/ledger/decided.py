"""The slots at which something was decided that people were told, or that an episode remembers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, union

from alerts.tables import episode, message
from pipeline.instants import from_us
from pipeline.world import Mode, World


def slots(connection: Connection, site: str) -> frozenset[tuple[World, datetime]]:
    """Return world and slot of every decision behind a message or an episode of a site."""
    found = union(*(
        select(table.c.mode, table.c.world_id, table.c.slot).where(table.c.site == site)
        for table in (episode, message)
    ))  # fmt: skip
    return frozenset(
        (World(site, Mode(mode), world_id), from_us(slot))
        for mode, world_id, slot in connection.execute(found)
    )
