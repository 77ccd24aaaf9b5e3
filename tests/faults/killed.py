"""Run a step in a process of its own that is killed at its nth touch of the database."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, event

from pipeline.database import connect

TOUCHES = ("before_cursor_execute", "after_cursor_execute", "commit")
"""Before and after each statement, and before each commit; after a commit is before the next."""


class Touches:
    """Counts what an engine does, and kills this process at the nth."""

    def __init__(self, fatal: int) -> None:
        self.fatal = fatal
        self.count = 0

    def __call__(self, *_: object) -> None:
        self.count += 1
        if self.count == self.fatal:
            die()


def die() -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Process:
    """A fork of this process."""

    pid: int

    def kill(self) -> None:
        """End it as a power cut would."""
        os.kill(self.pid, signal.SIGKILL)


def started(work: Callable[[], object]) -> Process:
    """Begin some work in a fork."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return Process(child)


def ended(process: Process) -> str:
    """Wait for a fork; tell whether it was killed or done, or failed by itself."""
    _, status = os.waitpid(process.pid, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return "killed"
    return "failed" if os.waitstatus_to_exitcode(status) else "done"


def killed_at(fatal: int, url: str, step: Callable[[Engine], object]) -> bool:
    """Run `step` on an own engine in a fork; return whether it was killed before its end.

    Raises
    ------
    AssertionError
        The step failed by itself.
    """

    def work() -> None:
        engine = connect(url)
        touches = Touches(fatal)
        for touch in TOUCHES:
            event.listen(engine, touch, touches)
        step(engine)

    how = ended(started(work))
    assert how != "failed"
    return how == "killed"
