"""What ends a call that would never end, wherever it hangs."""

from __future__ import annotations

import faulthandler
import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager

SPENT_S = 4.0
"""What grows with the square of a message takes minutes; a slow machine is no fault."""
STUCK_S = 60.0
"""On the clock: a library that is stuck runs no Python, so it is ended with the process."""


class Hung(BaseException):
    """A call took seconds of this process's own time; not an Exception, so nothing swallows it."""


@contextmanager
def watched() -> Iterator[None]:
    """Raise `Hung` in what takes seconds of processor time, not counting what others take."""

    def hung(_signal, _frame):
        raise Hung

    before = signal.signal(signal.SIGPROF, hung)
    faulthandler.dump_traceback_later(STUCK_S, exit=True)
    gc.freeze()  # what other tests have left is not for this call to look through
    signal.setitimer(signal.ITIMER_PROF, SPENT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        gc.unfreeze()
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGPROF, before)
