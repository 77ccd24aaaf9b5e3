"""Door: keep what a person saw at the water, and what counts."""

from __future__ import annotations

from datetime import datetime

from pipeline.database import Engine, reading
from pipeline.risk.reported import Report, evidence, standing
from pipeline.site.risk_settings import ReportSettings
from pipeline.store import reports
from pipeline.store.reports import keep
from pipeline.world import World

__all__ = ["Report", "evidence", "keep", "standing_at"]


def standing_at(
    engine: Engine, world: World, at: datetime, settings: ReportSettings
) -> tuple[Report, ...]:
    """Return the reports that a cycle with that cutoff counts."""
    with reading(engine) as connection:
        return standing(reports.said(connection, world, known_before=at), at, settings)
