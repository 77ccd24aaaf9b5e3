"""Databases for tests: made once for each process, then copied or emptied for each test."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateSchema, DropSchema

from pipeline import database
from tests.services import POSTGRES

TABLES = "select tablename from pg_tables where schemaname = current_schema()"
SHAPE = """
select (select count(*) from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = s.oid and not a.attisdropped),
       (select count(*) from pg_constraint where connamespace = s.oid),
       (select count(*) from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace = s.oid)
from pg_namespace s where s.nspname = current_schema()
"""


def careless(engine: Engine) -> Engine:
    """Let an engine's transactions end without waiting for the disk: no machine loses its power."""
    setting = {
        "sqlite": "PRAGMA synchronous=OFF",
        "postgresql": "SET synchronous_commit = off",
    }[engine.dialect.name]

    def carelessly(connection, _record):
        connection.execute(setting)
        if engine.dialect.name == "postgresql":
            connection.commit()

    event.listen(engine, "connect", carelessly)
    return engine


@contextmanager
def schema_of_its_own() -> Iterator[str]:
    """Make an empty schema on the tests' PostgreSQL; give its address, and drop it at the end."""
    name = f"floodwarn_test_{uuid.uuid4().hex}"
    server = create_engine(POSTGRES, poolclass=NullPool)
    with server.begin() as connection:
        connection.execute(CreateSchema(name))
    try:
        url = make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={name}"})
        yield url.render_as_string(hide_password=False)
    finally:
        with server.begin() as connection:
            connection.execute(DropSchema(name, cascade=True))


class Schemas:
    """One migrated schema, emptied of its rows for each test; another where a test bent it."""

    def __init__(self) -> None:
        self.held = None

    def emptied(self) -> str:
        """Return the address of a schema of the newest revision that holds no row."""
        if self.held is not None and not self._emptied():
            self.close()
        if self.held is None:
            self.held = schema_of_its_own()
            self.url = self.held.__enter__()
            self.server = create_engine(self.url, poolclass=NullPool)
            database.migrate(self.server)
            with self.server.connect() as connection:
                self.shape = connection.execute(text(SHAPE)).one()
                tables = connection.execute(text(TABLES)).scalars().all()
            kept = [table for table in tables if table != database.VERSION_TABLE]
            self.empty = "; ".join(f'delete from "{table}"' for table in kept)
        return self.url

    def _emptied(self) -> bool:
        with self.server.begin() as connection:
            if connection.execute(text(SHAPE)).one() != self.shape:
                return False
            connection.exec_driver_sql(self.empty)
        return True

    def close(self) -> None:
        if self.held is not None:
            self.held.__exit__(None, None, None)
            self.held = None
