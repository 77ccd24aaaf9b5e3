"""Episodes: one row a revision, and the faults that kept a village from its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, func, select, tuple_

from alerts.episode import TierEpisode
from alerts.tables import episode as episodes
from alerts.tables import warning_fault
from pipeline.database import insert_absent, named, within
from pipeline.instants import from_us, to_us
from pipeline.world import World

_age = tuple_(episodes.c.opened, episodes.c.revision)


class Cause(StrEnum):
    """What moved an episode to a revision."""

    BULLETIN = "bulletin"
    ORDER = "order"
    REPORT = "report"
    LOWER = "lower"
    CLOSURE = "closure"
    RELEASE = "release"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong for one village at one slot, while the others went on."""

    slot: datetime
    village_id: str
    fault: str


def append(connection: Connection, world: World, state: TierEpisode, cause: Cause) -> bool:
    """Add one revision; False where that revision is there already."""
    row = {
        **named(world),
        "episode_id": state.episode_id,
        "revision": state.revision,
        "village_id": state.village_id,
        "opened": to_us(state.opened),
        "slot": to_us(state.last_slot or state.tier_since),
        "tier": int(state.tier),
        "state": state.to_bytes(),
        "state_sha256": state.sha256,
        "cause": cause.value,
        "closed": int(state.closed is not None),
    }
    return insert_absent(connection, episodes, [row]) == 1


def newest(connection: Connection, world: World) -> dict[str, TierEpisode]:
    """Return the newest state, open or closed, of every village that ever had an episode."""
    return {
        state.village_id: state
        for (content,) in connection.execute(_newest(world))
        for state in (TierEpisode.from_bytes(content),)
    }


def newest_of(connection: Connection, world: World, village_id: str) -> TierEpisode | None:
    """Return the newest state of one village's newest episode."""
    content = connection.execute(_newest(world, village_id)).scalar_one_or_none()
    return None if content is None else TierEpisode.from_bytes(content)


def revision(
    connection: Connection, world: World, episode_id: str, number: int
) -> TierEpisode | None:
    """Return one revision of an episode."""
    content = connection.execute(
        select(episodes.c.state).where(
            within(episodes, world),
            episodes.c.episode_id == episode_id,
            episodes.c.revision == number,
        )
    ).scalar_one_or_none()
    return None if content is None else TierEpisode.from_bytes(content)


def slots(
    connection: Connection,
    world: World,
    village_id: str,
    *,
    after: TierEpisode | None,
    upto: tuple[str, int],
) -> tuple[datetime, ...]:
    """Return the slots of a village's states after one, up to an episode's revision."""
    last = revision(connection, world, *upto)
    if last is None:
        return ()
    wanted = [
        within(episodes, world),
        episodes.c.village_id == village_id,
        _age <= (to_us(last.opened), last.revision),
    ]
    if after is not None:
        wanted.append(_age > (to_us(after.opened), after.revision))
    chosen = select(episodes.c.slot).where(*wanted)
    rows = connection.execute(chosen.order_by(episodes.c.opened, episodes.c.revision))
    return tuple(from_us(slot) for (slot,) in rows)


def with_sha256(connection: Connection, world: World, sha256: str) -> TierEpisode | None:
    """Return the state that has this content hash."""
    content = connection.execute(
        select(episodes.c.state)
        .where(within(episodes, world), episodes.c.state_sha256 == sha256)
        .limit(1)
    ).scalar_one_or_none()
    return None if content is None else TierEpisode.from_bytes(content)


def record_fault(
    connection: Connection, world: World, fault: Fault, *, stored_at: datetime
) -> None:
    """Record what kept one village from its warning."""
    row = {
        **named(world),
        "slot": to_us(fault.slot),
        "village_id": fault.village_id,
        "fault": fault.fault,
        "stored_at": to_us(stored_at),
    }
    insert_absent(connection, warning_fault, [row])


def faults(connection: Connection, world: World, *, since: datetime) -> tuple[Fault, ...]:
    """Return the faults at slots from `since` on, oldest first."""
    rows = connection.execute(
        select(warning_fault)
        .where(within(warning_fault, world), warning_fault.c.slot >= to_us(since))
        .order_by(warning_fault.c.slot, warning_fault.c.village_id)
    )
    return tuple(Fault(from_us(row.slot), row.village_id, row.fault) for row in rows)


def _newest(world: World, village_id: str | None = None) -> Select[Any]:
    here = [within(episodes, world)]
    if village_id is not None:
        here.append(episodes.c.village_id == village_id)
    ranked = (
        select(
            episodes.c.village_id,
            episodes.c.state,
            func.row_number()
            .over(
                partition_by=episodes.c.village_id,
                order_by=(episodes.c.opened.desc(), episodes.c.revision.desc()),
            )
            .label("age"),
        )
        .where(*here)
        .subquery()
    )
    return select(ranked.c.state).where(ranked.c.age == 1).order_by(ranked.c.village_id)
