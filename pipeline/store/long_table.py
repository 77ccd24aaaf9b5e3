"""Readings of stations as a long table: one row a reading, with its unit, flag and known_at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.store.known import Known
from pipeline.units import Variable

INSTANT = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema([
    ("feed_id", pa.dictionary(pa.int32(), pa.string())),
    ("station_id", pa.dictionary(pa.int32(), pa.string())),
    ("variable", pa.dictionary(pa.int32(), pa.string())),
    ("unit", pa.dictionary(pa.int32(), pa.string())),
    ("interval_s", pa.int64()),
    ("valid_time", INSTANT),
    ("value", pa.float64()),
    ("flag", pa.uint8()),
    ("known_at", INSTANT),
])  # fmt: skip


def long_table(known: Known) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    """Return the readings of stations as an Arrow table; a missing value is null.

    `valid_time` is the end of the interval, `interval_s` its length (0 = an instant), `flag`
    QARTOD's: 1 good, 2 unknown, 3 suspect, 4 fail, 9 missing.
    """
    points = known.points
    names = points.names
    units = [Variable(one).unit for one in names.variable.tolist()]
    words = [names.feed_id.tolist(), names.station_id.tolist(), names.variable.tolist(), units]
    columns = [_named(points.series, each) for each in words]
    columns += [
        pa.array(points.interval_s, pa.int64()),
        pa.array(points.valid_us, pa.int64()).cast(INSTANT),
        pa.array(points.value, pa.float64(), mask=np.isnan(points.value)),
        pa.array(points.flag, pa.uint8()),
        pa.array(points.known_us, pa.int64()).cast(INSTANT),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _named(series: Any, words: list[str]) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    distinct = sorted(set(words))
    place = {word: number for number, word in enumerate(distinct)}
    number = np.array([place[word] for word in words], np.int32)
    return pa.DictionaryArray.from_arrays(
        pa.array(number[series], pa.int32()), pa.array(distinct, pa.string())
    )
