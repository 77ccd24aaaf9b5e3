"""What a person at the water saw, beside what the newest bulletin says of the village; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pipeline.bulletin import Evidence, Onset, VillageRisk
from pipeline.site.risk_settings import Signals


def as_reported(risk: VillageRisk, seen: Evidence, *, at: datetime) -> VillageRisk:
    """Return a village's risk with a report that its bulletin could not know; it lowers nothing.

    Until the next bulletin weighs it with the rest, its water is there where the report says so,
    and otherwise as near as it was.
    """
    raised, there = max(risk.level, seen.level), seen.saw is not None and seen.saw.is_at_the_houses
    return replace(
        risk,
        level=raised,
        signal=Signals().advice(raised) if raised > risk.level else risk.signal,
        onset=Onset(at, at, at) if there else risk.onset,
        evidence=tuple(sorted((*risk.evidence, seen), key=lambda e: -e.level)),
    )
