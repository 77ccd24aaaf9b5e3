"""Starts processes and owns their whole tree: what it started, it ends.

``airflow standalone`` cannot be trusted to stop: its scheduler's workers ignore TERM and outlive
it (measured, two of three). So each component gets a session of its own (a Ctrl-C in the terminal
reaches only us), we adopt whatever a component orphans (child subreaper), a stop is TERM to the
components and then KILL to every descendant, and one component's death stops all. The sessions
are also on disk, so that a supervisor that was itself killed can be cleaned up after.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from alerts.errors import AlertError

PR_SET_CHILD_SUBREAPER = 36
GRACE_S = 6.0
POLL_S = 0.1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StackError(AlertError):
    """A component could not be started, or died."""


class AlreadyRunning(StackError):
    """Another supervisor owns this home."""


class StopAsked(BaseException):
    """Somebody asked us to stop; like KeyboardInterrupt, no error."""


@dataclass(frozen=True, slots=True)
class Component:
    """One process of the stack; its output goes to ``<logs>/<name>.log``."""

    name: str
    command: tuple[str, ...]


@dataclass(slots=True)
class ProcessTree:
    """The processes that one supervisor started, and all that came of them.

    Attributes
    ----------
    state : the file that remembers the sessions
    logs : folder of the components' output
    environment : what every child sees
    grace_s : seconds from TERM to KILL
    """

    state: Path
    logs: Path
    environment: Mapping[str, str]
    grace_s: float = GRACE_S
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    stopping: bool = False
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def start(self, component: Component) -> subprocess.Popen[bytes]:
        """Start a component in a session of its own.

        Raises
        ------
        StackError
            The stack is being stopped: a set-up that still runs may start nothing more.
        """
        with self._guard, self._log(component.name).open("ab") as log:
            if self.stopping:
                raise StackError(f"{component.name} was not started: the stack is stopping")
            child = subprocess.Popen(  # noqa: S603 - our own commands
                component.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                start_new_session=True,
            )
            self.children[component.name] = child
            self.remember()
        return child

    def finish(self, component: Component) -> None:
        """Run a component to its end.

        Raises
        ------
        StackError
            It ended with an error; its log says which.
        """
        code = self.start(component).wait()
        with self._guard:
            del self.children[component.name]
        if code != 0:
            raise StackError(f"{component.name} ended with {code}; see {self._log(component.name)}")

    def watch(self, until: Callable[[], bool] | None = None, *, within_s: float = 120.0) -> None:
        """Wait until a condition holds, or without one for ever; a component's death ends it.

        Raises
        ------
        StackError
            A component died, or the condition did not hold in time.
        """
        waited = 0.0
        while until is None or not until():
            for name, child in self.children.items():
                if child.poll() is not None:
                    raise StackError(f"{name} died ({child.returncode}); see {self._log(name)}")
            if until is not None and waited > within_s:
                raise StackError(f"the stack was not ready within {within_s:.0f} s")
            time.sleep(POLL_S)
            waited += POLL_S

    def stop(self) -> None:
        """TERM to the components, a grace, then KILL to every descendant; none is left."""
        with self._guard:
            self.stopping = True
        for child in self.children.values():
            with suppress(ProcessLookupError):
                child.terminate()
        deadline = time.monotonic() + self.grace_s
        while time.monotonic() < deadline and any(
            child.poll() is None for child in self.children.values()
        ):
            time.sleep(POLL_S)
        while left := descendants(os.getpid()):
            kill_all(left)
            _reap()
            time.sleep(POLL_S)
        for child in self.children.values():
            # Reaped above, or dead while some of its threads are yet to end: it is told so.
            with suppress(subprocess.TimeoutExpired):
                child.wait(self.grace_s)
        self.children.clear()
        self.state.unlink(missing_ok=True)

    def remember(self) -> None:
        """Write down who we are and which sessions are ours."""
        sessions = [child.pid for child in self.children.values()]
        known = {"pid": os.getpid(), "boot": _boot(), "sessions": sessions}
        self.state.write_text(json.dumps(known))

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


@contextmanager
def owning(
    home: Path, environment: Mapping[str, str], *, grace_s: float = GRACE_S
) -> Iterator[ProcessTree]:
    """Own the stack of one home: one supervisor at a time, and no process left at the end.

    Raises
    ------
    AlreadyRunning
        Another supervisor owns this home.
    """
    folder = _run_folder(home)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"floodwarn already runs from {home}; `floodwarn stop` ends it"
            ) from None
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        _sweep(folder / "stack.json")
        tree = ProcessTree(folder / "stack.json", folder, environment, grace_s)
        before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
        try:
            tree.remember()
            for number in STOP_SIGNALS:
                signal.signal(number, _ask_to_stop)
            yield tree
        finally:
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            tree.stop()
            for number, old in before.items():
                signal.signal(number, old)


def stop(home: Path, *, within_s: float = 30.0) -> bool:
    """Stop the stack of a home, and whatever a killed supervisor left; tell if any ran."""
    folder = _run_folder(home)
    state = folder / "stack.json"
    ran = state.exists()
    with (folder / "lock").open("a") as lock:
        deadline = time.monotonic() + within_s
        asked = False
        while not _taken(lock):
            ran = True
            late = time.monotonic() > deadline
            if late or not asked:
                asked = _signal_owner(state, signal.SIGKILL if late else signal.SIGTERM)
            time.sleep(POLL_S)
        _sweep(state)
    return ran


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return our environment without any other Airflow's settings, and with `own`.

    What runs here talks to itself on 127.0.0.1; no proxy may stand between.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW_", "AIRFLOW__", "FLOODWARN_"))
    }
    direct = {name: _with_local(inherited.get(name, "")) for name in ("no_proxy", "NO_PROXY")}
    return inherited | direct | dict(own)


def _with_local(exempt: str) -> str:
    return ",".join(filter(None, (exempt, "127.0.0.1", "localhost")))


def descendants(root: int) -> set[int]:
    """Return every process below `root`, as the kernel sees it now."""
    parents = {pid: parent for pid, parent, _ in _processes()}
    found: set[int] = set()
    fresh = {root}
    while fresh:
        fresh = {pid for pid, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def kill_all(pids: set[int]) -> None:
    """KILL processes; those that are gone already are no matter."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _run_folder(home: Path) -> Path:
    folder = home / "run"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _ask_to_stop(_number: int, _frame: FrameType | None) -> None:
    raise StopAsked


