"""Serves the gauges of a made county over HTTP, on this machine alone, as a county's feed would."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from alerts.made_night.storm import Storm
from pipeline import instants

PATH: Final = "/rain.csv"


@dataclass(slots=True)
class Gauges:
    """What is asked: the storm may be let loose while it is served.

    Attributes
    ----------
    now : the clock by which a step is over
    """

    storm: Storm
    now: Callable[[], datetime]

    def answer(self, query: str) -> bytes:
        """Return the table that a query asks for, with ``from`` and ``to``.

        Raises
        ------
        ValueError
            It names no times.
        """
        asked = parse_qs(query)
        start, end = (instants.parse(asked.get(name, [""])[0]) for name in ("from", "to"))
        return "\n".join((*self.storm.table(start, end, self.now()), "")).encode()


@contextmanager
def served(gauges: Gauges) -> Iterator[str]:
    """Serve gauges beside the caller's work; give the address as feeds.toml has it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            try:
                content = gauges.answer(parts.query) if parts.path == PATH else None
            except ValueError:
                content = None
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Type", "text/csv; charset=utf-8")
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: what is asked for is in the fetch log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{PATH}?from={{start}}&to={{end}}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
