"""Door: one cycle from the store to its bulletin, and the bulletins of a world.

What was read is fixed by the cycle's stored cutoff and, for a cycle that was lived, by what was
stored when it was judged; so a retry, `explain` and a replay read the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline import instants
from pipeline.bulletin import RiskBulletin
from pipeline.code_version import code_version
from pipeline.database import Connection, Engine, reading
from pipeline.risk.judgement import Cycle, judge
from pipeline.risk.reported import standing as reports_standing
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.suspension import standing
from pipeline.site.model import RiskConfig
from pipeline.store import batches, cycles, hand_feeds, official, reports, suspensions, versions
from pipeline.store.columns import StoredBatch
from pipeline.store.known import Known
from pipeline.world import Mode, World

RISK_KIND = "risk"


def assess(
    engine: Engine,
    config: RiskConfig,
    world: World,
    slot: datetime,
    *,
    cutoff: datetime,
    now: datetime,
) -> RiskBulletin:
    """Judge one slot and keep its bulletin; a slot that was judged keeps its first answer.

    Parameters
    ----------
    cutoff : used by the first attempt; every retry reuses the stored one
    now : wall time; of a lived cycle, what is stored later is not read

    Raises
    ------
    StoreError
        Another process kept another decision for the slot.
    """
    site = SiteArrays.of(config)
    with engine.begin() as connection:
        cutoff = cycles.open_cycle(connection, world, slot, cutoff)
    with reading(engine) as connection:
        kept = cycles.bulletin(connection, world, slot)
        if kept is not None:
            return kept
        cycle = read_cycle(connection, site, world, slot, (cutoff, now))
    (bulletin,) = judge([cycle], site, code_version=code_version())
    with engine.begin() as connection:
        versions.keep_version(connection, RISK_KIND, config.site, config.to_bytes(), stored_at=now)
        cycles.save(connection, world, bulletin, assessed_at=now)
    return bulletin


def read_cycle(
    connection: Connection,
    site: SiteArrays,
    world: World,
    slot: datetime,
    at: tuple[datetime, datetime],
) -> Cycle:
    """Return what a cycle is judged on, as known at its cutoff.

    Parameters
    ----------
    at : the cutoff, and the wall time of the judgement
    """
    cutoff, judged_at = at
    stored_before = judged_at if world.mode is Mode.LIVE else None
    known = read_known(connection, site, slot, cutoff, stored_before=stored_before)
    messages = official.load(
        connection,
        site=site.config.site,
        start=cutoff,
        known_before=cutoff,
        stored_before=stored_before,
    )
    said = suspensions.said(connection, world, known_before=cutoff, stored_before=stored_before)
    words = hand_feeds.said(
        connection, site.config.site, known_before=cutoff, stored_before=stored_before
    )
    seen = reports.said(connection, world, known_before=cutoff, stored_before=stored_before)
    return Cycle(
        slot=slot,
        cutoff=cutoff,
        as_read=known,
        messages=messages.at(cutoff, cutoff),
        suspensions=standing(said, cutoff),
        hand_fed=words,
        reports=reports_standing(seen, cutoff, site.config.risk.reports),
    )


def read_known(  # noqa: PLR0913 - two clocks, and ways to add rows or leave them out
    connection: Connection,
    site: SiteArrays,
    slot: datetime,
    cutoff: datetime,
    *,
    stored_before: datetime | None = None,
    scenario: str = "",
    beside: Sequence[StoredBatch] = (),
) -> Known:
    """Return the rows of a slot's window as known at the cutoff.

    Parameters
    ----------
    beside : batches that are not in the log, read as if they were
    """
    start = slot - site.window
    revisions = batches.load(
        connection,
        site=site.config.site,
        start=start,
        end=slot + site.ahead,
        known_before=cutoff,
        scenario=scenario,
        stored_before=stored_before,
        forecasts=bool(site.ahead),
        beside=beside,
    )
    return revisions.at(cutoff, start, slot, ahead=site.ahead)


def bulletins(
    engine: Engine, world: World, *, after: datetime | None, upto: datetime | None = None
) -> list[RiskBulletin]:
    """Return the world's bulletins with after < slot <= upto, oldest first."""
    with reading(engine) as connection:
        return cycles.bulletins(connection, world, after=after, upto=upto)


def last_slot(engine: Engine, world: World, *, upto: datetime | None = None) -> datetime | None:
    """Return the newest slot of the world, up to one if it is given, that has a bulletin."""
    with reading(engine) as connection:
        return cycles.last_slot(connection, world, upto=upto)


def due_slots(
    engine: Engine, world: World, *, first: datetime, now: datetime, interval: timedelta
) -> list[datetime]:
    """Return the slots from `first` to `now` that have no bulletin yet and follow the last one.

    Parameters
    ----------
    now : in the world's own time: flood time in an exercise
    """
    last = last_slot(engine, world)
    start = first if last is None else max(first, last + interval)
    return instants.slots(start, now, interval)
