"""What a supervisor starts, it ends: whatever ends the supervisor, and whatever its children do."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alerts import supervisor
from alerts.supervisor import descendants
from tests.services import ROOT

Started = tuple[subprocess.Popen[str], set[int]]


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Start a supervisor of stubborn components in a home whose path has a space."""
    running: list[subprocess.Popen[str]] = []

    def start(*names: str) -> Started:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.supervisor.stubborn", str(tmp_path / "a home"), *names],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        running.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.3)  # the components' own children
        return process, descendants(process.pid)

    yield start
    for process in running:
        process.kill()
        process.communicate()
    supervisor.stop(tmp_path / "a home")


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if Path(f"/proc/{pid}").exists() and not _zombie(pid)}


def _zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_leaves_no_process_even_of_those_that_ignore_it(play, number, monkeypatch):
    process, children = play("ignores", "orphans")
    assert len(children) >= 4
    process.send_signal(number)
    assert process.wait(timeout=30) == 0
    assert not alive(children)


def test_one_components_death_ends_all_and_is_named(play):
    process, children = play("ignores", "dies")
    _, said = process.communicate(timeout=30)
    assert process.returncode == 3
    assert "dies died (7)" in said
    assert not alive(children)


def test_one_home_has_one_supervisor(play):
    play("orphans")
    second, _ = play("orphans")
    _, said = second.communicate(timeout=10)
    assert second.returncode == 3
    assert "already runs" in said


def test_stop_ends_the_supervisor_of_that_home_and_says_whether_any_ran(play, tmp_path):
    process, children = play("ignores", "orphans")
    assert supervisor.stop(tmp_path / "a home") is True
    assert process.wait(timeout=5) == 0
    assert not alive(children)
    assert supervisor.stop(tmp_path / "a home") is False


def test_what_a_killed_supervisor_left_is_ended_by_the_next_stop(play, tmp_path):
    process, children = play("ignores")
    process.kill()
    process.wait()
    assert alive(children)
    assert supervisor.stop(tmp_path / "a home") is True
    assert not alive(children)


def test_what_a_killed_supervisor_left_is_ended_by_the_next_start(play):
    process, children = play("ignores")
    process.kill()
    process.wait()
    _, fresh = play("ignores")
    assert not alive(children)
    assert alive(fresh)


def test_sessions_of_another_boot_are_left_alone(tmp_path):
    bystander = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "stack.json").write_text(
            f'{{"pid": 1, "boot": "another", "sessions": [{bystander.pid}]}}'
        )
        supervisor.stop(tmp_path)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_no_other_airflows_settings_reach_a_component(monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "True")
    monkeypatch.setenv("AIRFLOW_HOME", "/elsewhere")
    monkeypatch.setenv("FLOODWARN_MODE", "live")
    own = supervisor.environment({"FLOODWARN_MODE": "exercise"})
    assert not [name for name in own if name.startswith("AIRFLOW")]
    assert own["FLOODWARN_MODE"] == "exercise"
