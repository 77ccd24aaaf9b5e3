"""A real HTTPS server on this machine that answers a post as a test tells it to, byte by byte."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

LOCAL = ("127.0.0.0/8", "::1/128")
"""What a contact must declare, to be found on this machine."""

Say = Callable[[bytes], None]
Answer = bytes | Callable[[Say, Event], None]


@dataclass(frozen=True)
class Posted:
    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)


class Receiver(ThreadingHTTPServer):
    """Answers by path; remembers every post that came whole, and which other methods came."""

    daemon_threads = True

    def __init__(self, certificate: tuple[Path, Path]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        # The handshake is the handler's: a client that breaks it off keeps nobody waiting.
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )
        self.answers: dict[str, Answer] = {}
        self.default: Answer = said(204)
        self.posted: list[Posted] = []
        self.others: list[str] = []
        self.over = Event()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """Say nothing: who hangs up is what a test is about."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.posted.append(Posted(self.path, headers, body))
        answer = self.server.answers.get(self.path, self.server.default)
        with suppress(OSError):
            if isinstance(answer, bytes):
                self.wfile.write(answer)
            else:
                answer(self.wfile.write, self.server.over)

    def do_GET(self) -> None:
        self.server.others.append(self.path)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def said(status: int, body: bytes = b"", **headers: str) -> bytes:
    """Return an answer that is whole."""
    named = {"Content-Length": str(len(body))} if status != 204 else {}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} So", *(f"{name}: {value}" for name, value in named.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def dripping(beginning: bytes, piece: bytes) -> Answer:
    """Return an answer that never ends, and never pauses for long."""

    def answer(say: Say, over: Event) -> None:
        say(beginning)
        while not over.wait(0.05):
            say(piece)

    return answer


def silent(_say: Say, over: Event) -> None:
    """Take the text, and say nothing."""
    over.wait(30)


@contextmanager
def receiving(certificate: tuple[Path, Path]) -> Iterator[Receiver]:
    with Receiver(certificate) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()
