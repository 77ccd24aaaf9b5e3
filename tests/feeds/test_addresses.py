"""An address names the times it is asked for, and leads nowhere else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import FetchError
from pipeline.feeds import addresses as module
from pipeline.feeds.addresses import addresses, linked, named, origin, redacted
from pipeline.feeds.client import fetch
from pipeline.feeds.source import Source
from pipeline.feeds.window import Window
from tests.feeds.samples import NOW, csv_spec

SIX = Window(datetime(2024, 1, 1, 18, 30, 59, tzinfo=UTC), datetime(2024, 1, 2, 0, 30, tzinfo=UTC))
BASE = "https://feeds.example:8443/v1/index.xml?page=1"


@pytest.mark.parametrize(
    ("where", "asked"),
    [
        ("https://e.org/iv?from={start}&to={end}", "https://e.org/iv?from=2024-01-01T18:30Z&to=2024-01-02T00:30Z"),
        ("https://e.org/{start:%Y-%m-%d}/{end:%H%M}", "https://e.org/2024-01-02/0830"),
        ("https://e.org/{start:%j}", "https://e.org/002"),
        ("https://e.org/?a={start.__class__}", "https://e.org/?a={start.__class__}"),
        ("https://e.org/?a={0}&b={other}&c={}", "https://e.org/?a={0}&b={other}&c={}"),
    ],
)  # fmt: skip
def test_the_window_stands_where_the_address_names_it(where, asked):
    assert named(Source(csv_spec(zone="Asia/Shanghai"), where), SIX) == asked


@given(st.text(max_size=80))
def test_what_names_no_window_stays_as_it_is(where):
    if "{start" not in where and "{end" not in where:
        assert named(Source(csv_spec(), where), SIX) == where


def test_a_feed_with_a_pattern_may_name_the_window_too():
    spec = csv_spec(pattern="%H.csv")
    source = Source(spec, "https://e.org/{start:%Y}")
    assert (
        addresses(source, Window(SIX.end, SIX.end + timedelta(hours=1)))[0]
        == "https://e.org/2024/01.csv"
    )


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("?page=2", "https://feeds.example:8443/v1/index.xml?page=2"),
        ("page2.xml", "https://feeds.example:8443/v1/page2.xml"),
        ("/other#top", "https://feeds.example:8443/other"),
        (" https://feeds.example:8443/a ", "https://feeds.example:8443/a"),
        ("HTTPS://FEEDS.example:8443/a", "https://FEEDS.example:8443/a"),
        ("http://feeds.example:8443/a", None),
        ("https://feeds.example/a", None),
        ("//evil.example:8443/a", None),
        ("https://feeds.example:8443@evil.example:8443/a", None),
        ("https://user@feeds.example:8443/a", None),
        ("https://feeds.example:8443\\@evil.example/a", None),
        ("\\\\evil.example\\a", None),
        ("file:///etc/passwd", None),
        ("javascript:1", None),
        ("https://[::1/a", None),
    ],
)
def test_a_link_leads_to_the_same_server_or_nowhere(link, address):
    assert linked(link, BASE) == address


@given(st.text(max_size=60))
def test_no_link_leads_elsewhere(link):
    address = linked(link, BASE)
    assert address is None or origin(address) == origin(BASE)


@given(st.text(max_size=60).map(lambda text: "http://" + text))
def test_any_address_has_an_origin_or_is_refused(address):
    redacted(address)
    try:
        scheme, host = origin(address)
    except FetchError:
        return
    assert scheme == "http"
    assert host.rpartition(":")[2].isdigit()


def test_a_port_is_the_schemes_where_none_is_named():
    assert origin("https://E.org/a") == ("https", "e.org:443")
    assert origin("http://e.org:443/a") != origin("https://e.org:443/a")


def test_a_folder_without_pattern_is_all_of_its_files(tmp_path, monkeypatch):
    for name in ("b.csv", "a.csv", ".c.csv"):
        (tmp_path / name).write_text(name)
    (tmp_path / "older").mkdir()
    source = Source(csv_spec(), str(tmp_path))
    assert addresses(source, SIX) == [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]
    monkeypatch.setattr(module, "MOST_FILES", 1)
    (failure,) = fetch(source, SIX, clock=lambda: NOW)
    assert "2 files; at most 1" in failure.message
