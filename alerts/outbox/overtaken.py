"""Whether a delivery was overtaken by what was decided since it was queued.

Of two messages to a village the newer is that of the episode opened later, and in one episode that
of the greater revision: both only grow under the world's fence. No clock is asked, for a person's
minute and a cycle's are not read at the same point.
"""

from __future__ import annotations

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    ScalarSelect,
    and_,
    exists,
    or_,
    select,
    tuple_,
)

from alerts.orders import WHOLE_VILLAGE
from alerts.outage import CHECK
from alerts.outbox.answered import is_answered
from alerts.outbox.delivery import LADDER, NOTICE, Delivery
from alerts.tables import delivery as deliveries
from alerts.tables import episode as episodes
from alerts.tables import message as messages
from alerts.tables import notice as notices
from alerts.tier import Action, Tier
from alerts.warning_message import Audience
from pipeline.database import within
from pipeline.world import Mode, live

NO_ORDERS = (Action.RETURN.value, Action.STAND_DOWN.value, Action.RETRACT.value)


def overtaken(connection: Connection, delivery: Delivery) -> str | None:
    """Return why a delivery should not leave any more; None where it should."""
    if delivery.purpose in {NOTICE, CHECK}:
        newer = _newer_notice(connection, delivery)
        return "a newer word on the same silence replaced it" if newer else None
    if delivery.purpose == LADDER:
        over = is_answered(connection, delivery.world, delivery.message_id)
        return "answered meanwhile" if over else None
    if _replaced(connection, delivery):
        return "a newer order for the same place and person replaced it"
    if _lowered(connection, delivery):
        return "the village's tier was lowered since"
    if delivery.world.mode is Mode.EXERCISE and _is_in_earnest(connection, delivery):
        return "red is real in this village: the exercise is over there"
    return None


def _replaced(connection: Connection, delivery: Delivery) -> bool:
    """Tell whether the same person was queued a newer message about the same place.

    What is said to a village as a whole and to a place in it replace each other.
    """
    mine, newer, theirs = messages.alias(), messages.alias(), deliveries.alias()
    my_episode, their_episode = episodes.alias(), episodes.alias()
    same = ("site", "mode", "world_id", "village_id", "audience")
    about = or_(
        newer.c.place_id == mine.c.place_id,
        mine.c.place_id == WHOLE_VILLAGE,
        newer.c.place_id == WHOLE_VILLAGE,
    )
    pairs = (
        mine.join(newer, and_(about, *(newer.c[name] == mine.c[name] for name in same)))
        .join(theirs, theirs.c.message_id == newer.c.message_id)
        .join(my_episode, _revision_of(mine, my_episode))
        .join(their_episode, _revision_of(newer, their_episode))
    )
    found = select(
        exists()
        .select_from(pairs)
        .where(
            within(mine, delivery.world),
            within(theirs, delivery.world),
            mine.c.message_id == delivery.message_id,
            theirs.c.contact_ref == delivery.contact_ref,
            theirs.c.channel == delivery.channel,
            tuple_(their_episode.c.opened, newer.c.revision)
            > tuple_(my_episode.c.opened, mine.c.revision),
        )
    )
    return bool(connection.execute(found).scalar_one())


def _lowered(connection: Connection, delivery: Delivery) -> bool:
    """Tell whether an order to villagers is of a higher tier than its episode now has.

    A closed episode has none. Of a fall from above yellow nobody in the village is told, so no
    message replaces the order; that it need not be followed any more is no order itself.
    """
    newest = (
        select(episodes.c.tier)
        .join(
            messages,
            and_(
                within(messages, delivery.world),
                messages.c.episode_id == episodes.c.episode_id,
            ),
        )
        .where(
            within(episodes, delivery.world),
            messages.c.message_id == delivery.message_id,
            messages.c.audience == Audience.VILLAGER.value,
            messages.c.action.not_in(NO_ORDERS),
        )
        .order_by(episodes.c.revision.desc())
        .limit(1)
    )
    tier = connection.execute(newest).scalar_one_or_none()
    return tier is not None and Tier(tier) < delivery.tier


def _newer_notice(connection: Connection, delivery: Delivery) -> bool:
    """Tell whether the same person was queued a newer notice of the same source."""
    mine, newer, theirs = notices.alias(), notices.alias(), deliveries.alias()
    pairs = mine.join(
        newer, and_(newer.c.source == mine.c.source, newer.c.slot > mine.c.slot)
    ).join(theirs, theirs.c.message_id == newer.c.notice_id)
    found = select(
        exists()
        .select_from(pairs)
        .where(
            *(within(table, delivery.world) for table in (mine, newer, theirs)),
            mine.c.notice_id == delivery.message_id,
            theirs.c.contact_ref == delivery.contact_ref,
            theirs.c.channel == delivery.channel,
        )
    )
    return bool(connection.execute(found).scalar_one())


def _is_in_earnest(connection: Connection, delivery: Delivery) -> bool:
    """Tell whether the live world of the same store has a red episode open in the village.

    Nobody there may read "exercise" while the water is real. Source: users.md 25.
    """
    mine = within(messages, delivery.world), messages.c.message_id == delivery.message_id
    village = select(messages.c.village_id).where(*mine).scalar_subquery()
    return is_in_earnest_at(connection, delivery.world.site, village)


def is_in_earnest_at(connection: Connection, site: str, village: str | ScalarSelect[str]) -> bool:
    """Tell whether a village has a red episode open in a site's live world."""
    real = within(episodes, live(site)), episodes.c.village_id == village
    newest = (
        select(episodes.c.episode_id, episodes.c.closed)
        .where(*real)
        .order_by(episodes.c.opened.desc(), episodes.c.revision.desc())
        .limit(1)
        .subquery()
    )
    was_red = select(
        exists().where(
            *real,
            episodes.c.episode_id == newest.c.episode_id,
            episodes.c.tier == int(Tier.RED),
            newest.c.closed == 0,
        )
    )
    return bool(connection.execute(was_red).scalar_one())


def _revision_of(message: FromClause, episode: FromClause) -> ColumnElement[bool]:
    key = ("site", "mode", "world_id", "episode_id", "revision")
    return and_(*(episode.c[name] == message.c[name] for name in key))
