"""What a decision used stays readable after its files are gone."""

import hashlib

import pytest
from sqlalchemy import Engine

from pipeline import database
from pipeline.errors import NotKept
from pipeline.store.versions import beginning, keep_version, version
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


def test_the_first_digits_name_a_version_where_only_one_begins_so(engine: Engine) -> None:
    contents = [str(n).encode() for n in range(30)]
    hashes = [hashlib.sha256(content).hexdigest() for content in contents]
    with engine.begin() as connection:
        for content in contents:
            keep_version(connection, "plan", "test", content, stored_at=NOON)
        keep_version(connection, "template", "test", b"another", stored_at=NOON)
        for length in (1, 12, 64):
            for content, sha256 in zip(contents, hashes, strict=True):
                digits = sha256[:length]
                alike = sum(one.startswith(digits) for one in hashes)
                if alike == 1:
                    assert beginning(connection, "plan", digits) == content
                else:
                    with pytest.raises(NotKept, match=f"{alike} plan"):
                        beginning(connection, "plan", digits)
