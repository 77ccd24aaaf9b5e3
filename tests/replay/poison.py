"""Look-ahead made visible: every value that became known after a cutoff is set to 9,999."""

from datetime import datetime

import numpy as np
from sqlalchemy import select

from pipeline.database import Engine, reading
from pipeline.instants import HOUR, floor_to, to_us
from pipeline.observation import QcFlag
from pipeline.store import blob
from pipeline.store.blob import Kind
from pipeline.store.columns import StoredBatch
from pipeline.store.known import Revisions
from pipeline.store.tables import batch as log

POISON = 9999.0
COLUMNS = "feed_id", "known_at", "payload_sha256", "kind", "content", "part"


def poisoned(
    engine: Engine, site: str, start: datetime, end: datetime, cutoff: datetime
) -> Revisions:
    """Return the rows of a window; all that became known after `cutoff` say 9,999."""
    columns = [log.c[name] for name in COLUMNS]
    hours = to_us(floor_to(start, HOUR)), to_us(floor_to(end, HOUR))
    wanted = log.c.site == site, log.c.hour.between(*hours)
    with reading(engine) as connection:
        rows = [StoredBatch(*row) for row in connection.execute(select(*columns).where(*wanted))]
    after = to_us(cutoff)
    return Revisions.of([_poisoned(row) if row.known_us > after else row for row in rows])


def _poisoned(row: StoredBatch) -> StoredBatch:
    kind = Kind(row.kind)
    rows = [_false(kind, each) for each in blob.rows(kind, row.content)]
    return row._replace(content=blob.write(kind, rows))


def _false(kind: Kind, row: blob.Row) -> blob.Row:
    if kind is Kind.POINTS:
        return (*row[:-2], POISON, int(QcFlag.GOOD))
    cells = np.frombuffer(row[-1], np.float32)
    return (*row[:-1], np.full_like(cells, POISON).tobytes())
