"""One fetch asks each address once, follows what is named, and leaves a dead host alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.feeds import registry
from pipeline.feeds.addresses import address_sha256, origin
from pipeline.feeds.answer import Fetched, FetchFailure, Unchanged, Validators
from pipeline.feeds.circuit import Circuit
from pipeline.feeds.client import fetch
from pipeline.feeds.links import MOST_LINKS
from pipeline.feeds.protocol import Protocol
from pipeline.feeds.source import Remembered, Source
from pipeline.feeds.window import Window
from tests.feeds.samples import NOW, csv_spec
from tests.feeds.server import LOCAL, serving, tagged

HOURS = Window(NOW, NOW + timedelta(hours=5))


@pytest.fixture
def listed(monkeypatch):
    """Let a payload's lines be the addresses that it names."""
    named = Protocol(registry.csv.decode, links=lambda payload: payload.content.decode().split())
    monkeypatch.setattr(registry, "PROTOCOLS", {"csv": named})


def answers(where, *, window=Window(NOW, NOW), remembered=Remembered(), now=NOW, **changes):  # noqa: B008
    spec = csv_spec(**({"budget_s": 3.0, "allow_private": LOCAL} | changes))
    source = Source(spec, where)
    return list(
        fetch(source, window, clock=lambda: now, pause=lambda _: None, remembered=remembered)
    )


def pages(content):
    return lambda path, _: (200, {"ETag": '"1"'}, content.get(path, b""))


def test_pages_are_followed_to_the_last_and_each_once(listed):
    book = {"/1": b"/2 /1", "/2": b"3 /1 /2#top", "/3": b"/2"}
    with serving(pages(book)) as server:
        got = answers(server.url + "/1")
        assert server.asked == ["/1", "/2", "/3"]
    assert [answer.content for answer in got] == list(book.values())


def test_what_names_others_is_never_taken_as_unchanged(listed):
    with serving(pages({"/1": b"/2", "/2": b""})) as server:
        first, last = answers(server.url + "/1")
    assert first.trace.validators == Validators()
    assert last.trace.validators == Validators('"1"')


def test_a_link_to_a_stranger_is_told_and_not_followed(listed):
    with serving(pages({})) as stranger, serving(pages({"/1": stranger.url.encode()})) as server:
        payload, failure = answers(server.url + "/1")
        assert stranger.asked == []
    assert isinstance(payload, Fetched)
    assert "1 links lead to another server" in failure.message


def test_an_index_without_end_is_followed_so_far_and_told(listed):
    many = " ".join(f"/{n}" for n in range(200)).encode()
    with serving(pages({"/index": many})) as server:
        got = answers(server.url + "/index", budget_s=20.0)
        assert len(server.asked) == 1 + MOST_LINKS
    (failure,) = [answer for answer in got if isinstance(answer, FetchFailure)]
    assert "150 links beyond" in failure.message


def test_pages_share_the_feeds_budget(listed):
    with serving(lambda path, _: (200, {}, f"/{int(path[1:]) + 1}".encode())) as server:
        server.rule, fast = lambda *a: (sleep(0.2), fast(*a))[1], server.rule
        got = answers(server.url + "/1", budget_s=0.7)
        assert len(server.asked) < 6
    assert isinstance(got[-1], FetchFailure)


def sleep(seconds):
    import time

    time.sleep(seconds)


def known(url, **changes):
    base = Remembered({address_sha256(url): Validators('"1"', "Mon, 15 Jul 2024 12:00:00 GMT")})
    return replace(base, **changes)


def test_what_is_known_is_asked_for_by_what_it_was():
    with serving(tagged(lambda _: b"new", lambda _: '"1"')) as server:
        url = server.url + "/rain.csv"
        (same,) = answers(url, remembered=known(url))
        assert server.headers[0]["If-None-Match"] == '"1"'
        assert server.headers[0]["If-Modified-Since"] == "Mon, 15 Jul 2024 12:00:00 GMT"
        (other,) = answers(url + "?other", remembered=known(url))
        assert "If-None-Match" not in server.headers[1]
    assert isinstance(same, Unchanged)
    assert same.trace.validators == known(url).validators[address_sha256(url)]
    assert isinstance(other, Fetched)


def test_unchanged_is_a_failure_where_nobody_asked_whether():
    with serving(lambda *_: (304, {}, b"")) as server:
        (failure,) = answers(server.url)
    assert isinstance(failure, FetchFailure)
    assert "HTTP 304" in failure.message


@pytest.mark.parametrize(
    ("status", "asked"), [(500, 3), (429, 3), (403, 5), (404, 5), (302, 5), (200, 5)]
)
def test_three_failures_of_a_host_in_a_row_spare_the_rest(status, asked):
    said = {"Retry-After": "999"} if status in {500, 429} else {}
    with serving(lambda *_: (status, said, b"x")) as server:
        got = answers(server.url, pattern="%H.csv", window=HOURS)
        assert len(server.asked) == asked
    spared = [a for a in got if isinstance(a, FetchFailure) and "circuit open until" in a.message]
    assert (len(got), len(spared)) == (5, 5 - asked)
    assert all(a.trace.host_answered is None for a in spared)


def test_a_host_that_failed_in_earlier_runs_is_left_alone_and_tried_again():
    with serving(lambda *_: (200, {}, b"1")) as server:
        circuits = {origin(server.url)[1]: Circuit(3, NOW)}
        remembered = Remembered(circuits=circuits)
        (failure,) = answers(server.url, remembered=remembered, now=NOW + timedelta(seconds=59))
        assert server.asked == []
        (payload,) = answers(server.url, remembered=remembered, now=NOW + timedelta(seconds=60))
    assert "circuit open until 2024-07-15T12:04:00Z" in failure.message
    assert isinstance(payload, Fetched)


def test_a_trial_that_fails_is_the_only_one():
    with serving(lambda *_: (500, {"Retry-After": "999"}, b"")) as server:
        circuits = {origin(server.url)[1]: Circuit(3, NOW - timedelta(seconds=61))}
        answers(
            server.url, pattern="%H.csv", window=HOURS, remembered=Remembered(circuits=circuits)
        )
        assert len(server.asked) == 1
