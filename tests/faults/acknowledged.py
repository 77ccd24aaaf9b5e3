"""Processes that write and read at once, and note each write once it is acknowledged.

A note outlives its process: it is with the operating system before the next write begins.
"""

from __future__ import annotations

import multiprocessing
import os
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import pandas as pd  # noqa: F401 - pyarrow would load it at its first write, in each process
from sqlalchemy import Engine

from pipeline import database
from pipeline.instants import MICROSECOND, to_us
from pipeline.observation import Decoded, KnownBasis, RawPayload
from pipeline.store import archive
from pipeline.store.batches import Incoming, append, load
from pipeline.store.compaction import compact
from pipeline.store.fetches import FetchRecord, FetchStatus, record
from pipeline.world import live
from tests.store.samples import HOUR, MINUTE, NOON, stage

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([__name__])

APART = timedelta(minutes=6)
WRITERS = 4
READ_EVERY = 40


def payload(number: int) -> RawPayload:
    return RawPayload("river", "file", NOON, f"payload {number}".encode(), "text/plain")


def take(engine: Engine, number: int) -> None:
    """Take one payload into the store as `observe` does, in one transaction."""
    at = NOON + number * APART
    with engine.begin() as connection:
        sha256 = archive.keep(connection, payload(number), stored_at=at)
        incoming = Incoming(
            site="test",
            feed_id="river",
            basis=KnownBasis.SOURCE,
            known_at=at + MINUTE,
            payload_sha256=sha256,
            stored_at=at,
            decoded=Decoded((stage(float(number), at),)),
        )
        append(connection, incoming)
        fetched = FetchRecord(
            world=live("test"),
            feed_id="river",
            started_at=at,
            ended_at=at,
            status=FetchStatus.OK,
            payload_sha256=sha256,
        )
        record(connection, fetched)


def read(engine: Engine, first: int, last: int) -> dict[int, float]:
    """Return the value of each payload from the first to the last that is in the store."""
    start, end = NOON + first * APART - MINUTE, NOON + last * APART
    with database.reading(engine) as connection:
        held = load(connection, site="test", start=start, end=end, known_before=None)
    points = held.at(None, start, end).points
    apart, since = APART // MICROSECOND, points.valid_us - to_us(NOON)
    found = dict(zip((since // apart).tolist(), points.value.tolist(), strict=True))
    assert len(found) == len(points), "a reading was read twice"
    return found


def noted(notes: Path) -> set[int]:
    """Return the writes that a process noted as acknowledged."""
    return {int(line) for line in notes.read_text().split()} if notes.exists() else set()


def start_writer(url: str, share: list[int], notes: Path) -> BaseProcess:
    """Start a process that writes, and reads what was acknowledged."""
    return _started(_write, url, share, notes)


def start_compaction(url: str) -> BaseProcess:
    """Start a process that compacts again and again."""
    return _started(_compact, url)


def _started(target, *arguments: object) -> BaseProcess:
    process = processes.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def _write(url: str, share: list[int], notes: Path) -> None:
    engine = database.connect(url)
    with notes.open("ab", buffering=0) as file:
        for done, number in enumerate(share):
            take(engine, number)
            os.write(file.fileno(), b"%d\n" % number)
            if done % READ_EVERY == 0:
                span = share[max(0, done - READ_EVERY) : done + 1]
                found = read(engine, span[0], span[-1])
                assert {n: float(n) for n in span}.items() <= found.items()


def _compact(url: str) -> None:
    engine = database.connect(url)
    while True:
        with engine.begin() as connection:
            compact(connection, site="test", before=NOON + 2000 * HOUR, stored_at=NOON)
