"""Holds for an inquiry, and the purge that they stop, in the people's database."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from alerts.people.tables import absence, hold, person
from pipeline.instants import to_us


def put(connection: Connection, episode_id: str, until: datetime, by: str) -> None:
    """Hold whoever had a part in an episode; a hold is made longer by another, never shorter."""
    same = hold.c.episode_id == episode_id
    before = connection.execute(select(hold.c.until).where(same)).scalar_one_or_none()
    if before is None or before < to_us(until):
        connection.execute(delete(hold).where(same))
        row = {"episode_id": episode_id, "until": to_us(until), "by_ref": by}
        connection.execute(insert(hold), row)


def held(connection: Connection, at: datetime) -> tuple[str, ...]:
    """Return the episodes that are held at an instant."""
    found = select(hold.c.episode_id).where(hold.c.until > to_us(at)).order_by(hold.c.episode_id)
    return tuple(connection.execute(found).scalars())


def removed_before(connection: Connection, at: datetime) -> tuple[str, ...]:
    """Return who was taken out of the roster before an instant."""
    found = select(person.c.ref).where(person.c.removed_at < to_us(at)).order_by(person.c.ref)
    return tuple(connection.execute(found).scalars())


def forget(connection: Connection, refs: Collection[str]) -> None:
    """Delete all that is kept of people; the log keeps that it was done."""
    connection.execute(delete(absence).where(absence.c.ref.in_(refs)))
    connection.execute(delete(person).where(person.c.ref.in_(refs)))
