"""The people's own database: read as their file would give them, written in one transaction.

It is made when something is first written into it. Its people count from the first who was taken
in; until then ``contacts.toml`` does. The keys are read inside a writer's transaction, so that
nobody seals with a key that is just being dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, inspect, make_url, select, update
from sqlalchemy.exc import SQLAlchemyError

from alerts.errors import RosterError
from alerts.people import tables
from alerts.people.absence import Absence
from alerts.people.keyring import Keyring, Kind, Unsealed, make_keys
from alerts.people.tables import person
from alerts.private_files import refuse_open
from pipeline.database import Engine, connect, exists, private_folder, reading
from pipeline.instants import from_us, to_us
from pipeline.settings import PEOPLE, people_url

LISTS: Final = ("villages", "channels", "rights", "logins")
PLAIN: Final = ("ref", "role", "language", "legal_basis", "needs_help")
LOCK: Final = 0x70656F706C65
AGAIN: Final = 2
"""Readings of rows that no key opens: their keys may have been changed between the two files."""

Raw = Mapping[str, Any]
"""One person as ``contacts.toml`` gives one: nothing of it may be shown."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database holds of people.

    Attributes
    ----------
    people : in the roster's order; None where nobody was ever taken in
    unopened : (reference, field) of those whom no key opens, and who are left out
    versions : of each person by reference, one more with each correction
    """

    people: tuple[Raw, ...] | None = field(default=None, repr=False)
    unopened: tuple[tuple[str, str], ...] = ()
    absences: tuple[Absence, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)


def read(home: Path) -> Stored:
    """Return what is kept of people; nothing, where the database was never made.

    Raises
    ------
    RosterError
        The database or its keys are open to others, absent, or not of this version.
    StoreUnavailable
        It is locked or out of reach: the same call may succeed later.
    """
    stored = Stored()
    with engine_of(home) as engine:
        for _ in range(AGAIN if engine is not None else 0):
            with opened(engine) as connection:
                stored = Stored() if connection is None else read_within(connection, home)
            if not stored.unopened:
                break
    return stored


def takes_over(home: Path) -> bool:
    """Tell whether the people of the database count, and those of the file no more.

    Raises
    ------
    RosterError
        As in `read`.
    """
    with engine_of(home) as engine, opened(engine) as connection:
        return (
            connection is not None
            and connection.execute(select(person.c.ref).limit(1)).first() is not None
        )


def changed_at(home: Path) -> datetime | None:
    """Return when somebody was last taken in, corrected or removed; None where nobody ever was.

    Raises
    ------
    RosterError, StoreUnavailable
        As in `read`.
    """
    with engine_of(home) as engine, opened(engine) as connection:
        if connection is None:
            return None
        newest = select(func.max(person.c.changed_at), func.max(person.c.removed_at))
        instants = [us for us in connection.execute(newest).one() if us is not None]
    return from_us(max(instants)) if instants else None


@contextmanager
def engine_of(home: Path) -> Iterator[Engine | None]:
    """Connect to the database; None where there is none.

    Raises
    ------
    RosterError
        Its file is open to others, or holds something else.
    """
    url = people_url(home)
    if not exists(url):
        yield None
        return
    _refuse_open(url)
    engine = connect(url)
    try:
        yield engine
    except SQLAlchemyError:  # whose words quote rows
        raise RosterError(f"{PEOPLE} is no database of people") from None
    finally:
        engine.dispose()


@contextmanager
def opened(engine: Engine | None) -> Iterator[Connection | None]:
    """Open one snapshot for reading; None where there is none, or no table of ours."""
    if engine is None:
        yield None
        return
    with reading(engine) as connection:
        yield connection if _is_made(connection) else None


@contextmanager
def writing(home: Path) -> Iterator[Connection]:
    """Open a transaction as the only writer; the database and its keys are made where absent.

    Raises
    ------
    RosterError
        As in `read`.
    """
    private_folder(home)
    url = people_url(home)
    _refuse_open(url)
    engine = connect(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            if not _is_made(connection):
                make_keys(home)  # only now: to people who are there other keys would be useless
                tables.metadata.create_all(connection)
                connection.execute(insert(tables.version), {"schema": tables.SCHEMA})
            yield connection
    except SQLAlchemyError:
        raise RosterError(f"{PEOPLE} cannot be written") from None
    finally:
        engine.dispose()


def put(connection: Connection, keyring: Keyring, people: Iterable[Raw], *, now: datetime) -> None:
    """Keep people, new ones behind the others; who is there already is corrected in place."""
    there = {row.ref: row for row in connection.execute(select(person.c.ref, person.c.version))}
    last = connection.execute(select(func.max(person.c.place))).scalar_one() or 0
    for raw in people:
        row = {**_row(keyring, raw), "changed_at": to_us(now), "removed_at": None}
        before = there.get(raw["ref"])
        if before is None:
            last += 1
            connection.execute(insert(person), {**row, "version": 1, "place": last})
        else:
            changed = update(person).where(person.c.ref == raw["ref"])
            connection.execute(changed.values(**row, version=before.version + 1))


def remove(connection: Connection, refs: Iterable[str], *, now: datetime) -> None:
    """Take people out of the roster; what is kept of them goes when they are purged."""
    gone = person.c.ref.in_(tuple(refs)) & person.c.removed_at.is_(None)
    at = to_us(now)
    newer = person.c.version + 1
    connection.execute(update(person).where(gone).values(removed_at=at, version=newer))


def refs_of(home: Path, kind: Kind, address: str) -> tuple[str, ...]:
    """Return whose an address is, however it is written; nothing else is opened for that."""
    with engine_of(home) as engine, opened(engine) as connection:
        if connection is None:
            return ()
        under = Keyring.load(home).indexes(kind, address)
        column = person.c[f"{kind.value}_index"]
        found = select(person.c.ref).where(column.in_(under), person.c.removed_at.is_(None))
        return tuple(connection.execute(found.order_by(person.c.place)).scalars())


def reseal(connection: Connection, keyring: Keyring) -> int:
    """Seal every address anew with the newest key; return of how many people.

    Raises
    ------
    RosterError
        An address is not opened by any key, so that none may be dropped.
    """
    rows = connection.execute(select(person).order_by(person.c.ref)).all()
    for row in rows:
        try:
            addresses = _addresses(keyring, row)
        except _Shut as shut:
            raise RosterError(
                f"{row.ref}: {shut} is opened by no key, so none is dropped"
            ) from None
        sealed = _sealed(keyring, row.ref, addresses)
        connection.execute(update(person).where(person.c.ref == row.ref).values(**sealed))
    return len(rows)


class _Shut(Exception):
    """An address that no key opens, by the name of its field."""


def _is_made(connection: Connection) -> bool:
    if not inspect(connection).has_table(tables.version.name):
        return False
    schema = connection.execute(select(func.max(tables.version.c.schema))).scalar_one()
    if schema != tables.SCHEMA:
        raise RosterError(f"{PEOPLE} has the schema {schema}; this version has {tables.SCHEMA}")
    return True


def _refuse_open(url: str) -> None:
    where = make_url(url)
    if where.get_backend_name() == "sqlite" and where.database:
        refuse_open(Path(where.database))


def read_within(connection: Connection, home: Path) -> Stored:
    """Return what is kept of people, in the caller's transaction."""
    away = connection.execute(select(tables.absence).order_by(tables.absence.c.begins)).all()
    absences = tuple(Absence(r.ref, from_us(r.begins), from_us(r.ends), r.deputy) for r in away)
    rows = connection.execute(select(person).order_by(person.c.place)).all()
    if not rows:
        return Stored(absences=absences)
    keyring = Keyring.load(home)
    people: list[Raw] = []
    shut: list[tuple[str, str]] = []
    for row in rows:
        try:
            if row.removed_at is None:
                people.append(_raw(keyring, row))
        except _Shut as field_name:
            shut.append((row.ref, str(field_name)))
    versions = {row.ref: row.version for row in rows if row.removed_at is None}
    return Stored(tuple(people), tuple(shut), absences, versions)