def _taken(lock: object) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
    except BlockingIOError:
        return False
    return True


def _signal_owner(state: Path, number: signal.Signals) -> bool:
    # The lock is held, so the process that the file names is alive and is the owner. In the
    # moment before it has written the file we ask again at the next look.
    with suppress(FileNotFoundError, ValueError, ProcessLookupError):
        os.kill(int(json.loads(state.read_text())["pid"]), number)
        return True
    return False


def _sweep(state: Path) -> None:
    """End what a killed supervisor left: every member of the sessions that it started."""
    try:
        known = json.loads(state.read_text())
    except (FileNotFoundError, ValueError):
        return
    # After a reboot the same numbers are other people's processes.
    sessions = set(known["sessions"]) if known["boot"] == _boot() else set()
    while members := {pid for pid, _, session in _processes() if session in sessions}:
        kill_all(members | {below for pid in members for below in descendants(pid)})
        _reap()
        time.sleep(POLL_S)
    state.unlink(missing_ok=True)


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _reap() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass


def _processes() -> Iterator[tuple[int, int, int]]:
    """Yield (pid, parent, session) of every process that is not a zombie."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            # The command's name may hold anything, also a bracket: fields begin after the last.
            state, parent, _group, session = (
                (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            )
            if state != "Z":
                yield int(entry.name), int(parent), int(session)
