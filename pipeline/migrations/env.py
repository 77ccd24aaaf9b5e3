"""Alembic's entry: runs the chain inside the transaction that `pipeline.database` opened."""

from __future__ import annotations

from alembic import context

from pipeline.database import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
