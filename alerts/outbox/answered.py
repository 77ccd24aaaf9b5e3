"""Whether a call of the ladder still asks for something when it is about to leave."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select, tuple_

from alerts.said import Said, has_reached
from alerts.tables import acknowledgement as answers
from alerts.tables import ladder_call as calls
from alerts.tables import message as messages
from pipeline.database import batched, within
from pipeline.world import World

Key = tuple[str, int, str]
"""Episode, revision and place."""


def is_answered(connection: Connection, world: World, ident: str) -> bool:
    """Tell whether all that a call asks for has been said meanwhile; help is never over by it."""
    listed = connection.execute(
        select(calls.c.climbs).where(within(calls, world), calls.c.call_id == ident)
    ).scalar_one_or_none()
    wanted = [(tuple(key), Said(stage)) for *key, stage, _ in json.loads(listed or "[]")]
    said = _said_of(connection, world, [key for key, _ in wanted])
    return bool(wanted) and all(
        stage is not Said.HELP and has_reached(said.get(key, ()), stage) for key, stage in wanted
    )


def _said_of(
    connection: Connection, world: World, keys: list[tuple[Any, ...]]
) -> dict[Key, list[Said]]:
    order = (messages.c.episode_id, messages.c.revision, messages.c.place_id)
    found: dict[Key, list[Said]] = {}
    for some in batched(keys):
        rows = connection.execute(
            select(*order, answers.c.said)
            .join(answers, answers.c.message_id == messages.c.message_id)
            .where(
                within(messages, world),
                within(answers, world),
                tuple_(*order).in_(some),
            )
        )
        for row in rows:
            found.setdefault((row[0], row[1], row[2]), []).append(Said(row.said))
    return found
