"""What an exercise ordered, what was said of it and how far it climbed, to be scored."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, select

from alerts.drill_score import Answered, Climbed, Key, OrderGiven
from alerts.ladder import ANSWERED
from alerts.ledger.messages import deadlines_of
from alerts.said import Said
from alerts.tables import acknowledgement as answers
from alerts.tables import climb as climbs
from alerts.tables import message as messages
from alerts.tier import Action, Tier
from alerts.warning_message import Audience
from pipeline.database import within
from pipeline.instants import from_us
from pipeline.world import World


def orders_in(connection: Connection, world: World) -> tuple[OrderGiven, ...]:
    """Return every order of a world that asks for an answer, oldest first."""
    rows = connection.execute(
        select(messages)
        .where(
            within(messages, world),
            messages.c.audience == Audience.VILLAGER.value,
            messages.c.action.in_([action.value for action in ANSWERED]),
        )
        .order_by(messages.c.created_at, messages.c.message_id)
    )
    found: dict[Key, OrderGiven] = {}
    for row in rows:
        key = (row.episode_id, row.revision, row.place_id)
        given = found.get(key) or OrderGiven(
            key,
            row.village_id,
            Tier(row.tier),
            Action(row.action),
            from_us(row.created_at),
            deadlines=deadlines_of(row.deadlines),
        )
        found[key] = replace(given, messages=given.messages | {row.message_id})
    return tuple(found.values())


def answers_in(connection: Connection, world: World) -> tuple[Answered, ...]:
    """Return every answer of a world, oldest first."""
    rows = connection.execute(
        select(answers).where(within(answers, world)).order_by(answers.c.at, answers.c.ack_id)
    )
    return tuple(
        Answered(row.message_id, row.contact_ref, row.via, Said(row.said), from_us(row.at))
        for row in rows
    )


def climbed_in(connection: Connection, world: World) -> tuple[Climbed, ...]:
    """Return every try and rung of a world, in the order in which they came due."""
    rows = connection.execute(
        select(climbs)
        .where(within(climbs, world))
        .order_by(
            climbs.c.at,
            climbs.c.episode_id,
            climbs.c.place_id,
            climbs.c.stage,
            climbs.c.rung,
        )
    )
    return tuple(
        Climbed((row.episode_id, row.revision, row.place_id), row.stage, row.rung, from_us(row.at))
        for row in rows
    )
