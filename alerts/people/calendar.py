"""Absences and shifts in the people's database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from alerts.people.absence import Absence
from alerts.people.shift import Shift
from alerts.people.tables import absence as absences
from alerts.people.tables import shift as shifts
from pipeline.instants import from_us, to_us


def put_absence(connection: Connection, absence: Absence) -> None:
    """Keep an absence; another one of that person from the same instant is replaced."""
    begins = to_us(absence.begins)
    same = (absences.c.ref == absence.ref) & (absences.c.begins == begins)
    connection.execute(delete(absences).where(same))
    row = {"ref": absence.ref, "begins": begins, "ends": to_us(absence.ends)}
    connection.execute(insert(absences), row | {"deputy": absence.deputy})


def end_absences(connection: Connection, ref: str, at: datetime) -> int:
    """Let a person be back at `at`, and away no later; return of how many absences."""
    whose, now = absences.c.ref == ref, to_us(at)
    later = connection.execute(delete(absences).where(whose, absences.c.begins >= now))
    running = update(absences).where(whose, absences.c.ends > now).values(ends=now)
    return later.rowcount + connection.execute(running).rowcount


def all_shifts(connection: Connection) -> tuple[Shift, ...]:
    """Return every shift, the earliest first."""
    rows = connection.execute(select(shifts).order_by(shifts.c.begins, shifts.c.role))
    return tuple(
        Shift(
            role=row.role,
            begins=from_us(row.begins),
            ends=from_us(row.ends),
            ref=row.ref,
            taken_by=row.taken_by,
            taken_at=None if row.taken_at is None else from_us(row.taken_at),
        )
        for row in rows
    )


def put_shift(connection: Connection, shift: Shift) -> None:
    """Keep a shift; another one of that role from the same instant is replaced."""
    connection.execute(delete(shifts).where(_same(shift)))
    row = {"role": shift.role, "begins": to_us(shift.begins), "ends": to_us(shift.ends)}
    connection.execute(insert(shifts), row | {"ref": shift.ref})


def take_shift(connection: Connection, shift: Shift, by: str, at: datetime) -> bool:
    """Write down who took a shift over; False where somebody did before."""
    free = update(shifts).where(_same(shift), shifts.c.taken_by.is_(None))
    return connection.execute(free.values(taken_by=by, taken_at=to_us(at))).rowcount == 1


def _same(shift: Shift) -> ColumnElement[bool]:
    return (shifts.c.role == shift.role) & (shifts.c.begins == to_us(shift.begins))
