"""Ask a feed's database for its tables, and keep each answer as bytes, like any other payload.

Tables and columns are the protocol's own, values are bound, the transaction is read-only, and no
error tells the database's address: it holds the password.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import (
    URL,
    ColumnClause,
    Connection,
    Engine,
    NullPool,
    Select,
    column,
    create_engine,
    func,
    literal,
    make_url,
    select,
    table,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from pipeline.errors import FetchError
from pipeline.feeds.addresses import address_sha256
from pipeline.feeds.answer import Fetched, FetchFailure, Trace
from pipeline.feeds.deadline import Deadline
from pipeline.feeds.guard import Guard, networks
from pipeline.feeds.protocol import Query
from pipeline.feeds.source import Source

MOST_ROWS: Final = 200_000
"""Of one table in one answer: a province's stations at five minutes for an hour, twice over."""

PART: Final = 2_000
STREAMED: Final = {"stream_results": True, "max_row_buffer": PART}
CONNECT_S: Final = 5
MEDIA: Final = "application/json"
POSTGRES: Final = "postgresql"
DRIVERS: Final = {"postgres": "postgresql+psycopg", POSTGRES: "postgresql+psycopg"}
PORTS: Final = {POSTGRES: 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433, "oracle": 1521}
STEPS: Final = 10_000
"""SQLite's own instructions between two looks at the clock."""

ELSEWHERE: Final = frozenset({"host", "hostaddr", "port", "service", "unix_socket", "odbc_connect"})
"""Parameters by which an address may name another host than the one that is judged."""


def ask(
    source: Source, queries: Sequence[Query], *, clock: Callable[[], datetime]
) -> Iterator[Fetched | FetchFailure]:
    """Yield the rows of every table, as JSON with `table`, `columns` and `rows`.

    Datetimes are ISO 8601 without an offset, in the feed's zone; a Decimal is text, exactly.

    Parameters
    ----------
    source : its token is the database's address, its `where` the schema, or empty
    clock : tells when an answer was here
    """
    deadline = Deadline.after(source.spec.budget_s)
    for query in queries:
        place = f"sql:{query.table}"
        trace = Trace(address_sha256(place))
        try:
            table_of = _Table(source, query, deadline)
            content = deadline.hold(table_of.content, name=f"fetch {source.spec.feed_id}")
        except FetchError as error:
            yield FetchFailure(place, f"{place}: {error}", trace=trace)
        else:
            yield Fetched(source.spec.feed_id, place, clock(), content, MEDIA, trace)


@dataclass(frozen=True, slots=True)
class _Table:
    """One table as it is asked for."""

    source: Source
    query: Query
    deadline: Deadline

    def content(self) -> bytes:
        """Return the rows as canonical JSON.

        Raises
        ------
        FetchError
            The database did not answer, or with more or other than a payload may hold.
        """
        engine = _engine(self.source, max(self.deadline.left_s, 0.001))
        try:
            with _reading(engine, self.deadline, self.source.spec.zone) as connection:
                return self._read(connection)
        except FetchError:
            raise
        # Its kind only: what it says may quote the address, the statement or the rows.
        except (SQLAlchemyError, OSError, ValueError, OverflowError) as error:
            raise FetchError(_kind(error)) from None
        finally:
            engine.dispose()

    def _read(self, connection: Connection) -> bytes:
        zone, most = ZoneInfo(self.source.spec.zone), self.source.spec.max_bytes
        head = f'{{"columns":{_json(self.query.columns)},"rows":['
        tail = f'],"table":{_json(self.query.table)}}}'
        parts: list[bytes] = []
        size, n_rows = len(head) + len(tail), 0
        statement = self._statement(connection.dialect.name)
        with connection.execute(statement.execution_options(**STREAMED)) as result:
            for rows in result.partitions(PART):
                n_rows += len(rows)
                part = ",".join(_json([_plain(cell, zone) for cell in row]) for row in rows)
                parts.append(part.encode())
                size += len(parts[-1]) + 1
                if n_rows > MOST_ROWS:
                    raise FetchError(f"more than {MOST_ROWS} rows", retryable=False)
                if size > most:
                    raise FetchError(f"more than {most} bytes", retryable=False)
        return head.encode() + b",".join(parts) + tail.encode()

    def _statement(self, dialect: str) -> Select[Any]:
        query = self.query
        columns: list[ColumnClause[Any]] = [column(name) for name in query.columns]
        source = table(query.table, *columns, schema=self.source.where or None)
        statement = select(*source.c).limit(MOST_ROWS + 1)
        if query.time_column is None:
            return statement
        at = source.c.get(query.time_column)
        at = column(query.time_column) if at is None else at
        first, last = query.start, query.end
        if dialect == "sqlite":
            # It keeps times as text, in more than one form; its own function knows them all.
            return statement.where(func.datetime(at).between(_second(first), _second(last)))
        return statement.where(at >= first, at <= last)


