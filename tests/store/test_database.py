"""Transactions are safe beside other writers, on SQLite as on PostgreSQL."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, exc, inspect, text

from pipeline import database, settings
from pipeline.store.tables import payload
from tests.store import processes

ROW = {"media_type": "text/plain", "size_bytes": 0, "content": b"", "stored_at": 0}


def count(engine: Engine) -> int:
    with database.reading(engine) as connection:
        return connection.execute(text("SELECT count(*) FROM payload")).scalar_one()


def insert(engine: Engine, *names: str) -> int:
    with engine.begin() as connection:
        return database.insert_absent(connection, payload, [{"sha256": n, **ROW} for n in names])


def test_four_processes_that_read_then_write_lose_nothing_and_meet_no_lock(
    engine: Engine, engine_url: str
) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    processes.ends_well(
        [processes.start("tests.store.counter", engine_url, "50") for _ in range(4)]
    )
    with database.reading(engine) as connection:
        assert connection.execute(text("SELECT n FROM counter")).scalar_one() == 200


def test_many_processes_may_migrate_an_empty_database_at_once(database_url: str) -> None:
    processes.ends_well([processes.start("tests.store.migrator", database_url) for _ in range(6)])
    engine = database.connect(database_url)
    assert inspect(engine).has_table("batch")
    engine.dispose()


def test_a_reading_cannot_write(engine: Engine) -> None:
    with pytest.raises(exc.DBAPIError), database.reading(engine) as connection:
        database.insert_absent(connection, payload, [{"sha256": "a", **ROW}])
    assert count(engine) == 0


def test_a_write_after_a_reading_is_not_read_only(engine: Engine) -> None:
    assert count(engine) == 0
    assert insert(engine, "a") == 1
    assert count(engine) == 1


def test_a_reading_is_one_snapshot_and_holds_up_no_writer(engine: Engine) -> None:
    with database.reading(engine) as connection:
        before = connection.execute(text("SELECT count(*) FROM payload")).scalar_one()
        assert insert(engine, "a") == 1
        after = connection.execute(text("SELECT count(*) FROM payload")).scalar_one()
    assert (before, after, count(engine)) == (0, 0, 1)


def test_a_writer_holds_up_no_reading(engine: Engine) -> None:
    with engine.begin() as connection:
        database.insert_absent(connection, payload, [{"sha256": "a", **ROW}])
        assert count(engine) == 0
    assert count(engine) == 1


def test_a_second_writer_of_one_row_waits_for_the_first(engine: Engine) -> None:
    waiting = threading.Thread(target=insert, args=(engine, "a"))
    with engine.begin() as connection:
        database.insert_absent(connection, payload, [{"sha256": "a", **ROW}])
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
    waiting.join(30)
    assert not waiting.is_alive()
    assert count(engine) == 1


def test_a_transaction_that_fails_leaves_nothing(engine: Engine) -> None:
    twice = [{"sha256": "a", **ROW}] * 2
    with pytest.raises(exc.IntegrityError), engine.begin() as connection:
        connection.execute(payload.insert(), twice)
    assert count(engine) == 0


def test_only_absent_rows_are_inserted_and_counted(engine: Engine) -> None:
    assert insert(engine) == 0
    assert insert(engine, "a", "b") == 2
    assert insert(engine, "b", "c", "d") == 2
    assert insert(engine, "a", "b", "c", "d") == 0
    assert count(engine) == 4


def test_sqlite_keeps_a_full_write_ahead_log(tmp_path: Path) -> None:
    with database.connect(f"sqlite:///{tmp_path}/floodwarn.db").connect() as connection:
        kept = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert kept == ["wal", 2, 1, database.BUSY_TIMEOUT_S * 1000]


def test_a_home_of_any_name_holds_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLOODWARN_DATABASE_URL", raising=False)
    home = tmp_path / "a home? %20 of 100% #1"
    engine = database.connect(settings.from_environment(home=home).database_url)
    database.migrate(engine)
    assert (home / "floodwarn.db").is_file()