def _row(keyring: Keyring, raw: Raw) -> dict[str, Any]:
    webhook = raw.get("webhook")
    addresses = {kind: raw[kind.value] for kind in Kind if raw.get(kind.value) is not None}
    if webhook is not None:
        addresses[Kind.WEBHOOK] = json.dumps(webhook)
    row = {name: raw.get(name) for name in PLAIN}
    row |= {name: json.dumps(list(raw.get(name, ()))) for name in LISTS}
    row["exercise"] = int(raw.get("exercise", False))
    return row | _sealed(keyring, raw["ref"], addresses)


def _sealed(keyring: Keyring, ref: str, addresses: Mapping[Kind, str]) -> dict[str, str | None]:
    row: dict[str, str | None] = {}
    for kind in Kind:
        address = addresses.get(kind)
        sealed = None if address is None else keyring.seal(kind, ref, address)
        row |= {kind.value: sealed, f"{kind.value}_index": None}
        if address is not None:
            looked_up = json.loads(address)["url"] if kind is Kind.WEBHOOK else address
            row[f"{kind.value}_index"] = keyring.index(kind, looked_up)
    return row


def _raw(keyring: Keyring, row: Row[Any]) -> Raw:
    raw = {name: getattr(row, name) for name in PLAIN if getattr(row, name) is not None}
    raw |= {name: json.loads(getattr(row, name)) for name in LISTS}
    addresses = _addresses(keyring, row)
    raw |= {kind.value: text for kind, text in addresses.items()}
    if Kind.WEBHOOK in addresses:
        raw["webhook"] = json.loads(addresses[Kind.WEBHOOK])
    return raw | {"exercise": bool(row.exercise)}


def _addresses(keyring: Keyring, row: Row[Any]) -> dict[Kind, str]:
    found = {}
    for kind in Kind:
        sealed = getattr(row, kind.value)
        try:
            if sealed is not None:
                found[kind] = keyring.open(kind, row.ref, sealed)
        except Unsealed:
            raise _Shut(kind.value) from None
    return found