def _engine(source: Source, left_s: float) -> Engine:
    """Return an engine that keeps no connection, to a host that the feed may ask."""
    url = _url(source)
    name = url.get_backend_name()
    most_s = math.ceil(min(CONNECT_S, left_s))
    options: dict[str, Any] = {"timeout": left_s} if name == "sqlite" else {}
    if name != "sqlite":
        guard = Guard(networks(source.spec.allow_private))
        found = guard.checked(url.host or "", url.port or PORTS.get(name, 0))
        address = str(found[0][4][0])
        # libpq knows an address beside the name, which TLS is checked against; others do not.
        url = url if name == POSTGRES else url.set(host=address)
        options = {"hostaddr": address, "connect_timeout": most_s} if name == POSTGRES else {}
    try:
        return create_engine(url, poolclass=NullPool, connect_args=options, hide_parameters=True)
    except (SQLAlchemyError, ImportError, TypeError) as error:
        raise FetchError(_kind(error), retryable=False) from None


def _url(source: Source) -> URL:
    try:
        url = make_url(source.token or "")
    except (ArgumentError, ValueError):
        raise FetchError("the credential is no database address", retryable=False) from None
    url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
    try:
        url.get_dialect()
    except (NoSuchModuleError, ValueError):
        raise FetchError("no driver is known for this database", retryable=False) from None
    # SQLite would make a file that is not there.
    name = url.get_backend_name()
    if name == "sqlite" and (url.query or not Path(url.database or "").is_file()):
        raise FetchError("its address is not that of a file that is there", retryable=False)
    if ELSEWHERE & {key.lower() for key in url.query}:
        raise FetchError("its address names the host in a parameter", retryable=False)
    if name != "sqlite" and ("," in (url.host or "") or not url.host):
        raise FetchError("its address must name one host", retryable=False)
    return url


@contextmanager
def _reading(engine: Engine, deadline: Deadline, zone: str) -> Iterator[Connection]:
    """Open a transaction that cannot write, and ends at the deadline where the server can."""
    left_ms = max(1, int(deadline.left_s * 1000))
    options: dict[str, Any] = {}
    if engine.dialect.name == POSTGRES:
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        match engine.dialect.name:
            case "postgresql":
                local = literal(value=True)
                connection.execute(
                    select(
                        func.set_config("statement_timeout", str(left_ms), local),
                        # Times without an offset are the feed's, also where a column knows zones.
                        func.set_config("TimeZone", zone, local),
                    )
                )
            case "sqlite":
                connection.exec_driver_sql("PRAGMA query_only=ON")
                _stop_at(connection, deadline)
            case _:
                pass
        yield connection


def _stop_at(connection: Connection, deadline: Deadline) -> None:
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.set_progress_handler(lambda: int(deadline.left_s < 0), STEPS)


def _plain(cell: object, zone: ZoneInfo) -> object:
    """Return a cell as JSON can hold it, without loss.

    Raises
    ------
    FetchError
        It is nothing that a table of readings holds.
    """
    match cell:
        case None | bool() | int() | str():
            return cell
        case float():
            return cell if math.isfinite(cell) else str(cell)
        case Decimal():
            return format(cell, "f")
        case datetime():
            local = cell if cell.tzinfo is None else cell.astimezone(zone).replace(tzinfo=None)
            return local.isoformat()
        case date():
            return cell.isoformat()
        case _:
            kind = type(cell).__name__
            raise FetchError(f"a cell holds {kind}, which is no reading", retryable=False)


def _json(value: Sequence[object] | str | Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _second(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="seconds")


def _kind(error: BaseException) -> str:
    cause = getattr(error, "orig", None) or error
    return f"the database did not answer ({type(cause).__name__})"
