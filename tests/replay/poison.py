"""Look-ahead made visible: every value that became known after a cutoff is set to 9,999."""

from datetime import datetime

import numpy as np

from pipeline.database import Engine, reading
from pipeline.instants import to_us
from pipeline.observation import QcFlag
from pipeline.store import blob, log
from pipeline.store.blob import OBSERVED, Kind
from pipeline.store.columns import EVERYTHING, StoredBatch, point_rows
from pipeline.store.known import Revisions

POISON = 9999.0


def poisoned(
    engine: Engine, site: str, start: datetime, end: datetime, cutoff: datetime
) -> Revisions:
    """Return the rows of a window; all that became known after `cutoff` say 9,999."""
    span = log.Span(site, "", log.hour_us(start), log.hour_us(end))
    with reading(engine) as connection:
        rows = log.held(connection, span, OBSERVED, EVERYTHING)
    after = to_us(cutoff)
    return Revisions.of([_poisoned(row) if row.known_us > after else row for row in rows])


def _poisoned(row: StoredBatch) -> StoredBatch:
    if row.kind is Kind.POINTS:
        (rows,) = point_rows([row])
        columns = {name: column for name, column in rows.columns.items() if name != "origin"}
        columns["value"] = np.full_like(columns["value"], POISON)
        columns["flag"] = np.full_like(columns["flag"], QcFlag.GOOD)
        return row._replace(content=blob.write_points(columns))
    return row._replace(
        content=blob.write_rows([_false(one) for one in blob.read_rows(row.content)])
    )


def _false(row: blob.Row) -> blob.Row:
    cells = np.frombuffer(row[-1], np.float32)
    return (*row[:-1], np.full_like(cells, POISON).tobytes())
