"""The mode of an Airflow run: computed once, kept by its retries, computed anew after a clear."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from pipeline.database import insert_absent
from pipeline.instants import from_us, to_us
from pipeline.store.tables import run_mode
from pipeline.world import Mode, World


def keep_mode(  # noqa: PLR0913, PLR0917 - an Airflow run has three names, and its answer three parts
    connection: Connection,
    dag_id: str,
    run_id: str,
    clear_number: int,
    world: World,
    slot: datetime | None,
    stored_at: datetime,
) -> tuple[World, datetime | None]:
    """Keep the world and slot of a run, and return what its first attempt kept."""
    run = {
        "site": world.site,
        "dag_id": dag_id,
        "run_id": run_id,
        "clear_number": clear_number,
    }
    row = {
        **run,
        "mode": world.mode,
        "world_id": world.world_id,
        "slot": None if slot is None else to_us(slot),
        "stored_at": to_us(stored_at),
    }
    insert_absent(connection, run_mode, [row])
    kept = connection.execute(
        select(run_mode.c.mode, run_mode.c.world_id, run_mode.c.slot).where(
            *(run_mode.c[name] == value for name, value in run.items())
        )
    ).one()
    return (
        World(world.site, Mode(kept.mode), kept.world_id),
        None if kept.slot is None else from_us(kept.slot),
    )
