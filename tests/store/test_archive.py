"""Raw bytes are kept once, by their content, as they came."""

import hashlib

import pytest
from sqlalchemy import Engine, func, select

from pipeline import database
from pipeline.errors import NotKept
from pipeline.instants import to_us
from pipeline.store import archive, tables
from tests.store.samples import HOUR, NOON, payload


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", bytes(range(256)) * 100])
def test_bytes_come_back_as_they_came(engine: Engine, content: bytes) -> None:
    with engine.begin() as connection:
        sha256 = archive.keep(connection, payload(content), stored_at=NOON)
    assert sha256 == hashlib.sha256(content).hexdigest()
    with database.reading(engine) as connection:
        assert archive.content(connection, sha256) == content


def test_the_same_bytes_are_kept_once_with_their_first_time(engine: Engine) -> None:
    for stored_at in (NOON, NOON + HOUR):
        with engine.begin() as connection:
            archive.keep(connection, payload(), stored_at=stored_at)
    with database.reading(engine) as connection:
        kept = connection.execute(
            select(tables.payload.c.stored_at, func.count()).group_by(tables.payload.c.stored_at)
        ).all()
    assert kept == [(to_us(NOON), 1)]


def test_bytes_never_kept_are_said_to_be_so(engine: Engine) -> None:
    with database.reading(engine) as connection, pytest.raises(NotKept, match="0000"):
        archive.content(connection, "0" * 64)
