"""The database: one engine, one metadata, one migration chain, for SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    ExceptionContext,
    Executable,
    FromClause,
    MetaData,
    String,
    Table,
    and_,
    column,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    table,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from pipeline.errors import StoreUnavailable
from pipeline.world import World

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = [
    "Connection",
    "Engine",
    "SQLAlchemyError",
    "batched",
    "connect",
    "exists",
    "give_back",
    "insert_absent",
    "is_newest",
    "metadata",
    "migrate",
    "migrate_within",
    "named",
    "newest",
    "private_folder",
    "reading",
    "revision",
    "revisions",
    "server_clock",
    "size_bytes",
    "within",
    "world_columns",
]

AT_A_TIME = 5000
BUSY_TIMEOUT_S = 30
Key = TypeVar("Key")
SWITCH_ATTEMPTS = 20
VERSION_TABLE = "floodwarn_alembic_version"
"""Our own name: Airflow keeps its `alembic_version` in a database that we may share."""

UNAVAILABLE = {
    sqlite3.SQLITE_BUSY: "is locked by another process",
    sqlite3.SQLITE_LOCKED: "is locked by another process",
    sqlite3.SQLITE_FULL: "is full",
    sqlite3.SQLITE_IOERR: "cannot be read or written: its disk is full or failing",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
}
"""By SQLite's primary result code; its other operational errors are faults of our own."""

PRIMARY = 0xFF
MIGRATION_LOCK = 0x666C6F6F64
READ_ONLY = "floodwarn_read_only"

MIGRATIONS: Final = Path(__file__).parent / "migrations"
MEMORY = ":memory:"
metadata = MetaData()


def world_columns() -> list[Column[str]]:
    """Return the columns by which a row of a table names its world, first of its key."""
    return [
        Column("site", String(64), primary_key=True),
        Column("mode", String(16), primary_key=True),
        Column("world_id", String(80), primary_key=True),
    ]


def within(table: FromClause, world: World) -> ColumnElement[bool]:
    """Return the condition that a row of `table` belongs to `world`."""
    return _within(table, world) if isinstance(table, Table) else _of_world(table, world)


@lru_cache(maxsize=256)
def _within(table: Table, world: World) -> ColumnElement[bool]:
    """Return it, built once: nearly every statement has it."""
    return _of_world(table, world)


def _of_world(table: FromClause, world: World) -> ColumnElement[bool]:
    return and_(*(table.c[name] == value for name, value in named(world).items()))


def named(world: World) -> dict[str, str]:
    """Return the columns that name a row's world."""
    return {"site": world.site, "mode": world.mode.value, "world_id": world.world_id}


def connect(url: str) -> Engine:
    """Return an engine whose transactions are safe beside other writers.

    On SQLite: WAL, full synchronisation, foreign keys, and every transaction opened with
    BEGIN IMMEDIATE, because a deferred read-then-write fails under concurrency in spite of the
    busy timeout (docs/adr/0002). A new file is its owner's alone: orders, references and
    acknowledgements stand in it, and SQLite gives its journals the same mode. On both, a database
    that is full, locked or lost is a `StoreUnavailable`, wherever it is used.
    """
    if make_url(url).get_backend_name() != "sqlite":
        engine = create_engine(url, pool_pre_ping=True)
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "handle_error", _unavailable)
        return engine
    database = make_url(url).database
    if database and database != MEMORY:
        _private_file(Path(database))
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "handle_error", _unavailable)
    return engine


def exists(url: str) -> bool:
    """Tell whether there is a database to connect to; a server is taken to have its own."""
    where = make_url(url)
    return where.get_backend_name() != "sqlite" or Path(where.database or MEMORY).is_file()


def is_newest(connection: Connection) -> bool:
    """Tell whether the database has the newest schema."""
    return revision(connection) == newest()


def private_folder(folder: Path) -> None:
    """Make a folder that its owner alone can enter; one that is there keeps its mode."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def migrate(engine: Engine) -> None:
    """Bring the database to the newest schema; safe to run again, and by many at once.

    A database that is there already is left in peace, and the chain unread: every start asks.
    """
    with reading(engine) as connection:
        if is_newest(connection):
            return
    with engine.begin() as connection:
        migrate_within(connection)


def migrate_within(connection: Connection, to: str = "head") -> None:
    """Bring the database up to a revision of the schema, in the caller's transaction."""
    from alembic import command

    config = _chain()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def revision(connection: Connection) -> str | None:
    """Return the revision of the database's schema; None where it was never migrated."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version = table(VERSION_TABLE, column("version_num", String))
    return connection.execute(select(version.c.version_num)).scalar_one_or_none()


@cache
def newest() -> str:
    """Return the newest revision of the chain: a step's file is named for it."""
    return max(step.name for step in MIGRATIONS.glob("versions/[0-9]*.py")).partition("_")[0]


