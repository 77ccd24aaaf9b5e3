"""Rows that a person fed by hand: they stand in a feed of their own, beside what was fetched.

So nothing that was fetched is hidden or taken back by a hand, and whoever reads a row can tell it
for ever: by compaction, export and replay it keeps the feed's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

MARK: Final = "@hand"
"""No feed of feeds.toml can have it in its name."""


@dataclass(frozen=True, slots=True)
class HandFed:
    """One person's word on a file that was fed by hand.

    Attributes
    ----------
    feed_id : as the log has it
    known_at : when the first of its rows could be used
    first, last : valid times of its rows
    by_ref : who, as they said
    """

    feed_id: str
    payload_sha256: str
    known_at: datetime
    first: datetime
    last: datetime
    by_ref: str
    reason: str


def hand_feed(feed_id: str) -> str:
    """Return the feed in which rows stand that a person gave in a feed's place."""
    return feed_id + MARK


def is_by_hand(feed_id: str) -> bool:
    """Tell whether the rows of a feed of the log were fed by hand."""
    return feed_id.endswith(MARK)
