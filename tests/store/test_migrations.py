"""One chain of migrations makes, on both databases, the tables that the code writes to."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

import alerts.tables
import pipeline.store.tables
from pipeline import database


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": database.VERSION_TABLE, "compare_type": True}
        )
        return compare_metadata(context, database.metadata)


def test_the_migrated_schema_is_that_of_the_metadata(engine: Engine) -> None:
    assert {pipeline.store.tables.batch, alerts.tables.delivery} <= set(
        database.metadata.tables.values()
    )
    assert differences(engine) == []


def test_primary_keys_are_those_of_the_metadata(engine: Engine) -> None:
    migrated = inspect(engine)
    for table in database.metadata.tables.values():
        key = migrated.get_pk_constraint(table.name)["constrained_columns"]
        assert key == [column.name for column in table.primary_key], table.name


def test_a_column_that_no_migration_made_is_seen(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE cycle ADD COLUMN planted INTEGER"))
    assert [change[0] for change in differences(engine)] == ["remove_column"]


def test_each_step_is_in_the_file_of_its_number() -> None:
    steps = sorted(step.name for step in database.MIGRATIONS.glob("versions/[0-9]*.py"))
    assert tuple(name.partition("_")[0] for name in steps) == database.revisions()
    assert database.newest() == database.revisions()[-1]


def test_a_database_that_is_behind_by_one_step_is_brought_up(database_url: str) -> None:
    engine = database.connect(database_url)
    with engine.begin() as connection:
        database.migrate_within(connection, database.revisions()[-2])
    database.migrate(engine)
    assert differences(engine) == []
    with database.reading(engine) as connection:
        assert database.revision(connection) == database.newest()
    engine.dispose()


def test_migrating_again_changes_nothing_and_keeps_the_rows(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO exercise (site, world_id, wall_start, flood_start, flood_end, speed)"
                " VALUES ('test', 'x', 1, 2, 3, 60)"
            )
        )
    database.migrate(engine)
    assert differences(engine) == []
    with database.reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM exercise")).scalar_one() == 1
