"""What a person at the water saw, as the log of deeds keeps it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from alerts.ledger.actions import Deed, Verb
from alerts.tier import Tier
from pipeline import instants
from pipeline.bulletin import Evidence, RiskLevel, Sighting
from pipeline.reports import Report, evidence

SEEN: Final = "seen"


def subject_of(saw: Sighting, seen_at: datetime) -> str:
    """Return a sighting as a deed's subject writes it."""
    return f"{SEEN}:{saw}:{instants.text(seen_at)}"


def report_of(deed: Deed) -> Report:
    """Return what a deed of that verb reports."""
    _, saw, seen_at = (deed.subject or "").split(":", 2)
    return Report(
        village_id=deed.village_id,
        known_at=deed.flood_at,
        seen_at=instants.parse(seen_at),
        saw=Sighting(saw),
        by_ref=deed.by_ref,
        words=deed.reason,
    )


def seen_by(deed: Deed) -> Evidence | None:
    """Return a deed as evidence of its tier; None where it reports nothing that speaks for one."""
    if deed.verb is not Verb.REPORT or deed.tier is Tier.NONE:
        return None
    return evidence(report_of(deed), RiskLevel(int(deed.tier)), cutoff=deed.flood_at)
