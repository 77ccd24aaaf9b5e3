"""Our side of a comparison: the batch log, by its real entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.bench.made import SITE
from pipeline.database import Engine, reading
from pipeline.store import batches
from pipeline.store.batches import Incoming
from pipeline.store.rows import Points


@dataclass(frozen=True, slots=True)
class BatchLog:
    """The log of one database."""

    engine: Engine

    def append(self, payload: Incoming) -> None:
        """Append one payload in a transaction of its own."""
        with self.engine.begin() as connection:
            batches.append(connection, payload)

    def read(self, start: datetime, end: datetime, cutoff: datetime) -> Points:
        """Return what was known at the cutoff of start < valid_time <= end."""
        with reading(self.engine) as connection:
            held = batches.load(connection, site=SITE, start=start, end=end, known_before=cutoff)
        return held.at(cutoff, start, end).points
