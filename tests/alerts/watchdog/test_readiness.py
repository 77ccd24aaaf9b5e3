"""A live deployment that nobody watches from elsewhere does not pass the check."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.readiness import findings_of
from alerts.watchdog.short_list import WATCH
from pipeline.settings import from_environment
from pipeline.world import Mode
from tests.alerts.night import WALL
from tests.valley import VALLEY

WHOLE = """schema = "floodwarn.watch/1"
heartbeat = { url = "https://second.example/ping/secret" }
[[contacts]]
ref = "chief"
email = "chief@mailbox.invalid"
"""


def found(home, mode, text=None, *, chmod=0o600):
    home.mkdir()
    if text is not None:
        (home / WATCH).write_text(text)
        (home / WATCH).chmod(chmod)
    settings = replace(from_environment(site=VALLEY, home=home), mode=mode)
    findings = [f for f in findings_of(settings, WALL) if f.file.endswith(WATCH)]
    assert {f.severity for f in findings} <= {"error"}
    assert "secret" not in repr(findings)
    return {f.field for f in findings}


def test_a_watch_with_a_list_and_a_second_watcher_has_no_finding(tmp_path):
    assert found(tmp_path / "home", Mode.LIVE, WHOLE) == set()


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (None, {None, "contacts", "heartbeat"}),
        ('schema = "floodwarn.watch/1"', {"contacts", "heartbeat"}),
        (WHOLE.replace("heartbeat =", "#"), {"heartbeat"}),
        (WHOLE.replace("https", "http"), {None, "contacts", "heartbeat"}),
        (WHOLE.replace("@", ""), {None, "contacts"}),
    ],
)
def test_live_without_either_is_an_error(tmp_path, text, fields):
    assert found(tmp_path / "home", Mode.LIVE, text) == fields


def test_an_exercise_needs_none_but_one_that_is_there_must_be_good(tmp_path):
    assert found(tmp_path / "a", Mode.EXERCISE) == set()
    assert found(tmp_path / "b", Mode.EXERCISE, WHOLE) == set()
    assert found(tmp_path / "c", Mode.EXERCISE, WHOLE, chmod=0o644) == {None}
