"""Real refusals of a database: it is full, locked or lost, and then it is well again."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, event, make_url, text

Refusal = Callable[[Engine], contextlib.AbstractContextManager[None]]
BEFORE = "before_cursor_execute"
PROXIED_AT_ONCE = 1 << 16


@contextmanager
def full(engine: Engine) -> Iterator[None]:
    """Let no table grow: SQLite by its own limit, PostgreSQL by the code of a full disk."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _no_more_pages)
        try:
            yield
        finally:
            event.remove(engine, "connect", _no_more_pages)
        return
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE 'no space left' USING ERRCODE = 'disk_full'; END $$"
            )
        )
        for table in ("payload", "cycle", "message"):
            connection.execute(
                text(
                    f"CREATE TRIGGER full_{table} BEFORE INSERT OR UPDATE ON {table}"
                    " EXECUTE FUNCTION refuse()"
                )
            )
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP FUNCTION refuse() CASCADE"))


@contextmanager
def locked(engine: Engine) -> Iterator[None]:
    """Hold the write lock elsewhere for longer than a writer waits; see `impatient`."""
    other = create_engine(engine.url)
    with other.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            tables = "payload, cycle, fence"
            connection.execute(text(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"))
        yield
        connection.rollback()
    other.dispose()


@contextmanager
def lost(engine: Engine) -> Iterator[None]:
    """Take the database away: its file, or each connection as it is about to write."""
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database))
        away = file.with_name("away.db")
        file.rename(away)
        file.mkdir()
        try:
            yield
        finally:
            file.rmdir()
            away.rename(file)
        return
    other = create_engine(make_url(engine.url))

    def terminate(_connection, cursor, statement, *_: object) -> None:
        if statement.startswith("INSERT"):
            pid = cursor.connection.info.backend_pid
            with other.begin() as connection:
                connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    event.listen(engine, BEFORE, terminate)
    try:
        yield
    finally:
        event.remove(engine, BEFORE, terminate)
        other.dispose()


class Proxy:
    """Stands before a server; `cut` breaks every connection and gives no new one until `mend`."""

    def __init__(self, host: str, port: int) -> None:
        self._server = host, port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._serve)]
        self._is_cut = False
        self._threads[0].start()

    def cut(self) -> None:
        self._is_cut = True
        for end in self._ends:
            _shut(end)

    def mend(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        _shut(self._listening)
        self._threads[0].join()
        self.cut()
        for thread in self._threads:
            thread.join()
        for end in (*self._ends, self._listening):
            end.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                if self._is_cut:
                    near.close()
                    continue
                far = socket.create_connection(self._server)
                self._ends += [near, far]
                for pair in ((near, far), (far, near)):
                    self._threads.append(threading.Thread(target=_carry, args=pair))
                    self._threads[-1].start()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while content := source.recv(PROXIED_AT_ONCE):
            sink.sendall(content)
    # Closed under the other thread's reading, a socket would tell its server nothing.
    _shut(source)
    _shut(sink)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


def _no_more_pages(connection, _record: object) -> None:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
