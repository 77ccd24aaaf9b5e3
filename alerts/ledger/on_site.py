"""Who may still be in a place, by their own word of its orders."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, select

from alerts.said import WHERE, Said, is_on_site
from alerts.tables import acknowledgement as answers
from alerts.tables import message as messages
from pipeline.database import within
from pipeline.world import World


@dataclass(frozen=True, slots=True)
class OnSite:
    """One person in one place, named as an order names it."""

    place_id: str
    contact_ref: str


def on_site(connection: Connection, world: World, episode_id: str) -> tuple[OnSite, ...]:
    """Return who said in an episode that they are in a place, and not since that all are counted.

    The word counts whichever order of the place it was said of, and whoever wrote it down.
    """
    rows = connection.execute(
        select(messages.c.place_id, answers.c.contact_ref, answers.c.said)
        .join(
            messages,
            and_(within(messages, world), messages.c.message_id == answers.c.message_id),
        )
        .where(
            within(answers, world),
            answers.c.episode_id == episode_id,
            answers.c.said.in_([said.value for said in WHERE]),
        )
        .order_by(answers.c.at, answers.c.ack_id)
    )
    said: dict[OnSite, list[Said]] = {}
    for row in rows:
        said.setdefault(OnSite(row.place_id, row.contact_ref), []).append(Said(row.said))
    return tuple(each for each, words in said.items() if is_on_site(words))
