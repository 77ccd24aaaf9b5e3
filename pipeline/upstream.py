"""The threat up the river, shown to whoever lives below: it raises nobody, and nobody misses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.bulletin import RiskLevel
from pipeline.site.model import Village

SHOWN_FROM: Final = RiskLevel.ORANGE


@dataclass(frozen=True, slots=True)
class UpstreamThreat:
    """A place up the river that stands at a level.

    Attributes
    ----------
    places : down the river from it to whom it is shown; 1 = the next one
    """

    village_id: str
    level: RiskLevel
    places: int


def upstream_threats(
    villages: Iterable[Village], levels: Mapping[str, RiskLevel]
) -> dict[str, tuple[UpstreamThreat, ...]]:
    """Return what each place must know of those above it, the worst first, then the nearest.

    Whose township or county the place above belongs to makes no difference. Along a river the
    nearest place at a level speaks for those further up that stand no higher.

    Parameters
    ----------
    villages : by `downstream_id` a network without circles
    levels : of the newest bulletin; a place without one is at none
    """
    below = {village.village_id: village.downstream_id for village in villages}
    found: dict[str, list[UpstreamThreat]] = {}
    for village_id, first in below.items():
        level, at, places = levels.get(village_id, RiskLevel.NONE), first, 1
        while level >= SHOWN_FROM and at is not None and at in below:
            found.setdefault(at, []).append(UpstreamThreat(village_id, level, places))
            if levels.get(at, RiskLevel.NONE) >= level:
                break
            at, places = below[at], places + 1
    return {
        village_id: tuple(sorted(threats, key=lambda t: (-t.level, t.places, t.village_id)))
        for village_id, threats in found.items()
    }
