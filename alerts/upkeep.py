"""Door: the store's upkeep, so far as the ledger has a say: what must stay, what must not be sent.

It pages no one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from alerts.deployment import Deployment
from alerts.ledger import decided
from alerts.takeover import Begun, Cause, begin, take_charge
from pipeline import backup, compaction, late, retention
from pipeline.backup import Manifest
from pipeline.compaction import Compacted
from pipeline.database import Connection, Engine, reading
from pipeline.retention import Keep, Pruned
from pipeline.settings import Settings
from pipeline.world import live

__all__ = ["Restored", "compact", "prune", "prune_by_site", "restore", "review_late"]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back.

    Attributes
    ----------
    held : deliveries that were waiting then, and that nobody sends until a person lets them go
    fenced : every other host is stopped
    """

    manifest: Manifest
    held: int
    fenced: bool


def restore(
    engine: Engine, file: Path, settings: Settings, *, now: datetime, in_charge: bool = True
) -> Restored:
    """Take a backup into an empty database, in which nothing is sent until a person releases it.

    Parameters
    ----------
    in_charge : stop whoever else may send, where there is a fence; False of a rehearsal

    Raises
    ------
    BackupError, DatabaseInUse
        As `pipeline.backup.restore`.
    Unseen
        All is back and held, but the fence cannot be seen.
    """
    begun: list[Begun] = []

    def keep_back(connection: Connection) -> None:
        begun.append(begin(connection, settings, Cause.RESTORE, by=None, now=now))

    manifest = backup.restore(engine, file, hold=keep_back)
    (done,) = begun
    fence = take_charge(engine, settings, done.epoch, fence=in_charge)
    return Restored(manifest, done.held, fence)


def compact(deployment: Deployment, *, now: datetime) -> Compacted:
    """Rewrite the days that have been over for as long as the site says."""
    pack = deployment.pack
    before = now - timedelta(days=pack.store.compact_after_days)
    return compaction.compact(deployment.engine, pack.site_id, before=before, now=now)


def prune_by_site(deployment: Deployment, *, now: datetime) -> Pruned:
    """Delete what the site keeps no longer; of a site that says nothing, nothing."""
    pack = deployment.pack
    return prune(deployment.engine, pack.site_id, Keep.of(pack.store), now=now, confirm=True)


def prune(
    engine: Engine, site: str, keep: Keep, *, now: datetime, confirm: bool, spare: bool = True
) -> Pruned:
    """Delete what has had its time; count it unless confirmed.

    Parameters
    ----------
    spare : whether what kept orders were decided on stays
    """
    with reading(engine) as connection:
        needed = decided.slots(connection, site) if spare else frozenset()
    return retention.prune(engine, site, keep, needed=needed, now=now, confirm=confirm)


def review_late(deployment: Deployment, *, now: datetime) -> str:
    """Judge again the live slots that late data touch; nobody is told of the past."""
    pack = deployment.pack
    horizon = timedelta(hours=pack.store.late_horizon_h)
    found = late.review(deployment.engine, live(pack.site_id), horizon=horizon, now=now)
    changed = sum(bool(one.changes) for one in found)
    return f"late data touch {len(found)} past cycles and would have changed {changed}"