def revisions() -> tuple[str, ...]:
    """Return the revisions of the chain, oldest first."""
    from alembic.script import ScriptDirectory

    chain = ScriptDirectory.from_config(_chain())
    return tuple(script.revision for script in chain.walk_revisions())[::-1]


def size_bytes(connection: Connection) -> int:
    """Return what the database takes of the disk; on PostgreSQL whatever else lies in it too."""
    asked = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        "postgresql": "SELECT pg_database_size(current_database())",
    }[connection.dialect.name]
    return int(connection.exec_driver_sql(asked).scalar_one())


def server_clock(connection: Connection) -> datetime | None:
    """Return the present instant of the server's clock; None of a file, which has none."""
    if connection.dialect.name == "sqlite":
        return None
    told: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return told


def give_back(engine: Engine, tables: Sequence[Table]) -> None:
    """Give the room of deleted rows back: on SQLite to the disk, while writers wait.

    On PostgreSQL to later rows of those tables, and nobody waits.
    """
    is_postgresql = engine.dialect.name == "postgresql"
    quoted = engine.dialect.identifier_preparer.format_table
    named = " " + ", ".join(map(quoted, tables)) if is_postgresql else ""
    # Outside of any transaction, which no event of the engine's may open.
    raw = engine.raw_connection()
    try:
        if is_postgresql:
            cast(Any, raw.driver_connection).autocommit = True
        raw.cursor().execute(f"VACUUM{named}")
    finally:
        raw.invalidate()
        raw.close()


def _chain() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open one consistent snapshot for reading; it never holds up a writer and cannot write."""
    options: dict[str, Any] = {READ_ONLY: True}
    if engine.dialect.name == "postgresql":
        # READ COMMITTED would give every statement a snapshot of its own.
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def batched(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """Yield keys, as many at a time as one statement may name: PostgreSQL takes 65,535 parameters.

    That is of keys of up to a dozen columns.
    """
    return (keys[start : start + AT_A_TIME] for start in range(0, len(keys), AT_A_TIME))


def insert_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows whose primary key is not there yet; return how many were new.

    Rows go in the order given: writers that give the same order cannot deadlock.
    """
    if not rows:
        return 0
    statement = _insert_absent(table, connection.dialect.name)
    # Of a list of one row the driver of PostgreSQL would make a pipeline.
    return connection.execute(statement, rows[0] if len(rows) == 1 else list(rows)).rowcount


@lru_cache
def _insert_absent(table: Table, dialect: str) -> Executable:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    # Without the option SQLAlchemy keeps the count of updates and deletes only.
    return insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


def _unavailable(context: ExceptionContext) -> None:
    """Name what a later call may find mended; the words of the driver may quote rows.

    Raises
    ------
    StoreUnavailable
        The database is full, locked or out of reach.
    """
    if context.is_pre_ping or not isinstance(
        context.sqlalchemy_exception, (OperationalError, InterfaceError)
    ):
        return
    cause = context.original_exception
    if not isinstance(cause, sqlite3.Error):
        state = getattr(cause, "sqlstate", None) or "no answer"
        raise StoreUnavailable(f"the database cannot be used ({state})") from cause
    why = UNAVAILABLE.get(getattr(cause, "sqlite_errorcode", 0) & PRIMARY)
    if why is None and _has_ended(context.connection):
        why = "ended the transaction"
    if why is not None:
        raise StoreUnavailable(f"the database {why}") from cause


def _has_ended(connection: Connection | None) -> bool:
    # A full SQLite takes the whole transaction back, and a savepoint with it: what came after
    # would be written outside of any.
    if connection is None:
        return False
    driver: Any = connection.connection.driver_connection
    return not driver.in_transaction


def _private_file(path: Path) -> None:
    private_folder(path.parent)
    if not path.exists():
        path.touch(mode=0o600)


def _prepare_postgresql(connection: Any, _record: Any) -> None:  # noqa: ANN401 - DBAPI objects
    # A lock that is never given back must not hold up a cycle for ever.
    connection.autocommit = True
    connection.execute(f"SET lock_timeout = '{BUSY_TIMEOUT_S}s'")
    connection.autocommit = False


def _prepare_sqlite(connection: Any, _record: Any) -> None:  # noqa: ANN401 - DBAPI objects
    # The driver must not open transactions of its own: ours begin IMMEDIATE.
    connection.isolation_level = None
    cursor = connection.cursor()
    _write_ahead(cursor)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_ahead(cursor: Any) -> None:  # noqa: ANN401 - DBAPI object
    # SQLite does not wait when many open a new file at once and each would switch its journal:
    # measured, 1 of 480 failed. Taking the write lock waits for the others.
    for _ in range(SWITCH_ATTEMPTS):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("ROLLBACK")
        else:
            return
    cursor.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get(READ_ONLY, False):
        # Safe to leave on: NullPool gives no connection to a second user.
        connection.exec_driver_sql("PRAGMA query_only=ON")
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
