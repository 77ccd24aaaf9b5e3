"""Door: old days of the log rewritten as segments, one short transaction a day."""

from __future__ import annotations

from datetime import datetime

from pipeline.database import Engine, reading
from pipeline.store import compaction
from pipeline.store.compaction import Compacted

__all__ = ["Compacted", "compact"]


def compact(engine: Engine, site: str, *, before: datetime, now: datetime) -> Compacted:
    """Rewrite the batches of points of all days that ended by `before`; no reading changes.

    Writers wait for a day at most; what is done by then stays done if the next day fails.
    """
    with reading(engine) as connection:
        ends = compaction.pending(connection, site=site, before=before)
    batches = segments = 0
    for end in ends:
        with engine.begin() as connection:
            done = compaction.compact(connection, site=site, before=end, stored_at=now)
        batches, segments = batches + done.batches, segments + done.segments
    return Compacted(batches, segments)
