"""Cycles: one row per world and slot, with the cutoff that every retry reuses and the bulletin."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from pipeline.bulletin import RiskBulletin, from_bytes
from pipeline.database import insert_absent, named, within
from pipeline.errors import DecisionDiffers
from pipeline.instants import floor_to, from_us, text, to_us
from pipeline.store.tables import cycle
from pipeline.world import World

SECOND = timedelta(seconds=1)


def open_cycle(connection: Connection, world: World, slot: datetime, cutoff: datetime) -> datetime:
    """Open the cycle of a slot and return its STORED cutoff, which the first caller set.

    It is kept in whole seconds, as a bulletin prints it, so that both name the same instant.
    """
    insert_absent(
        connection,
        cycle,
        [named(world) | {"slot": to_us(slot), "cutoff": to_us(floor_to(cutoff, SECOND))}],
    )
    return from_us(connection.execute(select(cycle.c.cutoff).where(_at(world, slot))).scalar_one())


def save(
    connection: Connection, world: World, bulletin: RiskBulletin, *, assessed_at: datetime
) -> None:
    """Save the bulletin of a cycle; saving the same decision again changes nothing.

    Raises
    ------
    DecisionDiffers
        The slot was opened with another cutoff, or another decision is stored for it.
    """
    cutoff = open_cycle(connection, world, bulletin.slot, bulletin.cutoff)
    if cutoff != bulletin.cutoff:
        raise DecisionDiffers(
            f"slot {text(bulletin.slot)} was opened with cutoff {text(cutoff)},"
            f" not {text(bulletin.cutoff)}"
        )
    decision = bulletin.decision_sha256
    saved = connection.execute(
        update(cycle)
        .where(_at(world, bulletin.slot), cycle.c.decision_sha256.is_(None))
        .values(
            assessed_at=to_us(assessed_at),
            decision_sha256=decision,
            risk_config_sha256=bulletin.risk_config_sha256,
            code_version=bulletin.code_version,
            bulletin=zlib.compress(bulletin.to_bytes()),
        )
    ).rowcount
    if not saved:
        _expect(connection, world, bulletin.slot, decision)


def bulletin(connection: Connection, world: World, slot: datetime) -> RiskBulletin | None:
    """Return the bulletin of a slot; None while it is not assessed."""
    content = bulletin_bytes(connection, world, slot)
    return None if content is None else from_bytes(content)


def bulletin_bytes(connection: Connection, world: World, slot: datetime) -> bytes | None:
    """Return the canonical bytes of a slot's bulletin; None while it is not assessed."""
    kept = connection.execute(select(cycle.c.bulletin).where(_at(world, slot))).scalar_one_or_none()
    return None if kept is None else zlib.decompress(kept)


def bulletins(
    connection: Connection,
    world: World,
    *,
    after: datetime | None,
    upto: datetime | None = None,
) -> list[RiskBulletin]:
    """Return the world's bulletins with after < slot <= upto, oldest first."""
    wanted = [within(cycle, world), cycle.c.bulletin.is_not(None)]
    if after is not None:
        wanted.append(cycle.c.slot > to_us(after))
    if upto is not None:
        wanted.append(cycle.c.slot <= to_us(upto))
    kept = connection.execute(select(cycle.c.bulletin).where(*wanted).order_by(cycle.c.slot))
    return [from_bytes(zlib.decompress(content)) for content in kept.scalars()]


def assessed_at(connection: Connection, world: World, slot: datetime) -> datetime | None:
    """Return when the slot's bulletin was saved first; None while it is not assessed."""
    us = connection.execute(
        select(cycle.c.assessed_at).where(_at(world, slot))
    ).scalar_one_or_none()
    return None if us is None else from_us(us)


def last_slot(
    connection: Connection, world: World, *, upto: datetime | None = None
) -> datetime | None:
    """Return the newest slot of the world, up to one if it is given, that has a bulletin."""
    wanted = [within(cycle, world), cycle.c.bulletin.is_not(None)]
    if upto is not None:
        wanted.append(cycle.c.slot <= to_us(upto))
    newest = connection.execute(select(func.max(cycle.c.slot)).where(*wanted)).scalar_one()
    return None if newest is None else from_us(newest)


def _at(world: World, slot: datetime) -> ColumnElement[bool]:
    return and_(within(cycle, world), cycle.c.slot == to_us(slot))


def _expect(connection: Connection, world: World, slot: datetime, decision: str) -> None:
    stored = connection.execute(
        select(cycle.c.decision_sha256).where(_at(world, slot))
    ).scalar_one()
    if stored != decision:
        raise DecisionDiffers(
            f"slot {text(slot)} of world {world.world_id} holds decision {stored[:12]},"
            f" not {decision[:12]}"
        )
