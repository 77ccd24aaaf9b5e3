"""What must have been looked at before people go home, and what of it is not met; pure."""

from __future__ import annotations

from alerts.episode import TierEpisode

CHECKLIST = {
    "rain": "it rains no more, and none is forecast that would matter",
    "upstream": "nothing comes from upstream",
    "official": "no official warning is in force",
    "slope": "the slopes have been looked at",
    "road": "the way home has been walked",
    "headcount": "all have been counted",
}
"""Source: users.md 15."""
DAYLIGHT = "daylight"


def unmet(
    checked: frozenset[str], episode: TierEpisode, *, dark: bool, counted: bool
) -> tuple[str, ...]:
    """Return what speaks against going home, in the list's order.

    A tick does not outweigh what is known: while something rises upstream, or where nobody has
    said of a place that all of it are counted, that item is not met.

    Parameters
    ----------
    checked : items that a person has ticked
    dark : at the place, now
    counted : of each place that would go home, somebody said so after its newest order to leave

    Source: users.md 13, a red closes at headcount.
    """
    seen = {"upstream"} if episode.guard is not None and not dark else set()
    seen |= set() if counted else {"headcount"}
    missing = tuple(item for item in CHECKLIST if item not in checked - seen)
    return (*missing, DAYLIGHT) if dark else missing
