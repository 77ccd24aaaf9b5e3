"""Door: what the store holds, in numbers."""

from __future__ import annotations

from pipeline.database import Engine, reading
from pipeline.store import holdings as kept
from pipeline.store.holdings import Holdings

__all__ = ["Holdings", "holdings"]


def holdings(engine: Engine, site: str) -> Holdings:
    """Count what the store keeps of a site."""
    with reading(engine) as connection:
        return kept.holdings(connection, site)
