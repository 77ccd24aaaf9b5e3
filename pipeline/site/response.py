"""How long a village's water takes to come and go, and which villages lie above it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from pipeline.catchment.accumulation import time_of_concentration_h
from pipeline.site.model import Link, Village


@dataclass(frozen=True, slots=True)
class Response:
    """The time scale of one village's water.

    Attributes
    ----------
    calm_min : minutes that it must have been calm before the flood is over: twice the time of
        concentration, and the longest travel from a linked station upstream
    upstream : ids of the villages whose water comes through it, near and far
    """

    calm_min: int
    upstream: tuple[str, ...]


def responses(villages: Iterable[Village], links: Iterable[Link]) -> dict[str, Response]:
    """Return each village's response, by id.

    A village without an area has only the travel from upstream. Source: users.md 3.
    """
    named = tuple(villages)
    travel: dict[str, int] = defaultdict(int)
    for link in links:
        travel[link.village_id] = max(travel[link.village_id], link.travel_min)
    above = _above(named)
    return {
        village.village_id: Response(
            _twice_concentration_min(village) + travel[village.village_id],
            tuple(sorted(above[village.village_id])),
        )
        for village in named
    }


def _twice_concentration_min(village: Village) -> int:
    if village.area_km2 is None:
        return 0
    return ceil(2 * 60 * time_of_concentration_h(village.area_km2))


def _above(villages: tuple[Village, ...]) -> dict[str, set[str]]:
    """Return whose water comes through each village; a circle ends where it began."""
    below = {village.village_id: village.downstream_id for village in villages}
    above: dict[str, set[str]] = defaultdict(set)
    for village_id, next_down in below.items():
        at, seen = next_down, {village_id}
        while at is not None and at in below and at not in seen:
            above[at].add(village_id)
            seen.add(at)
            at = below[at]
    return above
