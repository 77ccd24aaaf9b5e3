"""Door: what the store holds, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.database import Engine, reading, revision, size_bytes
from pipeline.store import holdings as kept
from pipeline.store.holdings import FeedHoldings, Holdings

__all__ = ["Disk", "FeedHoldings", "Holdings", "disk", "holdings"]


@dataclass(frozen=True, slots=True)
class Disk:
    """What the database is.

    Attributes
    ----------
    size_bytes : on the disk; on PostgreSQL whatever else lies in the database too
    schema_revision : None where it was never migrated
    """

    size_bytes: int
    schema_revision: str | None


def holdings(engine: Engine, site: str) -> Holdings:
    """Count what the store keeps of a site."""
    with reading(engine) as connection:
        return kept.holdings(connection, site)


def disk(engine: Engine) -> Disk:
    """Return the size of the database and the revision of its schema."""
    with reading(engine) as connection:
        return Disk(size_bytes(connection), revision(connection))
