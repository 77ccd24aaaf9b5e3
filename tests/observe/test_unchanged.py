"""What a server says is unchanged is not read again, unless it would be read otherwise now."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.database import reading
from pipeline.feed_health import FeedState, feed_health
from pipeline.observation import KnownBasis
from pipeline.observe import ObserveFailed, observe
from pipeline.site.pack import load
from pipeline.store import fetches
from pipeline.store.fetches import FetchStatus
from pipeline.world import live
from tests.feeds.server import serving, tagged
from tests.valley import STORM_PEAK, live_like

HOUR = timedelta(hours=1)
AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
NOW = AT + timedelta(minutes=3)
LIVE = live("valley")


class Gauge:
    """A live copy of the valley whose rain comes over HTTP."""

    def __init__(self, engine, folder, server):
        self.engine, self.folder, self.server = engine, folder, server
        self.home = folder / "home"
        self.site = live_like(folder, self.home, storm_hour=STORM_PEAK, now_hour=AT)
        self.edit(
            '"${FLOODWARN_HOME}/incoming/rain.csv"',
            f'"{server.url}/rain.csv"\nallow_private = ["127.0.0.0/8"]\nbudget_s = 5.0',
        )

    def edit(self, old, new, file="feeds.toml"):
        path = self.site / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def observe(self, now=NOW, *, start=None, end=None, **more):
        pack = load(self.site, self.home)
        window = {"start": start or now - 6 * HOUR, "end": end or now}
        return observe(self.engine, pack, LIVE, "rain", now=now, **window, **more)

    def conditional(self):
        return ["If-None-Match" in headers for headers in self.server.headers]


@pytest.fixture
def gauge(engine, tmp_path):
    def body(_):
        return (tmp_path / "home/incoming/rain.csv").read_bytes()

    with serving(tagged(body, lambda _: f'"{len(body(_))}"')) as server:
        yield Gauge(engine, tmp_path, server)


def test_an_unchanged_feed_lives_and_is_not_read_again(gauge):
    first, again = gauge.observe(), gauge.observe(NOW + HOUR)
    assert (first.status, first.payloads) == (FetchStatus.OK, 1)
    assert (again.status, again.payloads, again.faults) == (FetchStatus.UNCHANGED, 0, 0)
    third = gauge.observe(NOW + 2 * HOUR)
    assert third.status is FetchStatus.UNCHANGED
    assert gauge.conditional() == [False, True, True]
    pack = load(gauge.site, gauge.home)
    (rain,) = [
        health
        for health in feed_health(gauge.engine, LIVE, pack, now=NOW + 2 * HOUR)
        if health.feed_id == "rain"
    ]
    assert rain.state is FeedState.FRESH
    assert rain.last_success is not None
    assert rain.last_success >= NOW + 2 * HOUR


def test_what_changed_is_read(gauge):
    gauge.observe()
    path = gauge.home / "incoming/rain.csv"
    path.write_text(path.read_text() + f"R01,rain_mm,{AT + HOUR:%Y-%m-%dT%H:%M:%SZ},7,\n")
    assert gauge.observe(NOW + HOUR).readings == 1


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("feeds.toml", 'unit = "mm"', 'unit = "mm"\nscale = 2.0'),
        ("stations.csv", "\nR02", "\nR92"),
        ("feeds.toml", "latency_min = ", "latency_min = 1"),
    ],
    ids=["scale", "stations", "latency"],
)
def test_after_an_edit_everything_is_read_again(gauge, file, old, new):
    gauge.observe()
    gauge.edit(old, new, file)
    assert gauge.observe(NOW + HOUR).status is FetchStatus.OK
    assert gauge.conditional() == [False, False]


def test_after_other_code_everything_is_read_again(gauge, monkeypatch):
    gauge.observe()
    monkeypatch.setattr("pipeline.remembered.code_version", lambda: "another")
    gauge.observe(NOW + HOUR)
    assert gauge.conditional() == [False, False]


def test_older_times_than_were_asked_for_are_read(gauge):
    gauge.observe()
    older = gauge.observe(NOW + HOUR, start=NOW - 12 * HOUR)
    assert (older.status, older.readings) == (FetchStatus.OK, 30)
    assert gauge.conditional() == [False, False]


def test_later_times_than_were_asked_for_are_read(gauge):
    gauge.observe(start=NOW - 9 * HOUR, end=NOW - 5 * HOUR)
    later = gauge.observe(NOW + timedelta(minutes=1), start=NOW - 9 * HOUR)
    assert (later.status, later.readings) == (FetchStatus.OK, 25)


def test_an_archive_is_read_whole(gauge):
    for _ in range(2):
        gauge.observe(basis=KnownBasis.DECLARED)
    gauge.observe(NOW + HOUR)
    assert gauge.conditional() == [False, False, False]


def test_a_payload_that_was_refused_is_read_again(gauge):
    path = gauge.home / "incoming/rain.csv"
    good = path.read_bytes()
    path.write_bytes(b"no,table\nof,ours\n")
    with pytest.raises(ObserveFailed):
        gauge.observe()
    with pytest.raises(ObserveFailed):
        gauge.observe(NOW + HOUR)
    path.write_bytes(good)
    assert gauge.observe(NOW + 2 * HOUR).readings > 0
    assert gauge.conditional() == [False, False, False]


def test_a_tag_that_the_server_no_longer_gives_is_not_sent_again(gauge):
    gauge.observe()
    rule = gauge.server.rule
    gauge.server.rule = lambda path, _: (200, {}, rule(path, {})[2])
    gauge.observe(NOW + HOUR)
    gauge.observe(NOW + 2 * HOUR)
    assert gauge.conditional() == [False, True, False]


def test_a_host_that_failed_three_cycles_is_left_alone_by_the_next_process(gauge):
    rule = gauge.server.rule
    gauge.server.rule = lambda *_: (503, {"Retry-After": "999"}, b"")
    for minute in range(3):
        with pytest.raises(ObserveFailed, match="HTTP 503"):
            gauge.observe(NOW + timedelta(seconds=minute))
    asked = len(gauge.server.asked)
    with pytest.raises(ObserveFailed, match="circuit open until"):
        gauge.observe(NOW + timedelta(seconds=30))
    assert len(gauge.server.asked) == asked
    gauge.server.rule = rule
    assert gauge.observe(NOW + timedelta(seconds=90)).status is FetchStatus.OK
    with reading(gauge.engine) as connection:
        attempts = fetches.history(connection, LIVE, "rain")
    assert [each.host_answered for each in attempts] == [True, None, False, False, False]
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+", each.host or "") for each in attempts)
