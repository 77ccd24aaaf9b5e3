"""Door: suspend a station, resume it, and what stands."""

from __future__ import annotations

from datetime import datetime

from pipeline.database import Connection, Engine, reading
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.suspension import LONGEST, Suspension, standing
from pipeline.site.model import RiskConfig
from pipeline.store import suspensions
from pipeline.world import World

__all__ = ["LONGEST", "Suspension", "keep", "standing_at", "villages_of"]


def keep(connection: Connection, world: World, word: Suspension, *, stored_at: datetime) -> None:
    """Keep one person's word on a station, in the caller's transaction.

    Raises
    ------
    StoreError
        Another word on the station is of the same instant.
    """
    suspensions.say(connection, world, word, stored_at=stored_at)


def standing_at(engine: Engine, world: World, at: datetime) -> tuple[Suspension, ...]:
    """Return the suspensions that a cycle with that cutoff sees."""
    with reading(engine) as connection:
        return standing(suspensions.said(connection, world, known_before=at), at)


def villages_of(config: RiskConfig, station_id: str) -> tuple[str, ...]:
    """Return the villages that a station speaks for, by a link or any weight."""
    site = SiteArrays.of(config)
    return tuple(site.villages[row] for row in site.villages_of(station_id))
