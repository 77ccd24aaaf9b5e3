"""An autumn of hourly grids and three rivers is stored, loaded and read within its budget.

Counted in seconds of this process's CPU, so that a busy machine fails nobody.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Engine

from pipeline import database
from pipeline.observation import (
    Decoded,
    GridGeometry,
    GridReading,
    KnownBasis,
    RawPayload,
    Reading,
)
from pipeline.store import archive
from pipeline.store.batches import Incoming, append, load
from pipeline.units import Variable
from tests.store.samples import HOUR, NOON

HOURS = 2952
GEOMETRY = GridGeometry("EPSG:2154", (1000.0, 0.0, 807000.0, 0.0, -1000.0, 6484000.0), (40, 40))
MONTH = timedelta(days=30)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


def autumn() -> list[tuple[str, RawPayload, Decoded]]:
    chance = np.random.default_rng(0)
    payloads = []
    for i in range(HOURS - 1):
        valid = NOON + i * HOUR
        wet = np.maximum(chance.normal(size=(40, 40)).round(1), 0).astype(np.float32)
        grid = GridReading("rain", Variable.RAIN, 3600, valid, wet, GEOMETRY, known_at=valid)
        raw = RawPayload("rain", "file", valid, wet.tobytes(), "image/tiff")
        payloads.append(("rain", raw, Decoded(grids=(grid,))))
    for river in ("q1", "q2", "q3"):
        times = [NOON + i * HOUR for i in range(HOURS)]
        rows = [Reading(river, Variable.DISCHARGE, 0, t, t.hour / 7, known_at=t) for t in times]
        raw = RawPayload(river, "file", NOON, river.encode() * 20_000, "text/csv")
        payloads.append((river, raw, Decoded(readings=tuple(rows))))
    return payloads


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_whole_autumn_is_stored_loaded_and_read_within_its_budget(engine: Engine) -> None:
    payloads = autumn()
    with within(6), engine.begin() as connection:
        for feed_id, raw, decoded in payloads:
            sha256 = archive.keep(connection, raw, stored_at=NOON)
            assert sha256 == hashlib.sha256(raw.content).hexdigest()
            append(
                connection,
                Incoming(
                    site="test",
                    feed_id=feed_id,
                    basis=KnownBasis.DECLARED,
                    known_at=NOON,
                    payload_sha256=sha256,
                    stored_at=NOON,
                    decoded=decoded,
                ),
            )
    last = NOON + HOURS * HOUR
    with within(2), database.reading(engine) as connection:
        revisions = load(connection, site="test", start=NOON - HOUR, end=last, known_before=None)
    with within(3):
        for i in range(HOURS):
            slot = NOON + i * HOUR
            known = revisions.at(slot, slot - MONTH, slot)
    assert (len(known.grids), len(known.points)) == (719, 2160)
