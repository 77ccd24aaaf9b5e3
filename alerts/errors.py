"""The errors of alerts; each carries what its caller branches on."""

from __future__ import annotations

from typing import Final

AGAIN: Final = frozenset({408, 425, 429, *range(500, 600)})
"""Statuses of HTTP (RFC 9110, RFC 6585) after which the same request may be taken later."""
REFUSED: Final = range(300, 500)
MOST_WAIT_S: Final = 600.0
"""Of a wish to be left alone, what is granted: an order is worth less later."""


class AlertError(Exception):
    """Anything in alerts that a caller must handle.

    Attributes
    ----------
    retryable : bool
        The same call may succeed later without anybody changing anything.
    retry_after : float or None
        Seconds that the other side asked us to wait, where it did.
    """

    retryable: bool = False
    retry_after: float | None = None

    @property
    def permanent(self) -> bool:
        """Whether only a person or a changed input can make the call succeed."""
        return not self.retryable


class NothingToDo(AlertError):
    """The run has no part to play here and now; no fault."""


class RosterError(AlertError):
    """The contacts file is missing, open to others, or malformed."""


class Refused(AlertError):
    """A person asked for something that the rules do not let them do."""


class Repeated(Refused):
    """A person's form came a second time: what it asks for has just been done."""


class NotGone(Refused):
    """What a village has not been told is not for others to read."""


class SendError(AlertError):
    """A provider did not take a message.

    Attributes
    ----------
    uncertain : bool
        The provider may have taken it: the answer was lost after the message was handed over.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool,
        uncertain: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.uncertain = uncertain
        self.retry_after = retry_after

    @classmethod
    def answered(cls, channel: str, status: int, wait_s: float | None) -> SendError:
        """Return what an answer by HTTP says that is no yes; what says no plain no is uncertain."""
        plain_no = status in AGAIN or status in REFUSED
        return SendError(
            f"{channel}: answered {status}" + ("" if plain_no else ", and nothing plain"),
            retryable=status in AGAIN or not plain_no,
            uncertain=not plain_no,
            retry_after=None if wait_s is None else min(wait_s, MOST_WAIT_S),
        )


class Unreachable(SendError):
    """A provider could not be spoken to at all: it would take no other message now either."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)
