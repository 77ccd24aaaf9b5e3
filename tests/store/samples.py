"""Small readings and batches for tests of the store."""

from datetime import UTC, datetime, timedelta

import numpy as np

from pipeline.observation import (
    Decoded,
    GridGeometry,
    GridReading,
    KnownBasis,
    QcFlag,
    RawPayload,
    Reading,
)
from pipeline.store.batches import Incoming
from pipeline.units import Variable

NOON = datetime(2014, 11, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
LONG_AGO = NOON - 1000 * HOUR
GEOMETRY = GridGeometry("EPSG:2154", (1000.0, 0.0, 807000.0, 0.0, -1000.0, 6484000.0), (2, 3))


def stage(value: float | None, at: datetime = NOON, **fields: object) -> Reading:
    """One reading of a river's stage."""
    flag = QcFlag.MISSING if value is None else QcFlag.GOOD
    row = {"station_id": "s1", "variable": Variable.STAGE, "interval_s": 0, "flag": flag}
    return Reading(valid_time=at, value=value, **{**row, **fields})


def rain(cells: list[float], at: datetime = NOON, **fields: object) -> GridReading:
    """One grid of two rows and three columns of hourly rain."""
    row = {"grid_id": "g1", "variable": Variable.RAIN, "interval_s": 3600, "geometry": GEOMETRY}
    array = np.array(cells, dtype=np.float32).reshape(2, 3)
    return GridReading(valid_time=at, cells=array, **{**row, **fields})


def batch(
    *rows: Reading | GridReading,
    known_at: datetime = NOON + MINUTE,
    payload: str = "a",
    **fields: object,
) -> Incoming:
    """One payload of these rows, received at `known_at`."""
    decoded = Decoded(
        readings=tuple(r for r in rows if isinstance(r, Reading)),
        grids=tuple(r for r in rows if isinstance(r, GridReading)),
    )
    wanted = {
        "site": "test",
        "feed_id": "river",
        "basis": KnownBasis.RECEIVED,
        "stored_at": known_at,
        "decoded": decoded,
        **fields,
    }
    return Incoming(known_at=known_at, payload_sha256=payload.ljust(64, "0"), **wanted)


def payload(content: bytes = b"as they came") -> RawPayload:
    """The bytes of one answer of a feed."""
    return RawPayload("river", "https://example.org/stage.csv", NOON, content, "text/csv")
