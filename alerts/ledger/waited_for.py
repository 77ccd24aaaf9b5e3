"""Orders that stand and ask for an answer, to whom each went, and what was said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, func, select

from alerts.ladder import ANSWERED, PlaceAsked
from alerts.ledger import answers
from alerts.ledger.answers import Answer
from alerts.ledger.messages import deadlines_of
from alerts.present_state import standing
from alerts.roster import SIREN
from alerts.said import Said
from alerts.tables import attempt as attempts
from alerts.tables import delivery as deliveries
from alerts.tables import episode as episodes
from alerts.tables import message as messages
from alerts.tier import Action, Tier
from alerts.warning_message import Audience
from pipeline.database import batched, within
from pipeline.instants import from_us, to_us
from pipeline.world import World

ARRIVED: Final = frozenset({"leased", "accepted", "delivered", "uncertain"})
THROTTLED: Final = "throttled"
"""States of a delivery, as `alerts.outbox.delivery` names them."""
LONGEST: Final = timedelta(days=3)
"""For which an order that stands is looked for: a flood is over by then."""


READ: Final = (
    *("message_id", "episode_id", "revision", "village_id", "place_id", "tier", "action"),
    *("decide_by", "deadlines", "created_at"),
)
"""Of a message; its texts are long, and nobody reads them here."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order that stands in one place, in all its languages.

    Attributes
    ----------
    told : people that it is for, each with the message in their language
    arrived : those of them to whom it went, as far as is known
    has_left : it was tried at all, or there is nobody to tell it to
    answers : everything that was said of it, oldest first
    rank : which goes first of those with one decide-by
    """

    asked: PlaceAsked
    told: Mapping[str, str]
    arrived: Mapping[str, str]
    has_left: bool
    answers: tuple[Answer, ...]
    decide_by: datetime | None
    expires_at: datetime
    rank: int = 0

    @property
    def key(self) -> tuple[str, int, str]:
        """Episode, revision and place: one order."""
        return self.asked.episode_id, self.asked.revision, self.asked.place_id

    @property
    def answered(self) -> frozenset[str]:
        """Who has said anything but what is unclear."""
        return frozenset(a.contact_ref for a in self.answers if a.said is not Said.UNCLEAR)


@dataclass(frozen=True, slots=True)
class _Told:
    """One message to a place; as `standing` asks for it."""

    revision: int
    place_id: str
    row: Row[Any]


def waited_for(connection: Connection, world: World, *, now: datetime) -> tuple[Order, ...]:
    """Return every order that stands in an open episode and asks for an answer.

    One of a tier that was lowered since asks for none, nor does one that is older than it is worth.

    Parameters
    ----------
    now : wall time
    """
    by_episode: dict[str, list[_Told]] = {}
    for row in connection.execute(_of_open_episodes(world, now)):
        by_episode.setdefault(row.episode_id, []).append(_Told(row.revision, row.place_id, row))
    kept = [told.row for texts in by_episode.values() for told in standing(texts)]
    kept = [row for row in kept if row.tier <= row.tier_now and Action(row.action) in ANSWERED]
    if not kept:
        return ()
    ids = [row.message_id for row in kept]
    sent: dict[str, list[_Way]] = {}
    said: dict[str, tuple[Answer, ...]] = {}
    for some in batched(ids):
        sent |= _sent(connection, world, some)
        said |= answers.of_messages(connection, world, some)
    orders: dict[tuple[str, int, str], list[Row[Any]]] = {}
    for row in kept:
        orders.setdefault((row.episode_id, row.revision, row.place_id), []).append(row)
    return tuple(_order(rows, sent, said) for _, rows in sorted(orders.items()))


def _of_open_episodes(world: World, now: datetime) -> Select[Any]:
    newest = (
        select(episodes.c.episode_id, func.max(episodes.c.revision).label("revision"))
        .where(within(episodes, world))
        .group_by(episodes.c.episode_id)
        .subquery()
    )
    open_now = (
        select(episodes.c.episode_id, episodes.c.tier)
        .join(
            newest,
            and_(
                newest.c.episode_id == episodes.c.episode_id,
                newest.c.revision == episodes.c.revision,
            ),
        )
        .where(within(episodes, world), episodes.c.closed == 0)
        .subquery()
    )
    return (
        select(*(messages.c[name] for name in READ), open_now.c.tier.label("tier_now"))
        .join(open_now, open_now.c.episode_id == messages.c.episode_id)
        .where(
            within(messages, world),
            messages.c.audience == Audience.VILLAGER.value,
            messages.c.created_at > to_us(now - LONGEST),
        )
    )


@dataclass(frozen=True, slots=True)
class _Way:
    """One delivery of an order to its people.

    Attributes
    ----------
    went_at : when it was first tried, or is to be tried
    """

    contact_ref: str
    went_at: datetime
    tried: bool
    arrived: bool
    expires_at: datetime
    rank: int


def _sent(connection: Connection, world: World, ids: Sequence[str]) -> dict[str, list[_Way]]:
    rows = connection.execute(
        select(deliveries, attempts.c.started_at)
        .outerjoin(
            attempts,
            and_(attempts.c.delivery_key == deliveries.c.delivery_key, attempts.c.number == 1),
        )
        .where(
            within(deliveries, world),
            deliveries.c.message_id.in_(ids),
            deliveries.c.purpose == Audience.VILLAGER.value,
            deliveries.c.channel != SIREN,  # which answers nobody
        )
    )
    found: dict[str, list[_Way]] = {}
    for row in rows:
        tried = row.started_at is not None
        # whoever waits for a provider's limit was to be told when it was written
        waits_from = row.created_at if row.state == THROTTLED else row.next_at
        way = _Way(
            row.contact_ref,
            from_us(row.started_at if tried else waits_from),
            tried,
            tried and row.state in ARRIVED,
            from_us(row.expires_at),
            row.rank,
        )
        found.setdefault(row.message_id, []).append(way)
    return found


def _order(
    rows: list[Row[Any]],
    sent: Mapping[str, list[_Way]],
    said: Mapping[str, tuple[Answer, ...]],
) -> Order:
    first = rows[0]
    told_by = [(way, row.message_id) for row in rows for way in sent.get(row.message_id, ())]
    ways = [way for way, _ in told_by]
    heard = [each for row in rows for each in said.get(row.message_id, ())]
    told = {way.contact_ref: message_id for way, message_id in told_by}
    went = {way.contact_ref: message_id for way, message_id in told_by if way.arrived}
    asked = PlaceAsked(
        episode_id=first.episode_id,
        revision=first.revision,
        village_id=first.village_id,
        place_id=first.place_id,
        tier=Tier(first.tier),
        action=Action(first.action),
        went_at=_went_at(ways, Tier(first.tier), from_us(first.created_at)),
        deadlines={
            stage: timedelta(minutes=minutes)
            for stage, minutes in deadlines_of(first.deadlines).items()
        },
        said=frozenset(answer.said for answer in heard),
    )
    return Order(
        asked,
        told,
        went,
        not ways or any(way.tried for way in ways),
        tuple(sorted(heard, key=lambda answer: answer.at)),
        None if first.decide_by is None else from_us(first.decide_by),
        # where nobody is to be told, the ladder alone is left
        max((way.expires_at for way in ways), default=from_us(first.created_at) + LONGEST),
        max((way.rank for way in ways), default=0),
    )


def _went_at(ways: Sequence[_Way], tier: Tier, written_at: datetime) -> datetime:
    """Return when an order was put to its people; while nothing was tried, when it is to be."""
    tried = [way.went_at for way in ways if way.tried]
    went_at = min(tried or [way.went_at for way in ways], default=written_at)
    if tier > Tier.YELLOW:
        return went_at
    # who is let sleep cannot answer before they are rung
    return max((went_at, *(way.went_at for way in ways if not way.tried)))
