"""A server that means harm takes no more of our time, memory or trust than a feed may."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Event, Thread

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.feeds.answer import FetchFailure
from pipeline.feeds.client import fetch
from pipeline.feeds.http import retry_after
from pipeline.feeds.source import Source
from pipeline.feeds.window import Window
from pipeline.observation import RawPayload
from tests.feeds.samples import NOW, csv_spec

ONE = Window(NOW, NOW)
LOCAL = ("127.0.0.0/8",)
OK = b"HTTP/1.1 200 OK\r\n"
Say = Callable[[bytes], None]


class Hostile:
    """A real server that says what a test tells it, at the pace that the test tells it."""

    def __init__(self, answer: Callable[[Say], None]) -> None:
        self.answer, self.over = answer, Event()
        self.asked, self.said = 0, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self.socket.accept()
                self.asked += 1
                with line, suppress(OSError):
                    line.recv(65_536)
                    self.answer(lambda part, to=line: self._say(to, part))

    def _say(self, line: socket.socket, part: bytes) -> None:
        if self.over.is_set():
            raise ConnectionAbortedError
        line.sendall(part)
        self.said += len(part)


@contextmanager
def hostile(answer: Callable[[Say], None]) -> Iterator[Hostile]:
    server = Hostile(answer)
    thread = Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.socket.shutdown(socket.SHUT_RDWR)
        server.socket.close()
        thread.join()


def got(server: Hostile, **changes) -> RawPayload | FetchFailure:
    spec = csv_spec(**({"budget_s": 1.0, "allow_private": LOCAL} | changes))
    (answer,) = fetch(Source(spec, server.url + "/rain.csv"), ONE, clock=lambda: NOW)
    return answer


def trickled(beginning: bytes, piece: bytes) -> Callable[[Say], None]:
    def answer(say: Say) -> None:
        say(beginning)
        while True:
            say(piece)
            time.sleep(0.05)

    return answer


@pytest.mark.parametrize(
    ("beginning", "piece"),
    [
        (b"", b"H"),
        (OK + b"X-Slow: ", b"y"),
        (OK, b"X-Slow: y\r\n"),
        (OK + b"Content-Length: 900000\r\n\r\n", b"x"),
        (OK + b"\r\n", b"x"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["status", "a header", "headers", "body", "endless body", "chunks", "promises"],
)
def test_whatever_a_server_trickles_ends_at_the_budget(beginning, piece):
    with hostile(trickled(beginning, piece)) as server:
        began = time.monotonic()
        failure = got(server)
        took_s = time.monotonic() - began
    assert took_s < 2.0
    assert isinstance(failure, FetchFailure)
    assert not failure.absent


@pytest.mark.parametrize(
    "beginning",
    [OK, OK + b"X-Cut: y", OK + b"Content-Length: 9\r\n\r\nhalf", b""],
    ids=["after the status", "in a header", "in the body", "before anything"],
)
def test_an_answer_that_is_cut_is_asked_again_and_is_no_empty_payload(beginning):
    with hostile(lambda say: say(beginning)) as server:
        failure = got(server, budget_s=2.0)
    assert isinstance(failure, FetchFailure)
    assert server.asked > 1


@pytest.mark.parametrize("frame", [b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_a_body_that_is_said_to_be_empty_is_empty(frame):
    end = b"\r\n" if b"Length" in frame else b"\r\n0\r\n\r\n"
    with hostile(lambda say: say(OK + frame + end)) as server:
        answer = got(server)
    assert isinstance(answer, RawPayload)
    assert answer.content == b""


@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308])
def test_a_redirect_is_a_refusal_whose_body_nobody_reads(status):
    def answer(say: Say) -> None:
        say(f"HTTP/1.1 {status} Elsewhere\r\nLocation: {elsewhere.url}/\r\n\r\n".encode())
        while True:
            say(b"x" * 1_000_000)

    with hostile(lambda say: say(OK + b"\r\nsecret")) as elsewhere, hostile(answer) as server:
        failure = got(server, max_bytes=1000)
        assert (server.asked, elsewhere.asked) == (1, 0)
        assert server.said < 20_000_000  # what the sockets themselves hold
    assert isinstance(failure, FetchFailure)
    assert f"HTTP {status}" in failure.message


@pytest.mark.parametrize("number", ["\xb2", "9" * 5000])
@pytest.mark.parametrize("header", ["Retry-After", "Content-Length"])
def test_a_number_that_is_none_stops_nothing(header, number):
    status = "503 Busy" if header == "Retry-After" else "200 OK"
    said = f"HTTP/1.1 {status}\r\n{header}: {number}\r\n\r\n".encode("latin-1")
    with hostile(lambda say: say(said)) as server:
        assert isinstance(got(server), FetchFailure)


@given(st.text(max_size=60))
@example("\N{SUPERSCRIPT TWO}")
@example("9" * 5000)
@example("Mon, 01 Jan 2024 00:00:00 +99999999999999")
def test_any_wish_to_wait_is_seconds_or_nothing(text):
    seconds = retry_after(text, NOW)
    assert seconds is None or seconds >= 0


def test_a_media_type_is_told_fit_to_be_stored():
    said = OK + b"Content-Type: text/\0csv\r\nContent-Length: 1\r\n\r\nx"
    with hostile(lambda say: say(said)) as server:
        answer = got(server)
    assert isinstance(answer, RawPayload)
    assert answer.media_type.isprintable()


def test_what_one_address_spends_of_the_budget_the_next_has_not():
    with hostile(trickled(OK, b"X-Slow: y\r\n")) as server:
        hours = Window(NOW - timedelta(hours=2), NOW)
        spec = csv_spec(budget_s=1.0, pattern="%Y%m%d%H.csv", allow_private=LOCAL)
        began = time.monotonic()
        answers = list(fetch(Source(spec, server.url), hours, clock=lambda: NOW))
        assert time.monotonic() - began < 2.0
    assert [isinstance(answer, FetchFailure) for answer in answers] == [True, True]
