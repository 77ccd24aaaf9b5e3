"""The fence of a world: each slot is warned about once, in order, by one process at a time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, update

from alerts.tables import fence
from pipeline.database import insert_absent, named, within
from pipeline.instants import from_us, to_us
from pipeline.world import World


def hold(connection: Connection, world: World) -> None:
    """Wait until no other transaction moves episodes of this world; ends with the transaction.

    SQLite has let no other writer in since the transaction began.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_number(world))))


def try_hold(connection: Connection, world: World) -> bool:
    """Hold as `hold` does, or tell that another does: whoever can come again need not wait."""
    if connection.dialect.name != "postgresql":
        return True
    held = connection.execute(select(func.pg_try_advisory_xact_lock(_number(world))))
    return bool(held.scalar_one())


def _number(world: World) -> ColumnElement[int]:
    """Return the lock's number: of the world, and of the schema that it lies in."""
    name = "\n".join(("floodwarn", world.site, world.mode.value, world.world_id))
    return func.hashtextextended(func.concat(func.current_schema(), "\n", name), 0)


def last_warned(connection: Connection, world: World) -> datetime | None:
    """Return the newest slot that was warned about; None before the first."""
    kept = connection.execute(
        select(fence.c.last_slot).where(within(fence, world))
    ).scalar_one_or_none()
    return None if kept is None else from_us(kept)


def pass_fence(
    connection: Connection, world: World, *, seen: datetime | None, slot: datetime
) -> bool:
    """Move the fence from the slot that was `seen` to `slot`; False where another was faster."""
    if seen is not None and slot <= seen:
        return False
    if seen is None:
        row = {**named(world), "last_slot": to_us(slot)}
        return insert_absent(connection, fence, [row]) == 1
    moved = connection.execute(
        update(fence)
        .where(within(fence, world), fence.c.last_slot == to_us(seen))
        .values(last_slot=to_us(slot))
    )
    return moved.rowcount == 1
