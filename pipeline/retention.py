"""Door: what has had its time goes; what a kept order was decided on stays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from typing_extensions import override

from pipeline import database
from pipeline.assess import RISK_KIND
from pipeline.database import Connection, Engine, reading
from pipeline.errors import NotKept
from pipeline.risk.site_arrays import SiteArrays
from pipeline.site.model import RiskConfig
from pipeline.site.store_settings import StoreSettings
from pipeline.store import cycles, log, pruning, spans, versions
from pipeline.store.pruning import Old
from pipeline.store.spans import Hours
from pipeline.world import World

__all__ = ["Keep", "Pruned", "give_back", "prune"]

AT_ONCE = 500
"""Rows deleted in one transaction: a cycle that wants to write waits for no more than that."""

Slot = tuple[World, datetime]


@dataclass(frozen=True, slots=True)
class Keep:
    """How long what is kept; None = for ever."""

    raw: timedelta | None = None
    observations: timedelta | None = None
    fetches: timedelta | None = None
    quarantine: timedelta | None = None
    replays: timedelta | None = None

    @classmethod
    def of(cls, store: StoreSettings) -> Keep:
        """Return what a site's settings say."""
        return cls(
            raw=_days(store.raw_days),
            observations=_days(store.observation_days),
            fetches=_days(store.fetch_days),
            quarantine=_days(store.quarantine_days),
            replays=_days(store.replay_days),
        )


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went, or would go.

    Attributes
    ----------
    needed : slots of kept orders, whose windows stayed
    """

    payloads: int = 0
    batches: int = 0
    segments: int = 0
    fetches: int = 0
    quarantined: int = 0
    cycles: int = 0
    needed: int = 0

    @override
    def __str__(self) -> str:
        """Return the counts in words."""
        return (
            f"{self.payloads} payloads, {self.batches} batches, {self.segments} segments,"
            f" {self.fetches} attempts, {self.quarantined} refused rows, {self.cycles} cycles of"
            f" replays; what {self.needed} orders were decided on stays"
        )


@dataclass(frozen=True, slots=True)
class _Going:
    """What goes of one site, by the names of `Pruned`."""

    rows: dict[str, Callable[[Connection], Old]]
    hours: list[Hours] = field(default_factory=list)


def prune(
    engine: Engine,
    site: str,
    keep: Keep,
    *,
    needed: Collection[Slot],
    now: datetime,
    confirm: bool,
) -> Pruned:
    """Delete what is older than it is kept, in short transactions; count it unless confirmed.

    Parameters
    ----------
    needed : slots that must stay explainable: the rows of their windows are not touched
    """
    with reading(engine) as connection:
        going = _going(connection, site, keep, needed, now)
        found = _counted(connection, site, going)
    found = replace(found, needed=len(needed))
    if confirm:
        for hours in going.hours:
            with engine.begin() as connection:
                pruning.delete_hours(connection, site, hours, at=now)
        for old in going.rows.values():
            while _some(engine, old) == AT_ONCE:
                pass
    return found


def give_back(engine: Engine) -> None:
    """Give back the room that deleted rows had; on SQLite writers wait for it."""
    database.give_back(engine, pruning.TABLES)


def _some(engine: Engine, old: Callable[[Connection], Old]) -> int:
    with engine.begin() as connection:
        return pruning.delete_some(connection, old(connection), AT_ONCE)


def _going(
    connection: Connection, site: str, keep: Keep, needed: Collection[Slot], now: datetime
) -> _Going:
    rows: dict[str, Callable[[Connection], Old]] = {}
    # Refused rows first: a payload stays as long as one of them speaks of it.
    if keep.quarantine is not None:
        refused = pruning.refused(site, now - keep.quarantine)
        rows["quarantined"] = lambda _connection: refused
    if keep.raw is not None:
        before = now - keep.raw
        rows["payloads"] = lambda connection: pruning.payloads(connection, site, before)
    if keep.fetches is not None:
        attempts = pruning.fetches(site, now - keep.fetches)
        rows["fetches"] = lambda _connection: attempts
    if keep.replays is not None:
        replayed = pruning.replayed(site, now - keep.replays)
        rows["cycles"] = lambda _connection: replayed
    if keep.observations is None:
        return _Going(rows)
    windows = list(_windows(connection, needed))
    free = spans.free(windows, log.hour_us(now - keep.observations))
    return _Going(rows, pruning.days(connection, site, free))


def _windows(connection: Connection, needed: Collection[Slot]) -> Iterator[Hours]:
    """Yield the hours that each needed decision reads, by its own configuration."""
    windows: dict[str, timedelta] = {}
    for world, slot in needed:
        bulletin = cycles.bulletin(connection, world, slot)
        if bulletin is None:
            continue  # a person's order before any bulletin: it reads nothing
        sha256 = bulletin.risk_config_sha256
        try:
            windows[sha256] = windows.get(sha256) or _window(connection, sha256)
        except NotKept:
            continue  # it cannot be rebuilt in any case
        yield log.hour_us(slot - windows[sha256]), log.hour_us(slot)


def _window(connection: Connection, sha256: str) -> timedelta:
    content = versions.version(connection, RISK_KIND, sha256)
    return SiteArrays.of(RiskConfig.model_validate_json(content)).window


def _counted(connection: Connection, site: str, going: _Going) -> Pruned:
    rows = {name: pruning.count(connection, old(connection)) for name, old in going.rows.items()}
    return Pruned(
        **rows,
        batches=sum(pruning.count(connection, pruning.batches(site, h)) for h in going.hours),
        segments=sum(pruning.count(connection, pruning.segments(site, h)) for h in going.hours),
    )


def _days(days: int | None) -> timedelta | None:
    return None if days is None else timedelta(days=days)
