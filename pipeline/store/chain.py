"""The tables that the chain of migrations makes: all that is ours in a database, and no more.

Asked of the chain and not of the code's metadata, which lacks the tables of rooms that nobody has
imported; and not of a database, which Airflow may share.
"""

from __future__ import annotations

from sqlalchemy import MetaData, Table, create_engine
from sqlalchemy.pool import StaticPool

from pipeline.database import VERSION_TABLE, migrate_within


def tables(revision: str = "head") -> tuple[Table, ...]:
    """Return the tables of a revision of the schema, by name."""
    scratch = create_engine("sqlite://", poolclass=StaticPool)
    found = MetaData()
    try:
        with scratch.begin() as connection:
            migrate_within(connection, revision)
            found.reflect(connection)
    finally:
        scratch.dispose()
    return tuple(table for name, table in sorted(found.tables.items()) if name != VERSION_TABLE)
