"""How much more left than a provider allows, in the worst of all windows."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.pace import Cap, Rate


def burst_of(times: Sequence[float], rate: Rate) -> float:
    """Return the least burst with which a rate allows these instants, in seconds, oldest first."""
    per_second, worst, least = rate.per_minute / 60, 0.0, float("inf")
    for number, at in enumerate(times):
        least = min(least, number - per_second * at)
        worst = max(worst, number - per_second * at - least + 1)
    return worst


def most_in(times: Sequence[float], cap: Cap) -> int:
    """Return the most of these instants, oldest first, that lie in one of a cap's windows."""
    worst, first = 0, 0
    for last, at in enumerate(times):
        while at - times[first] >= cap.seconds:
            first += 1
        worst = max(worst, last - first + 1)
    return worst
