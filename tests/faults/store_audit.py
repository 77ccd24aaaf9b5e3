"""What a store holds, counted and read, to be compared with what it should."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from pipeline import database
from pipeline.store import archive
from pipeline.store.batches import load
from pipeline.store.tables import batch, fetch, payload
from tests.faults import store_writer
from tests.store.samples import HOUR, NOON


@dataclass(frozen=True)
class Contents:
    """Counts of rows, the digest of what is read, and the payloads that came back as they came."""

    payloads: frozenset[int]
    fetches: int
    batches: int
    rows: int
    sha256: str


def contents(engine: Engine, n: int) -> Contents:
    """Audit a store that took some of the payloads 0 to n-1."""
    with database.reading(engine) as connection:
        kept = set(connection.execute(select(payload.c.sha256)).scalars())
        numbers = [i for i in range(n) if store_writer.payload(i).sha256 in kept]
        for i in numbers:
            original = store_writer.payload(i)
            assert archive.content(connection, original.sha256) == original.content
        assert len(numbers) == len(kept)
        everything = load(
            connection,
            site="test",
            start=NOON - 5 * HOUR,
            end=NOON + n * HOUR,
            known_before=None,
        )
        counts = [
            connection.execute(select(what)).scalar_one()
            for what in (
                func.count(fetch.c.fetch_id),
                func.count(batch.c.hour),
                func.coalesce(func.sum(batch.c.n_rows), 0),
            )
        ]
    known = everything.at(None, NOON - 5 * HOUR, NOON + n * HOUR)
    return Contents(frozenset(numbers), counts[0], counts[1], int(counts[2]), known.sha256)
