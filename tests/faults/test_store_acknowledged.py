"""Of ten thousand acknowledged writes none is lost, whoever is killed in the middle of them."""

import random
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from pipeline import database
from pipeline.store import archive
from pipeline.store.tables import fetch
from pipeline.store.tables import payload as payloads
from tests.faults.acknowledged import (
    WRITERS,
    noted,
    payload,
    read,
    start_compaction,
    start_writer,
)

WRITES = 10_000
KILLS = 24
FINISHED_WITHIN = 600
"""Seconds; ten thousand acknowledged writes, each on the disk, take a slow machine minutes."""


class Shift:
    """Four writers at work beside a compaction; whoever is killed is followed by another."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.notes = [folder / f"{writer}.notes" for writer in range(WRITERS)]
        self.starts: list[Callable[[], BaseProcess]] = [
            *(lambda writer=writer: self._writer(writer) for writer in range(WRITERS)),
            lambda: start_compaction(url),
        ]
        self.at_work = [start() for start in self.starts]

    def _writer(self, writer: int) -> BaseProcess:
        done = noted(self.notes[writer])
        share = [n for n in range(writer, WRITES, WRITERS) if n not in done]
        return start_writer(self.url, share, self.notes[writer])

    def kill(self, place: int) -> bool:
        """Kill one and start its follower; tell whether it was at work."""
        process = self.at_work[place]
        at_work = process.is_alive()
        process.kill()
        process.join()
        self.at_work[place] = self.starts[place]()
        return at_work

    def end(self) -> None:
        """Let the writers write to their end."""
        *writers, compaction = self.at_work
        for writer in writers:
            writer.join(FINISHED_WITHIN)
            assert writer.exitcode == 0
        assert compaction.is_alive(), "the compaction failed"
        compaction.kill()
        compaction.join()


@pytest.mark.timeout(900)
def test_no_acknowledged_write_is_lost_by_sigkill_beside_readers_and_a_compaction(
    engine: Engine, engine_url: str, tmp_path: Path
) -> None:
    chance = random.Random(1)
    shift, killed = Shift(engine_url, tmp_path), 0
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.2, 1.0))
        before = [noted(notes) for notes in shift.notes]
        killed += shift.kill(chance.randrange(WRITERS + 1))
        acknowledged = set().union(*before)
        assert acknowledged <= set(read(engine, 0, WRITES)), "an acknowledged write is gone"
    shift.end()
    assert killed > KILLS // 2, "the kills fell on nobody: the test proved nothing"
    assert set().union(*map(noted, shift.notes)) == set(range(WRITES))
    expect_every_write(engine)


def expect_every_write(engine: Engine) -> None:
    """Expect each payload with its bytes, its row and its fetch, once."""
    assert read(engine, 0, WRITES) == {number: float(number) for number in range(WRITES)}
    with database.reading(engine) as connection:
        for number in range(WRITES):
            one = payload(number)
            assert archive.content(connection, one.sha256) == one.content
        for table in (payloads, fetch):
            assert (
                connection.execute(select(func.count()).select_from(table)).scalar_one() == WRITES
            )
