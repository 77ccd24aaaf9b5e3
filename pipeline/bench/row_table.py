"""The peer of a comparison: a table with a row a reading and revision, as it is commonly kept.

It does the same work: what may enter is judged by the same code, what says nothing new is left
out, and of a reading the newest revision that was known is read. It is given every advantage that
we know of: integers in place of names, one index that is the table itself, the fastest way into
each database, and the statements that were measured to be the fastest. Both sides share one
engine, and so its durability.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import repeat
from typing import Any, Final

import numpy as np

from pipeline.database import Connection, Engine, reading
from pipeline.instants import to_us
from pipeline.store.admission import Incoming, admit
from pipeline.store.offered import Offered
from pipeline.store.rows import Points, SeriesNames

Row = tuple[int, int, int, int, float, int]
"""valid_us, series, known_us, payload, value, flag"""

FIELDS: Final = ("valid", "series", "known", "payload", "value", "flag")

KEY: Final = "PRIMARY KEY (valid_us, series, known_us)"
COLUMNS: Final = (
    "valid_us BIGINT NOT NULL, series INTEGER NOT NULL, known_us BIGINT NOT NULL,"
    " payload INTEGER NOT NULL, value DOUBLE PRECISION, flag SMALLINT NOT NULL"
)
PAYLOADS: Final = (
    "CREATE TABLE row_payload (payload INTEGER PRIMARY KEY, sha256 VARCHAR(64) NOT NULL,"
    " known_basis VARCHAR(16) NOT NULL, stored_us BIGINT NOT NULL)"
)
SQLITE: Final = {
    "table": f"CREATE TABLE row_reading ({COLUMNS}, {KEY}) WITHOUT ROWID",
    "payload": "INSERT INTO row_payload VALUES (?, ?, ?, ?)",
    "changed": "INSERT INTO row_reading SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE ?5 IS NOT"
    " (SELECT value FROM row_reading WHERE valid_us = ?1 AND series = ?2"
    " ORDER BY known_us DESC LIMIT 1)",
    # With MAX the other columns are of the row that has it: half the time of a window function.
    "read": "SELECT valid_us, series, MAX(known_us), value, flag FROM row_reading"
    " WHERE valid_us > ? AND valid_us <= ? AND known_us <= ? GROUP BY valid_us, series",
}
POSTGRESQL: Final = {
    "table": f"CREATE TABLE row_reading ({COLUMNS}, {KEY})",
    "payload": "INSERT INTO row_payload VALUES (%s, %s, %s, %s)",
    "one": "INSERT INTO row_reading SELECT %(valid)s::bigint, %(series)s::integer,"
    " %(known)s::bigint, %(payload)s::integer, %(value)s::float8, %(flag)s::smallint"
    " WHERE %(value)s::float8 IS DISTINCT FROM (SELECT value FROM row_reading"
    " WHERE valid_us = %(valid)s AND series = %(series)s ORDER BY known_us DESC LIMIT 1)",
    "stage": "CREATE TEMPORARY TABLE IF NOT EXISTS row_stage (LIKE row_reading)"
    " ON COMMIT DELETE ROWS",
    "changed": "INSERT INTO row_reading SELECT s.* FROM row_stage s LEFT JOIN LATERAL"
    " (SELECT value, known_us FROM row_reading r WHERE r.valid_us = s.valid_us"
    " AND r.series = s.series ORDER BY known_us DESC LIMIT 1) r ON true"
    " WHERE r.known_us IS NULL OR r.value IS DISTINCT FROM s.value",
    "read": "SELECT DISTINCT ON (valid_us, series) valid_us, series, known_us, value, flag"
    " FROM row_reading WHERE valid_us > %s AND valid_us <= %s AND known_us <= %s"
    " ORDER BY valid_us, series, known_us DESC",
}
POSTGRESQL["copy"] = f"COPY ({POSTGRESQL['read']}) TO STDOUT (FORMAT BINARY)"
COPIED: Final = np.dtype(
    [
        ("fields", ">i2"),
        ("_valid_us", ">i4"),
        ("valid_us", ">i8"),
        ("_series", ">i4"),
        ("series", ">i4"),
        ("_known_us", ">i4"),
        ("known_us", ">i8"),
        ("_value", ">i4"),
        ("value", ">f8"),
        ("_flag", ">i4"),
        ("flag", ">i2"),
    ]
)
"""A row of COPY in binary; no value may be null. Source: PostgreSQL 15 manual, COPY."""

COPY_HEAD: Final = 19
COPY_TAIL: Final = 2
FEW: Final = 8
"""Rows that are inserted one by one sooner than copied."""


@dataclass(frozen=True, slots=True)
class RowTable:
    """Rows in one database, bitemporal.

    Attributes
    ----------
    names : of all series, by number
    """

    engine: Engine
    names: SeriesNames
    _numbers: dict[str, int] = field(repr=False)

    @classmethod
    def made(cls, engine: Engine, names: SeriesNames) -> RowTable:
        """Return a new and empty table of some series of one variable."""
        with engine.begin() as connection:
            for table in ("row_reading", "row_payload"):
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
            connection.exec_driver_sql(_sql(engine)["table"])
            connection.exec_driver_sql(PAYLOADS)
        return cls(engine, names, {name: i for i, name in enumerate(names.station_id.tolist())})

    def append(self, payload: Incoming, number: int) -> None:
        """Append of one payload what says something new, in a transaction of its own."""
        rows = [*self._rows(admit(payload).points, number)]
        said = number, payload.payload_sha256, str(payload.basis), to_us(payload.stored_at)
        with self.engine.begin() as connection:
            connection.exec_driver_sql(_sql(self.engine)["payload"], said)
            if self.engine.dialect.name == "sqlite":
                driver = _driver(connection)
                driver.executemany(SQLITE["changed"], rows)
            else:
                _inserted(_driver(connection), rows)

    def read(self, start: datetime, end: datetime, cutoff: datetime) -> Points:
        """Return what was known at the cutoff of start < valid_time <= end, row by row."""
        window = to_us(start), to_us(end), to_us(cutoff)
        with reading(self.engine) as connection:
            driver = _driver(connection)
            if self.engine.dialect.name == "sqlite":
                found = driver.execute(SQLITE["read"], window).fetchall()
            else:
                with driver.cursor(binary=True) as cursor:
                    found = cursor.execute(POSTGRESQL["read"], window).fetchall()
        return self._points(list(zip(*found, strict=True)) or [()] * 5)

    def copied(self, start: datetime, end: datetime, cutoff: datetime) -> Points:
        """Return the same from PostgreSQL by COPY in binary, which few who keep rows do."""
        window = to_us(start), to_us(end), to_us(cutoff)
        with reading(self.engine) as connection:
            return self._points(_copy_of(_driver(connection), window))

    def _points(self, columns: Sequence[Any]) -> Points:
        valid, series, known, value, flag = columns
        return Points(
            names=self.names,
            series=np.asarray(series, np.int64),
            valid_us=np.asarray(valid, np.int64),
            known_us=np.asarray(known, np.int64),
            value=np.asarray(value, np.float64),
            flag=np.asarray(flag, np.uint8),
        )

    def _rows(self, points: Offered, number: int) -> Iterator[Row]:
        series = np.array([self._numbers[name] for name in points.series.stations])[points.code]
        columns = points.valid_us, series, points.known_us, points.value, points.flag
        valid, places, known, value, flag = (column.tolist() for column in columns)
        return zip(valid, places, known, repeat(number), value, flag)


def _sql(engine: Engine) -> dict[str, str]:
    return SQLITE if engine.dialect.name == "sqlite" else POSTGRESQL


def _driver(connection: Connection) -> Any:  # noqa: ANN401 - DBAPI object
    return connection.connection.driver_connection


def _inserted(driver: Any, rows: Sequence[Row]) -> None:  # noqa: ANN401 - DBAPI object
    with driver.cursor() as cursor:
        if len(rows) <= FEW:
            for row in rows:
                cursor.execute(POSTGRESQL["one"], dict(zip(FIELDS, row, strict=True)))
            return
        cursor.execute(POSTGRESQL["stage"])
        with cursor.copy("COPY row_stage FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(POSTGRESQL["changed"])


def _copy_of(driver: Any, window: tuple[int, int, int]) -> list[Any]:  # noqa: ANN401 - DBAPI object
    with driver.cursor() as cursor, cursor.copy(POSTGRESQL["copy"], window) as copy:
        content = b"".join(bytes(piece) for piece in copy)
    count = (len(content) - COPY_HEAD - COPY_TAIL) // COPIED.itemsize
    rows = np.frombuffer(content, COPIED, count, COPY_HEAD)
    return [rows[name] for name in ("valid_us", "series", "known_us", "value", "flag")]
