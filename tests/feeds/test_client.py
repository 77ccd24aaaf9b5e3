"""The client takes what is there in the time it has, and tells the rest without secrets."""

import contextlib
import gzip
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from pipeline.errors import FetchError
from pipeline.feeds.addresses import addresses, redacted
from pipeline.feeds.answer import FetchFailure
from pipeline.feeds.client import fetch, read_file
from pipeline.feeds.source import Source
from pipeline.feeds.window import Window
from pipeline.observation import RawPayload
from tests.feeds.samples import NOW, csv_spec, grid_spec

HOUR = datetime(2024, 7, 15, 9, tzinfo=UTC)
ONE = Window(HOUR, HOUR)
LOCAL = ("127.0.0.0/8",)


class Server(ThreadingHTTPServer):
    """A real server whose answers a test lays out beforehand."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.asked: list[tuple[str, str | None]] = []
        self.slow_s = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        status, headers, body = self.server.answers.pop(0)
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # a client may have heard enough
            for start in range(0, len(body), 1000):
                self.wfile.write(body[start : start + 1000])
                self.wfile.flush()
                time.sleep(self.server.slow_s)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(*answers: tuple[int, dict[str, str], bytes]) -> Iterator[Server]:
    with Server() as server:
        server.answers = list(answers)
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def got(server, *, where="/rain.csv", token=None, window=ONE, pauses=None, **changes):
    spec = csv_spec(**({"budget_s": 3.0, "allow_private": LOCAL} | changes))
    pause = (lambda _: None) if pauses is None else pauses.append
    source = Source(spec, server.url + where, token)
    return list(fetch(source, window, clock=lambda: NOW, pause=pause))


def test_a_body_comes_as_it_is():
    with served((200, {"Content-Type": "text/csv"}, b"a,b\n")) as server:
        (payload,) = got(server)
    assert isinstance(payload, RawPayload)
    assert (payload.content, payload.media_type, payload.fetched_at) == (b"a,b\n", "text/csv", NOW)


def test_a_server_in_trouble_is_asked_again_and_its_wish_to_wait_is_kept():
    pauses: list[float] = []
    with served((503, {"Retry-After": "1"}, b""), (500, {}, b""), (200, {}, b"x")) as server:
        (payload,) = got(server, pauses=pauses)
    assert isinstance(payload, RawPayload)
    assert pauses[0] >= 1.0
    assert 0 < pauses[1] <= 1.0


def test_a_wish_to_wait_beyond_the_budget_ends_the_attempt():
    with served((429, {"Retry-After": "3600"}, b"")) as server:
        (failure,) = got(server)
    assert isinstance(failure, FetchFailure)
    assert "HTTP 429" in failure.message


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_is_not_asked_again(status):
    with served((status, {}, b"")) as server:
        (failure,) = got(server)
        assert len(server.asked) == 1
    assert f"HTTP {status}" in failure.message
    assert not failure.absent


def test_what_is_not_there_is_news_and_no_fault():
    with served((404, {}, b"")) as server:
        (failure,) = got(server)
    assert failure.absent


def test_no_secret_enters_an_address_an_error_or_a_payload():
    with served((200, {}, b"x"), (403, {}, b"")) as server:
        where = "/rain.csv?apikey=hushhush#part"
        answers = [*got(server, where=where, token="s3cret"), *got(server, where=where)]
        assert server.asked[0][1] == "Bearer s3cret"
    assert "hushhush" not in repr(answers)
    assert "s3cret" not in repr(answers)
    assert redacted("https://user:pw@host:8443/a?b=c") == "https://host:8443/a"


def test_nobody_listening_is_a_failure_within_the_budget():
    with served() as server:
        pass
    began = time.monotonic()
    (failure,) = got(server, budget_s=1.0, pauses=None)
    assert time.monotonic() - began < 3.0
    assert "ConnectionError" in failure.message
    assert not failure.absent


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, b"x" * 5000),
        (200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 500_000)),
        (200, {"Content-Length": "999999999"}, b""),
    ],
    ids=["on the wire", "when unpacked", "by its own word"],
)
def test_a_body_is_bounded(answer):
    with served(answer) as server:
        (failure,) = got(server, max_bytes=2000)
        assert len(server.asked) == 1
    assert "more than 2000 bytes" in failure.message


def test_a_server_that_trickles_is_cut_at_the_budget():
    with served((200, {}, b"x" * 200_000)) as server:
        server.slow_s = 0.02
        began = time.monotonic()
        (failure,) = got(server, budget_s=0.6)
        assert time.monotonic() - began < 2.5
    assert isinstance(failure, FetchFailure)


def test_addresses_share_one_budget_and_each_is_answered():
    hours = Window(HOUR, HOUR + timedelta(hours=2))
    with served((200, {}, b"1"), (404, {}, b""), (200, {}, b"3")) as server:
        answers = got(server, where="/data", pattern="%Y%m%d%H.csv", window=hours)
        assert [path for path, _ in server.asked] == [
            "/data/2024071509.csv", "/data/2024071510.csv", "/data/2024071511.csv",
        ]  # fmt: skip
    assert [isinstance(answer, RawPayload) for answer in answers] == [True, False, True]


def test_a_folder_gives_the_slots_asked_for_and_tells_the_absent(tmp_path):
    spec = grid_spec()
    hours = Window(HOUR, HOUR + timedelta(hours=2))
    names = addresses(Source(spec, str(tmp_path)), hours)
    (tmp_path / "2024/07").mkdir(parents=True)
    for name in (names[0], names[2]):
        (tmp_path / name).write_bytes(b"grid")
    (tmp_path / "2024/07/rain_202407151200.tif").write_bytes(b"not asked for")
    answers = list(fetch(Source(spec, str(tmp_path)), hours, clock=lambda: NOW))
    assert [isinstance(answer, RawPayload) for answer in answers] == [True, False, True]
    assert answers[1] == FetchFailure(names[1], "no such file", absent=True)


def test_a_stamp_in_a_name_is_local_and_may_be_the_start():
    spec = grid_spec(stamp="start", zone="Asia/Shanghai", pattern="%d-%H.tif")
    assert addresses(Source(spec, "in"), ONE) == ["in/15-16.tif"]


def test_a_daily_file_is_asked_for_once():
    spec = csv_spec(pattern="%Y%m%d.csv")
    day = Window(HOUR, HOUR + timedelta(hours=5))
    assert addresses(Source(spec, "in/"), day) == ["in/20240715.csv"]


def test_what_is_no_regular_file_is_not_read(tmp_path):
    for path in (tmp_path, Path("/dev/zero"), tmp_path / "absent"):
        with pytest.raises(FetchError, match="regular|FileNotFound"):
            read_file(csv_spec(), path, fetched_at=NOW)


def test_a_file_is_bounded_as_it_is_read(tmp_path):
    path = tmp_path / "rain.csv"
    path.write_bytes(b"x" * 100)
    with pytest.raises(FetchError, match="more than 99 bytes"):
        read_file(csv_spec(max_bytes=99), path, fetched_at=NOW)
    assert read_file(csv_spec(max_bytes=100), path, fetched_at=NOW).media_type == "text/csv"
