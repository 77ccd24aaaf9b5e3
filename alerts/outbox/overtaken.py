"""Whether a delivery was overtaken by what was decided since it was queued.

Of two messages to a village the newer is that of the episode opened later, and in one episode that
of the greater revision: both only grow under the world's fence. No clock is asked, for a person's
minute and a cycle's are not read at the same point.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
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
from pipeline.database import named
from pipeline.world import LIVE_ID, Mode

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
    return bool(connection.execute(REPLACED, _values(delivery)).scalar_one())


def _lowered(connection: Connection, delivery: Delivery) -> bool:
    """Tell whether an order to villagers is of a higher tier than its episode now has.

    A closed episode has none. Of a fall from above yellow nobody in the village is told, so no
    message replaces the order; that it need not be followed any more is no order itself.
    """
    tier = connection.execute(NEWEST_TIER, _values(delivery)).scalar_one_or_none()
    return tier is not None and Tier(tier) < delivery.tier


def _newer_notice(connection: Connection, delivery: Delivery) -> bool:
    """Tell whether the same person was queued a newer notice of the same source."""
    return bool(connection.execute(NEWER_NOTICE, _values(delivery)).scalar_one())


def _is_in_earnest(connection: Connection, delivery: Delivery) -> bool:
    """Tell whether the live world of the same store has a red episode open in the village.

    Nobody there may read "exercise" while the water is real. Source: users.md 25.
    """
    return bool(connection.execute(IN_EARNEST, _values(delivery)).scalar_one())


def is_in_earnest_at(connection: Connection, site: str, village_id: str) -> bool:
    """Tell whether a village has a red episode open in a site's live world."""
    asked = {"site": site, "village_id": village_id}
    return bool(connection.execute(IN_EARNEST_AT, asked).scalar_one())


def _values(delivery: Delivery) -> dict[str, str]:
    """Return what the statements below ask of a delivery."""
    return {
        **named(delivery.world),
        "message_id": delivery.message_id,
        "contact_ref": delivery.contact_ref,
        "channel": delivery.channel,
    }


def _revision_of(message: FromClause, episode: FromClause) -> ColumnElement[bool]:
    key = ("site", "mode", "world_id", "episode_id", "revision")
    return and_(*(episode.c[name] == message.c[name] for name in key))


def _here(table: FromClause) -> ColumnElement[bool]:
    return and_(*(table.c[name] == bindparam(name) for name in ("site", "mode", "world_id")))


def _to_the_same(theirs: FromClause) -> ColumnElement[bool]:
    return and_(*(theirs.c[name] == bindparam(name) for name in ("contact_ref", "channel")))


def _replaced_of() -> Select[bool]:
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
    return select(
        exists()
        .select_from(pairs)
        .where(
            _here(mine),
            _here(theirs),
            mine.c.message_id == bindparam("message_id"),
            _to_the_same(theirs),
            tuple_(their_episode.c.opened, newer.c.revision)
            > tuple_(my_episode.c.opened, mine.c.revision),
        )
    )


def _newest_tier_of() -> Select[int]:
    of = and_(_here(messages), messages.c.episode_id == episodes.c.episode_id)
    return (
        select(episodes.c.tier)
        .join(messages, of)
        .where(
            _here(episodes),
            messages.c.message_id == bindparam("message_id"),
            messages.c.audience == Audience.VILLAGER.value,
            messages.c.action.not_in(NO_ORDERS),
        )
        .order_by(episodes.c.revision.desc())
        .limit(1)
    )


def _newer_notice_of() -> Select[bool]:
    mine, newer, theirs = notices.alias(), notices.alias(), deliveries.alias()
    pairs = mine.join(
        newer, and_(newer.c.source == mine.c.source, newer.c.slot > mine.c.slot)
    ).join(theirs, theirs.c.message_id == newer.c.notice_id)
    return select(
        exists()
        .select_from(pairs)
        .where(
            *map(_here, (mine, newer, theirs)),
            mine.c.notice_id == bindparam("message_id"),
            _to_the_same(theirs),
        )
    )


def _in_earnest_of(village: ColumnElement[str]) -> Select[bool]:
    real = (
        episodes.c.site == bindparam("site"),
        episodes.c.mode == Mode.LIVE.value,
        episodes.c.world_id == LIVE_ID,
        episodes.c.village_id == village,
    )
    newest = (
        select(episodes.c.episode_id, episodes.c.closed)
        .where(*real)
        .order_by(episodes.c.opened.desc(), episodes.c.revision.desc())
        .limit(1)
        .subquery()
    )
    return select(
        exists().where(
            *real,
            episodes.c.episode_id == newest.c.episode_id,
            episodes.c.tier == int(Tier.RED),
            newest.c.closed == 0,
        )
    )


# Asked of every parcel at its last moment; to build them anew took longer than to ask.
REPLACED: Final = _replaced_of()
NEWEST_TIER: Final = _newest_tier_of()
NEWER_NOTICE: Final = _newer_notice_of()
IN_EARNEST: Final = _in_earnest_of(
    select(messages.c.village_id)
    .where(_here(messages), messages.c.message_id == bindparam("message_id"))
    .scalar_subquery()
)
IN_EARNEST_AT: Final = _in_earnest_of(bindparam("village_id"))
