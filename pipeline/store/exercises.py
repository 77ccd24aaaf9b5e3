"""Exercises: which recorded flood is being played now, and since when."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select, update

from pipeline.database import insert_absent
from pipeline.instants import from_us, to_us
from pipeline.store.tables import exercise as exercises
from pipeline.world import Exercise

FOREVER: Final = 2**62


def open_exercise(connection: Connection, exercise: Exercise) -> None:
    """Open an exercise; one that a crash left open at the same site ends where it begins."""
    connection.execute(
        update(exercises)
        .where(
            exercises.c.site == exercise.site,
            exercises.c.world_id != exercise.world_id,
            exercises.c.closed_at.is_(None),
        )
        .values(closed_at=to_us(exercise.wall_start))
    )
    row = {
        "site": exercise.site,
        "world_id": exercise.world_id,
        "wall_start": to_us(exercise.wall_start),
        "flood_start": to_us(exercise.flood_start),
        "flood_end": to_us(exercise.flood_end),
        "speed": exercise.speed,
    }
    insert_absent(connection, exercises, [row])


def current(connection: Connection, site: str) -> Exercise | None:
    """Return the site's open exercise; None if there is none."""
    open_now = exercises.c.closed_at.is_(None)
    return _newest(connection, exercises.c.site == site, open_now, by=exercises.c.wall_start)


def last(connection: Connection, site: str, world_id: str | None = None) -> Exercise | None:
    """Return the site's last exercise, or the one of that id, open or closed."""
    named = [] if world_id is None else [exercises.c.world_id == world_id]
    # what is open is the last; a simulated one is dated back, so that its beginning says little
    by = func.coalesce(exercises.c.closed_at, FOREVER)
    return _newest(connection, exercises.c.site == site, *named, by=by)


def _newest(
    connection: Connection, *of: ColumnElement[bool], by: ColumnElement[Any]
) -> Exercise | None:
    row = (
        connection.execute(
            select(exercises).where(*of).order_by(by.desc(), exercises.c.world_id.desc()).limit(1)
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    return Exercise(
        site=row["site"],
        world_id=row["world_id"],
        wall_start=from_us(row["wall_start"]),
        flood_start=from_us(row["flood_start"]),
        flood_end=from_us(row["flood_end"]),
        speed=row["speed"],
    )


def close(connection: Connection, exercise: Exercise, *, closed_at: datetime) -> None:
    """Close an exercise; one that is closed already keeps its time."""
    connection.execute(
        update(exercises)
        .where(
            exercises.c.site == exercise.site,
            exercises.c.world_id == exercise.world_id,
            exercises.c.closed_at.is_(None),
        )
        .values(closed_at=to_us(closed_at))
    )
