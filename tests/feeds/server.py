"""A real server whose answers a test decides, request by request."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

LOCAL = ("127.0.0.0/8",)
"""What a feed must declare, to ask a server of this machine."""

Reply = tuple[int, Mapping[str, str], bytes]
Rule = Callable[[str, Mapping[str, str]], Reply]


class Server(ThreadingHTTPServer):
    """Answers by a rule of path and headers; remembers who asked for what."""

    daemon_threads = True

    def __init__(self, rule: Rule) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rule = rule
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        headers = dict(self.headers.items())
        self.server.asked.append(self.path)
        self.server.headers.append(headers)
        status, said, body = self.server.rule(self.path, headers)
        with contextlib.suppress(ConnectionError):
            self.send_response(status)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            for name, value in said.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(rule: Rule) -> Iterator[Server]:
    with Server(rule) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def tagged(body: Callable[[str], bytes], tag: Callable[[str], str]) -> Rule:
    """Answer 304 to whoever knows the address's tag, else 200 with it."""

    def rule(path: str, headers: Mapping[str, str]) -> Reply:
        own = {"ETag": tag(path), "Content-Type": "text/csv"}
        if headers.get("If-None-Match") == own["ETag"]:
            return 304, own, b""
        return 200, own, body(path)

    return rule
