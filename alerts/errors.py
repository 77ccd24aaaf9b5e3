"""The errors of alerts; each carries what its caller branches on."""

from __future__ import annotations

from typing import Final

LATER: Final = frozenset({425, 429, 503})
"""Statuses of HTTP (RFC 8470, 6585, 9110) with which a server has taken nothing for now."""
CURABLE: Final = frozenset({401, 402, 403, 404, 405, 407, *range(300, 400)})
"""Those that a cure on either side ends: a login, credit, an address, a server set up anew."""
REFUSED: Final = frozenset(range(400, 500)) - {408}
"""Those that a server says of the request itself; 408 may be a proxy's, of an answer it lost."""
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
        """Return what an answer by HTTP says that is no yes, after the text was handed over.

        What says no plain no is uncertain: behind 408 and 5xx but 503 a proxy may stand, whose
        server took the text.
        """
        again = status in LATER or status in CURABLE
        plain_no = again or status in REFUSED
        asked_s = wait_s if status in LATER else None
        return SendError(
            f"{channel}: answered {status}" + ("" if plain_no else ", and nothing plain"),
            retryable=again or not plain_no,
            uncertain=not plain_no,
            retry_after=None if asked_s is None else min(asked_s, MOST_WAIT_S),
        )


class Unreachable(SendError):
    """A provider could not be spoken to at all: it would take no other message now either."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)
