"""Exercises: which recorded flood is being played now, and since when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from pipeline.database import insert_absent
from pipeline.instants import from_us, to_us
from pipeline.store.tables import exercise as exercises
from pipeline.world import Exercise


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
    row = (
        connection.execute(
            select(exercises)
            .where(exercises.c.site == site, exercises.c.closed_at.is_(None))
            .order_by(exercises.c.wall_start.desc(), exercises.c.world_id.desc())
            .limit(1)
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
