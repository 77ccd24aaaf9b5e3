"""How long an order waits for an approver, and what makes it go without asking; pure.

An approver's silence never stops an order: it goes by itself when the wait is over. A "no" holds
it back for a while, with a reason, and dies on new evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from alerts.tier import Tier
from alerts.warning_config import WarningConfig
from pipeline.bulletin import Evidence, Indicator, RiskLevel, VillageRisk

KINDS = {
    Indicator.RAIN: "rain",
    Indicator.FORECAST: "rain",
    Indicator.MODEL: "rain",
    Indicator.STAGE: "river",
    Indicator.DISCHARGE: "river",
    Indicator.UPSTREAM: "river",
    Indicator.REPORT: "people",
    Indicator.OFFICIAL: "authority",
}
"""What an evidence rests on: two of one kind may be wrong together. A lost gauge is evidence of
nothing seen, and so of no kind."""
AT_THE_VILLAGE = frozenset({Indicator.STAGE, Indicator.DISCHARGE})
INDEPENDENT = 2


def wait(tier: Tier, risk: VillageRisk, config: WarningConfig) -> timedelta:
    """Return how long an order to a village waits for an approver before it goes by itself.

    Yellow asks nobody to leave, so it never waits. Red does not wait where it is `certain`. What is
    stated of the village counts before what the site says.

    Source: users.md 11.
    """
    own = config.approval_of(risk.village_id)
    match tier:
        case Tier.ORANGE if own.orange_minutes is not None:
            minutes = own.orange_minutes
        case Tier.ORANGE if config.send_orange == "approve":
            minutes = config.approve_orange_minutes
        case Tier.RED if certain(risk):
            minutes = 0
        case Tier.RED if own.red_minutes is not None:
            minutes = own.red_minutes
        case Tier.RED if config.send_red == "approve":
            minutes = config.approve_red_minutes
        case _:
            minutes = 0
    return timedelta(minutes=minutes)


def certain(risk: VillageRisk) -> bool:
    """Tell whether red needs no approver: the river is over it, or independent evidences agree."""
    red = [e for e in risk.evidence if e.level >= RiskLevel.RED]
    if any(e.indicator in AT_THE_VILLAGE for e in red):
        return True
    kinds = {KINDS[e.indicator] for e in red if e.indicator in KINDS}
    if risk.official is RiskLevel.RED:
        kinds.add(KINDS[Indicator.OFFICIAL])
    return len(kinds) >= INDEPENDENT


def is_new(evidence: Iterable[Evidence], than: Iterable[Evidence], tier: Tier) -> bool:
    """Tell whether something speaks for a tier that did not when an approver refused it.

    Another station, duration or indicator counts, and the same one speaking for more.
    """
    known: dict[tuple[object, ...], RiskLevel] = {}
    for seen in than:
        known[_what(seen)] = max(seen.level, known.get(_what(seen), RiskLevel.NONE))
    return any(
        e.level >= RiskLevel(int(tier)) and e.level > known.get(_what(e), RiskLevel.NONE)
        for e in evidence
    )


def _what(evidence: Evidence) -> tuple[object, ...]:
    return evidence.indicator, evidence.station_id, evidence.duration_h
