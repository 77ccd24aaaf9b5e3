"""A writer killed at any moment leaves each payload whole or absent; run again, all are there."""

import random
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pipeline import database
from tests.faults.store_audit import Contents, contents
from tests.faults.store_writer import start, take_all

N = 120
EVERY = list(range(N))
KILLS = 12
FIRST_S = 0.1
"""A kill falls within so long of the beginning; within longer where nothing was written by then."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """What a store holds that nobody disturbed."""
    folder: Path = tmp_path_factory.mktemp("undisturbed")
    engine = database.connect(f"sqlite:///{folder}/floodwarn.db")
    database.migrate(engine)
    take_all(engine, EVERY)
    return contents(engine, N)


def expect_each_whole_or_absent(found: Contents) -> None:
    # Four batches a payload: two hours of one station, one of another, one grid.
    n = len(found.payloads)
    assert (found.fetches, found.batches, found.rows) == (n, 4 * n, 4 * n)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_payload_is_lost_halved_or_doubled_by_sigkill(
    engine: Engine, engine_url: str, whole: Contents, seed: int
) -> None:
    chance = random.Random(seed)
    inside, within_s = 0, FIRST_S
    for _ in range(KILLS):
        before = contents(engine, N)
        writer = start(engine_url, EVERY)
        time.sleep(chance.uniform(0.0, within_s))
        writer.kill()
        writer.join()
        found = contents(engine, N)
        expect_each_whole_or_absent(found)
        assert before.payloads <= found.payloads
        inside += before.payloads < found.payloads < whole.payloads
        if found.payloads == before.payloads:
            within_s *= 2
    last = start(engine_url, EVERY)
    last.join(60)
    assert last.exitcode == 0
    assert contents(engine, N) == whole
    assert inside > 0, "no kill fell into the writing: the test proved nothing"
