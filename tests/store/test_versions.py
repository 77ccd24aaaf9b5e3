"""What a decision used stays readable after its files are gone."""

import hashlib

import pytest
from sqlalchemy import Engine

from pipeline import database
from pipeline.errors import NotKept
from pipeline.store.versions import keep_version, version
from tests.store.samples import HOUR, NOON


def test_a_version_comes_back_by_its_hash_however_often_it_is_kept(engine: Engine) -> None:
    for stored_at in (NOON, NOON + HOUR):
        with engine.begin() as connection:
            sha256 = keep_version(connection, "risk", "test", b"[risk]", stored_at=stored_at)
    assert sha256 == hashlib.sha256(b"[risk]").hexdigest()
    with database.reading(engine) as connection:
        assert version(connection, "risk", sha256) == b"[risk]"


def test_a_version_is_of_one_kind(engine: Engine) -> None:
    with engine.begin() as connection:
        sha256 = keep_version(connection, "plan", "test", b"same", stored_at=NOON)
        with pytest.raises(NotKept, match="template"):
            version(connection, "template", sha256)
        assert keep_version(connection, "template", "test", b"same", stored_at=NOON) == sha256
        assert version(connection, "template", sha256) == b"same"
