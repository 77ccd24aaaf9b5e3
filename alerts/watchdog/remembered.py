"""The file in which the watch remembers: whole or not at all, one watcher at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

from alerts.watchdog.memory import Memory
from alerts.whole_file import put

STATE = "watch.state.json"
LOCK = "watch.lock"
LOCK_S = 90.0
"""For which another watcher's pass is waited for; after that better twice than never."""
POLL_S = 0.2


def read(home: Path) -> Memory:
    """Return what is remembered; nothing where there is no file or none that can be read."""
    try:
        return Memory.from_bytes((home / STATE).read_bytes())
    except (OSError, ValueError):
        return Memory()


def write(home: Path, memory: Memory) -> None:
    """Keep what is remembered, in a file of mode 600.

    Raises
    ------
    OSError
        The disk does not take it.
    """
    put(home / STATE, memory.to_bytes(), mode=0o600)


@contextmanager
def alone(home: Path, *, within_s: float) -> Iterator[None]:
    """Let one watcher decide and tell at a time; one that stands still is not waited for longer."""
    try:
        file = (home / LOCK).open("w")
    except OSError:
        yield
        return
    with file:
        _take(file.fileno(), until=monotonic() + within_s)
        yield


def _take(number: int, *, until: float) -> None:
    while True:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if monotonic() >= until:
                return
            Event().wait(POLL_S)
        else:
            return
