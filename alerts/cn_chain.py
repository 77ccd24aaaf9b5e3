"""Under which number each draft in the Chinese national form is filed, and what it continues; pure.

Nothing is counted as it is drafted: the numbers follow from what was issued, so the same draft
written again has the same name, and two that differ never share one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from alerts.cn_alert import PER_MINUTE, Filing, Publisher
from alerts.tier import Tier

Key = tuple[str, int]
"""Episode and revision."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of an episode, as it was issued.

    Attributes
    ----------
    at : UTC (flood time) at which it was sent
    """

    episode_id: str
    revision: int
    tier: Tier
    at: datetime

    @property
    def key(self) -> Key:
        """Which message it is."""
        return self.episode_id, self.revision


def filings(publisher: Publisher, entries: Iterable[Entry]) -> dict[Key, Filing]:
    """Return the filing of each message, each with an identifier of its own.

    A chain begins with an episode's first message and ends where its tier is lifted; a tier that
    rises again begins another. What says that people may go home after that lifts nothing, and has
    no filing; nor has what finds no number free, for the form has but 600 for one minute.

    Parameters
    ----------
    entries : all of a world, in the order in which they were issued
    """
    found: dict[Key, Filing] = {}
    taken: set[str] = set()
    first: dict[str, str] = {}
    for entry in entries:
        begun = first.get(entry.episode_id)
        if entry.tier is Tier.NONE and begun is None:
            continue
        filing = _free(publisher, entry, begun, taken)
        if filing is not None:
            found[entry.key] = filing
            taken.add(filing.identifier(entry.at))
            first.setdefault(entry.episode_id, filing.identifier(entry.at))
        if entry.tier is Tier.NONE:
            first.pop(entry.episode_id, None)
    return found


def _free(publisher: Publisher, entry: Entry, begun: str | None, taken: set[str]) -> Filing | None:
    """Return the filing under the first number that is free.

    All before a chain's first are taken by then, so what comes later in it has a later name.
    """
    for serial in range(PER_MINUTE):
        filing = Filing(publisher, serial, begun)
        if filing.identifier(entry.at) not in taken:
            return filing
    return None
