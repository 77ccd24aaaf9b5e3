"""Two watchers look after each other, and a second one elsewhere takes a heartbeat."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

from alerts.watchdog import remembered
from alerts.watchdog.findings import AIRFLOW, OUTSIDE
from alerts.watchdog.memory import Memory
from alerts.watchdog.short_list import ShortList
from alerts.watchdog.watching import Watcher
from pipeline.world import Mode
from tests.alerts.channels.receiver import receiving, said
from tests.alerts.watchdog.watched import ids, listed
from tests.services import ROOT
from tests.valley import VALLEY


def test_each_watcher_sees_that_the_other_has_stopped_and_that_it_was_away_itself(
    watcher, night, at
):
    inside = Watcher(watcher.settings, night.channels, at, name=AIRFLOW)
    for _ in range(3):
        at.later(1)
        assert not {kind for kind in ids(watcher.once()) | ids(inside.once()) if "watch" in kind}
    for _ in range(11):
        at.later(1)
        found = ids(inside.once())
    assert f"watch:{OUTSIDE}" in found
    assert f"watch:{OUTSIDE}" in ids(watcher.once())
    assert f"watch:{OUTSIDE}" not in ids(watcher.once())


def test_a_live_watcher_misses_the_other_at_its_first_pass_and_not_itself(watcher, night, at):
    live = replace(watcher.settings, mode=Mode.LIVE)
    listed(night, 'airflow = "http://127.0.0.1:1"')
    inside = Watcher(live, night.channels, at, name=AIRFLOW)
    assert {i for i in ids(inside.once()) if "watch" in i} == {f"watch:{OUTSIDE}"}
    remembered.write(night.home, Memory())
    outside = Watcher(live, night.channels, at)
    assert {i for i in ids(outside.once()) if "watch" in i} == {f"watch:{AIRFLOW}"}
    assert not {i for i in ids(inside.once()) if "watch" in i}


def test_both_watchers_share_one_memory_so_nobody_is_told_twice(watcher, night, post, at):
    inside = Watcher(watcher.settings, night.channels, at, name=AIRFLOW)
    threads = [threading.Thread(target=each.once) for each in (watcher, inside)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(post.of(name)) for name in ("chief", "deputy")] == [1, 1]
    assert set(remembered.read(night.home).passes) == {OUTSIDE, AIRFLOW}


def test_a_watcher_that_stands_still_is_not_waited_for_for_ever(watcher, night):
    watcher.lock_s = 0.3
    with remembered.alone(night.home, within_s=1):
        assert watcher.once().told == 2


def test_the_heartbeat_goes_out_unless_somebody_should_know_and_does_not(
    watcher,
    night,
    post,
    at,
    certificate,
):
    with receiving(certificate) as second:
        url = f"{second.url}/ping/secret"
        listed(
            night, f'heartbeat = {{ url = "{url}", allow_private = ["127.0.0.0/8", "::1/128"] }}'
        )
        watcher.ca_bundle = str(certificate[0])
        watcher.once()
        (beat,) = second.posted
        assert beat.path == "/ping/secret"
        assert beat.body in {b"2 alarms", b"3 alarms"}, "the server's clock is not the tests'"
        post.default = "451 recipient"
        at.later(61)
        assert watcher.once().untold == 2
        assert len(second.posted) == 1
        post.default = "accept"
        second.default = said(500)
        for _ in range(11):
            at.later(1)
            found = watcher.once()
    assert "heartbeat" in ids(found)
    assert "secret" not in repr(ShortList.load(night.home))


def test_the_watch_inside_airflow_gives_no_heartbeat_for_the_one_outside(
    watcher,
    night,
    certificate,
):
    with receiving(certificate) as second:
        listed(
            night,
            f'heartbeat = {{ url = "{second.url}/x", allow_private = ["127.0.0.0/8", "::1/128"] }}',
        )
        Watcher(
            watcher.settings,
            night.channels,
            watcher.clock,
            name=AIRFLOW,
            ca_bundle=str(certificate[0]),
        ).once()
        assert second.posted == []


def test_the_loop_passes_by_itself_and_ends_at_term(tmp_path):
    command = [sys.executable, "-m", "alerts.cli", "watch", "--loop"]
    where = ["--site", str(VALLEY), "--home", str(tmp_path / "home")]
    process = subprocess.Popen([*command, *where], cwd=ROOT)
    try:
        for _ in range(600):
            if remembered.read(tmp_path / "home").passes:
                break
            time.sleep(0.1)
        assert set(remembered.read(tmp_path / "home").passes) == {OUTSIDE}
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
