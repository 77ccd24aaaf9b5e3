"""Door: gives each run its world, once; a retry keeps it, a clear asks anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.database import Engine, reading
from pipeline.store import exercises, run_modes
from pipeline.world import Exercise, RunKind, World


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a schedule, or of a person at the command line.

    Attributes
    ----------
    clear_number : how often the run was cleared; its retries do not count
    slot : the interval's end; None for a run without a data interval
    replay_id : of a backfill, where its conf names one
    """

    dag_id: str
    run_id: str
    clear_number: int
    kind: RunKind
    slot: datetime | None
    replay_id: str | None = None


def keep(engine: Engine, run: Run, world: World, *, now: datetime) -> World:
    """Keep the world of a run, and return the one that its first attempt kept."""
    with engine.begin() as connection:
        kept, _slot = run_modes.keep_mode(
            connection, run.dag_id, run.run_id, run.clear_number, world, run.slot, now
        )
    return kept


def open_exercise(engine: Engine, exercise: Exercise) -> None:
    """Open an exercise; one that is still open at the same site ends where it begins."""
    with engine.begin() as connection:
        exercises.open_exercise(connection, exercise)


def close_exercise(engine: Engine, exercise: Exercise, *, now: datetime) -> None:
    """Close an exercise: nothing of it is sent any more."""
    with engine.begin() as connection:
        exercises.close(connection, exercise, closed_at=now)


def open_now(engine: Engine, site: str) -> Exercise | None:
    """Return the exercise that is being played at a site."""
    with reading(engine) as connection:
        return exercises.current(connection, site)


def last_exercise(engine: Engine, site: str, world_id: str | None = None) -> Exercise | None:
    """Return the site's last exercise, or the one of that id, open or closed."""
    with reading(engine) as connection:
        return exercises.last(connection, site, world_id)
