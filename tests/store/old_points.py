"""The content of a batch of points as it was before series lists: every row bears its names."""

from collections.abc import Sequence

import pyarrow as pa

from pipeline.instants import to_us
from pipeline.observation import QcFlag, Reading
from pipeline.store.arrow import compressed, stream

INSTANT = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    [
        ("station_id", pa.string()),
        ("variable", pa.string()),
        ("interval_s", pa.int32()),
        ("valid_time", INSTANT),
        ("reference_time", INSTANT),
        ("member", pa.int16()),
        ("value", pa.float64()),
        ("flag", pa.uint8()),
    ]
)


def write_points(readings: Sequence[Reading]) -> bytes:
    """Return the blob of readings, to be read without a list."""
    columns = [list(column) for column in zip(*map(_row, readings), strict=True)] or [[]] * 8
    arrays = [pa.array(c, type=t) for c, t in zip(columns, SCHEMA.types, strict=True)]
    return compressed(stream(pa.record_batch(arrays, schema=SCHEMA)))


def _row(reading: Reading) -> tuple[object, ...]:
    missing = reading.value is None or reading.value != reading.value
    made = None if reading.reference_time is None else to_us(reading.reference_time)
    return (
        reading.station_id,
        str(reading.variable),
        reading.interval_s,
        to_us(reading.valid_time),
        made,
        reading.member,
        None if missing else reading.value,
        int(reading.flag if not missing or reading.flag is QcFlag.WITHDRAWN else QcFlag.MISSING),
    )
