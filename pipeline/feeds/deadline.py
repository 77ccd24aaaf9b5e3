"""The time that a feed has; whatever the other side does, nobody waits longer."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import TypeVar

from pipeline.errors import FetchError

Given = TypeVar("Given")


class TooSlow(FetchError):
    """There was no whole answer by the deadline."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant of the monotonic clock, s."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline that lies so many seconds ahead."""
        return cls(time.monotonic() + seconds)

    @property
    def left_s(self) -> float:
        """Seconds until then; negative once it has passed."""
        return self.at - time.monotonic()

    def hold(self, work: Callable[[], Given], *, name: str) -> Given:
        """Return what `work` gives, or fail at the deadline whatever it does until then.

        A socket's time-out does not end it: every byte of a header or a body starts that anew. The
        thread that is left behind has nothing to give any more, and ends with the process at last.

        Raises
        ------
        TooSlow
            It gave nothing by then.
        """
        done: Future[Given] = Future()

        def run() -> None:
            try:
                done.set_result(work())
            except Exception as error:  # noqa: BLE001 - handed to the caller, as it is
                done.set_exception(error)

        Thread(target=run, name=name, daemon=True).start()
        try:
            return done.result(max(0.0, self.left_s))
        except TimeoutError:
            raise TooSlow("slower than its time budget") from None
