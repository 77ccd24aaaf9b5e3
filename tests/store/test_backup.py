"""A backup restored is the same store, on whichever of the two databases."""

import threading
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine, insert, select

from pipeline import backup, database
from pipeline.database import reading
from pipeline.errors import BackupError, DatabaseInUse
from pipeline.instants import to_us
from pipeline.observation import KnownBasis
from pipeline.store import archive, chain, cycles, table_stream
from pipeline.store.batches import append, load
from pipeline.store.tables import batch as log
from pipeline.store.tables import payload as raw
from pipeline.world import live
from tests.databases import schema_of_its_own
from tests.property.test_store_laws import LAST, LOGS, Payload, at, compacted, loaded, taken
from tests.services import require
from tests.store.samples import HOUR, NOON, batch, payload, rain, stage


def held(connection) -> None:
    """Hold nothing: the ledger is not this test's subject."""


@contextmanager
def empty(kind: str, folder: Path):
    """Give a database that was never used."""
    if kind == "sqlite":
        engine = database.connect(f"sqlite:///{folder}/other.db")
        yield engine
        engine.dispose()
        return
    require("postgresql")
    with schema_of_its_own() as url:
        engine = database.connect(url)
        yield engine
        engine.dispose()


def rows(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables of ours, whatever their order."""
    with reading(engine) as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in chain.tables()
        }


def filled(engine: Engine) -> None:
    with engine.begin() as connection:
        archive.keep(connection, payload(), stored_at=NOON)
        append(connection, batch(stage(1.5), stage(None, NOON - HOUR), rain([1.0] * 6)))
        cycles.open_cycle(connection, live("test"), NOON, NOON)


def digest(engine: Engine) -> str:
    with reading(engine) as connection:
        start, end = NOON - 24 * HOUR, NOON + HOUR
        found = load(connection, site="test", start=start, end=end, known_before=None)
    return found.at(None, start, end).sha256


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_restored_on_either_database_it_is_row_for_row_the_same(engine, tmp_path, kind) -> None:
    filled(engine)
    file = tmp_path / "backup.zip"
    manifest = backup.back_up(engine, file, now=NOON)
    with empty(kind, tmp_path) as other:
        assert backup.restore(other, file, hold=held) == manifest
        assert rows(other) == rows(engine)
        assert digest(other) == digest(engine)
        again = tmp_path / "again.zip"
        assert backup.back_up(other, again, now=NOON).rows == manifest.rows


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(payloads=LOGS)
def test_every_window_reads_the_same_bytes_at_every_cutoff(
    engine: Engine, tmp_path: Path, payloads: list[Payload]
) -> None:
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    site = folder.name + "x" * 8
    taken(engine, site, payloads, KnownBasis.SOURCE)
    if len(payloads) % 2:
        compacted(engine, site)
    backup.back_up(engine, folder / "backup.zip", now=NOON)
    kind = "postgresql" if engine.dialect.name == "sqlite" else "sqlite"
    with empty(kind, folder) as other:
        backup.restore(other, folder / "backup.zip", hold=held)
        there, here = loaded(other, site), loaded(engine, site)
    for known in range(-1, LAST + 1):
        assert at(there, known).sha256 == at(here, known).sha256


def test_every_table_of_the_chain_has_a_place_in_a_backup() -> None:
    names = {table.name for table in chain.tables()}
    assert set(database.metadata.tables) <= names
    assert all(len(table_stream.schema(table)) for table in chain.tables())


def test_it_holds_one_instant_although_writers_go_on(engine, tmp_path, monkeypatch) -> None:
    filled(engine)
    there = threading.Event()
    plain = table_stream.write

    def slow(connection, table, sink):
        if table.name == "payload":
            # Batches are written before payloads: what comes between is in neither.
            with engine.begin() as writer:
                values = {"media_type": "x", "size_bytes": 1, "content": b"", "stored_at": 1}
                writer.execute(insert(raw).values(sha256="late", **values))
                append(writer, batch(stage(9.0), known_at=NOON + HOUR, payload="b"))
            there.set()
        return plain(connection, table, sink)

    monkeypatch.setattr(table_stream, "write", slow)
    file = tmp_path / "backup.zip"
    manifest = backup.back_up(engine, file, now=NOON)
    assert there.is_set()
    assert manifest.tables["payload"].rows == 1
    assert manifest.tables["batch"].rows == len(rows(engine)["batch"]) - 1


def test_only_its_owner_can_read_it_and_no_part_is_left(engine, tmp_path) -> None:
    file = tmp_path / "backup.zip"
    backup.back_up(engine, file, now=NOON)
    assert file.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".*.part"))


def test_a_database_that_holds_anything_is_not_written_over(engine, tmp_path) -> None:
    filled(engine)
    file = tmp_path / "backup.zip"
    backup.back_up(engine, file, now=NOON)
    before = rows(engine)
    with pytest.raises(DatabaseInUse, match="batch"):
        backup.restore(engine, file, hold=held)
    assert rows(engine) == before


def test_a_byte_that_changed_is_found_before_anything_is_written(engine, tmp_path) -> None:
    filled(engine)
    file = tmp_path / "backup.zip"
    backup.back_up(engine, file, now=NOON)
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(forged, "w") as new:
        for name in old.namelist():
            content = bytearray(old.read(name))
            if name == "tables/batch.arrow":
                content[len(content) // 2] ^= 1
            new.writestr(name, bytes(content))
    with empty("sqlite", tmp_path) as other:
        with pytest.raises(BackupError, match="batch is not what was written"):
            backup.restore(other, forged, hold=held)
        with other.connect() as connection:
            assert database.revision(connection) is None


def test_a_cut_or_foreign_file_is_no_backup(engine, tmp_path) -> None:
    file = tmp_path / "backup.zip"
    backup.back_up(engine, file, now=NOON)
    cut, foreign = tmp_path / "cut.zip", tmp_path / "foreign.zip"
    cut.write_bytes(file.read_bytes()[:-40])
    with zipfile.ZipFile(foreign, "w") as archive_of_another:
        archive_of_another.writestr("readme.txt", "hello")
    with empty("sqlite", tmp_path) as other:
        for wrong in (cut, foreign):
            with pytest.raises(BackupError):
                backup.restore(other, wrong, hold=held)


def test_a_backup_of_an_older_schema_is_migrated_and_of_a_newer_one_refused(
    engine, tmp_path, monkeypatch
) -> None:
    old = database.revisions()[-2]
    with empty("sqlite", tmp_path) as before:
        with before.begin() as connection:
            database.migrate_within(connection, old)
            connection.execute(insert(raw).values(
                sha256="a", media_type="x", size_bytes=1, content=b"\x00", stored_at=to_us(NOON)
            ))  # fmt: skip
        file = tmp_path / "backup.zip"
        assert backup.back_up(before, file, now=NOON).revision == old
    (tmp_path / "new").mkdir()
    with empty("sqlite", tmp_path / "new") as other:
        monkeypatch.setattr(backup, "revisions", lambda: ())
        with pytest.raises(BackupError, match="newer"):
            backup.restore(other, file, hold=held)
        monkeypatch.undo()
        backup.restore(other, file, hold=held)
        with reading(other) as connection:
            assert database.revision(connection) == database.revisions()[-1]
            assert connection.execute(select(raw.c.content)).scalar_one() == b"\x00"
            assert connection.execute(select(log)).all() == []
