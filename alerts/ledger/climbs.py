"""How far each order has climbed its ladder, and what those on a rung were told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from alerts.ladder import Climb
from alerts.ledger.notices import Letter
from alerts.ledger.waited_for import Order
from alerts.said import Said
from alerts.tables import climb as climbs
from alerts.tables import ladder_call as calls
from pipeline.database import batched, insert_absent, named, within
from pipeline.instants import to_us
from pipeline.world import World

TRY: Final = "try"
"""In the place of a stage: an order that was put once more to its own people."""
Key = tuple[str, int, str]
"""Episode, revision and place."""


def climbed(
    connection: Connection, world: World, orders: Iterable[Order]
) -> dict[Key, set[tuple[str, int]]]:
    """Return the stage and rung of every try and call that was made of those orders."""
    found: dict[Key, set[tuple[str, int]]] = {order.key: set() for order in orders}
    episodes = sorted({episode for episode, _, _ in found})
    for some in batched(episodes):
        rows = connection.execute(
            select(climbs).where(within(climbs, world), climbs.c.episode_id.in_(some))
        )
        for row in rows:
            key = (row.episode_id, row.revision, row.place_id)
            if key in found:
                found[key].add((row.stage, row.rung))
    return found


def calls_of(taken: Iterable[tuple[str, int]]) -> frozenset[Climb]:
    """Return the calls among what was taken of a ladder; the rest was put to its own people."""
    return frozenset(Climb(Said(stage), rung) for stage, rung in taken if stage != TRY)


def climb(
    connection: Connection,
    world: World,
    order: Order,
    steps: Iterable[tuple[str, int]],
    *,
    at: datetime,
) -> None:
    """Write down that an order came to those stages and rungs.

    Parameters
    ----------
    at : wall time
    """
    rows = [
        {
            **named(world),
            "episode_id": order.asked.episode_id,
            "revision": order.asked.revision,
            "place_id": order.asked.place_id,
            "village_id": order.asked.village_id,
            "stage": stage,
            "rung": rung,
            "at": to_us(at),
        }
        for stage, rung in steps
    ]
    insert_absent(connection, climbs, rows)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a call asks for: one stage of one order."""

    episode_id: str
    revision: int
    village_id: str
    place_id: str
    climb: Climb


def call_id(world: World, wanted: Iterable[Wanted], language: str) -> str:
    """Return the identity of a call: the same list in a language is the same call."""
    parts = (world.site, world.mode, world.world_id, _listed(wanted), language)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _listed(wanted: Iterable[Wanted]) -> str:
    return json.dumps(
        sorted(
            (w.episode_id, w.revision, w.place_id, w.climb.stage.value, w.climb.rung)
            for w in wanted
        )
    )


def keep_call(
    connection: Connection,
    world: World,
    wanted: tuple[Wanted, ...],
    text: Letter,
    *,
    created_at: datetime,
) -> str:
    """Keep the text of a call in one language; return its id."""
    ident = call_id(world, wanted, text.language)
    row = {
        **named(world),
        "call_id": ident,
        "climbs": _listed(wanted),
        "created_at": to_us(created_at),
        **asdict(text),
    }
    insert_absent(connection, calls, [row])
    return ident


def letter(connection: Connection, world: World, ident: str) -> Letter | None:
    """Return the text of one call in one language."""
    row = connection.execute(
        select(*(calls.c[each.name] for each in fields(Letter))).where(
            within(calls, world), calls.c.call_id == ident
        )
    ).one_or_none()
    return None if row is None else Letter(*row)
