"""A delivery as its row and its attempts tell it, for who holds the books together; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.outbox.delivery import Outcome, State


@dataclass(frozen=True, slots=True)
class Record:
    """One delivery with the outcomes of its attempts, in their order; None of one that is open.

    Attributes
    ----------
    created_at, expires_at, ended_at : wall time
    """

    key: str
    message_id: str
    contact_ref: str
    channel: str
    purpose: str
    state: State
    attempts: int
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    outcomes: tuple[Outcome | None, ...] = ()
