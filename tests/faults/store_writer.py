"""A process that takes payloads into the store as `observe` does, and may be killed at any time."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event

import pandas as pd  # noqa: F401 - pyarrow would load it at its first write, in each process
from sqlalchemy import Connection, Engine

from pipeline import database
from pipeline.observation import KnownBasis, RawPayload
from pipeline.store import archive
from pipeline.store.batches import Incoming, append
from pipeline.store.fetches import FetchRecord, FetchStatus, record
from pipeline.world import live
from tests.store.samples import HOUR, MINUTE, NOON, batch, rain, stage

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([__name__])


def payload(number: int) -> RawPayload:
    return RawPayload("river", "file", NOON, f"payload {number}".encode(), "text/plain")


def incoming(number: int) -> Incoming:
    """Rows of three hours: a series, a grid, and a correction of the payload before."""
    now = NOON + number * HOUR
    rows = (
        stage(float(number), now),
        stage(number - 0.5, now - HOUR),
        stage(number / 7, now - 2 * HOUR, station_id="s2"),
        rain([number] * 6, now),
    )
    one = batch(*rows, known_at=now + MINUTE, basis=KnownBasis.SOURCE)
    return replace(one, payload_sha256=payload(number).sha256)


def take(connection: Connection, number: int) -> None:
    """Keep one payload, its rows and its fetch: all of them or none."""
    now = NOON + number * HOUR
    sha256 = archive.keep(connection, payload(number), stored_at=now)
    append(connection, incoming(number))
    fetched = FetchRecord(
        world=live("test"),
        feed_id="river",
        started_at=now,
        ended_at=now,
        status=FetchStatus.OK,
        payload_sha256=sha256,
    )
    record(connection, fetched)


def take_all(engine: Engine, numbers: list[int]) -> None:
    for number in numbers:
        with engine.begin() as connection:
            take(connection, number)


def start(url: str, numbers: list[int]) -> BaseProcess:
    """Start a writer of these payloads, one transaction each; return once it begins."""
    begins = processes.Event()
    process = processes.Process(target=_run, args=(url, numbers, begins))
    process.start()
    assert begins.wait(60)
    return process


def _run(url: str, numbers: list[int], begins: Event) -> None:
    engine = database.connect(url)
    begins.set()
    take_all(engine, numbers)
