"""Door: takes in what comes back from people and providers, by whichever way it comes.

A key press and a signed post name the order that they answer. A reply by SMS names none: it answers
every order that its sender was given in one village, and from somebody with two villages, or of a
headcount with two places, it may mean either. Then nothing is taken for said: the board shows that
an answer is unclear, and the person is rung about each order by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.inbound import Receipt, Reply
from alerts.ledger import answers, messages
from alerts.ledger.answers import Answer, Via
from alerts.ledger.waited_for import Order, waited_for
from alerts.outbox import queue, receipts
from alerts.outbox.brought import brought_by, is_under_way
from alerts.outbox.delivery import RING_BACK, Delivery, State, delivery_key
from alerts.roster import Roster
from alerts.said import Said, of_each
from pipeline.database import Connection, Engine
from pipeline.world import World

VOICE = "voice"


@dataclass(frozen=True, slots=True)
class Ear:
    """What listening needs of a deployment.

    Attributes
    ----------
    world : the one that is paged; what comes back for another is not heard
    """

    engine: Engine
    world: World
    roster: Roster


@dataclass(frozen=True, slots=True)
class Heard:
    """What one post brought: answers that were taken, and calls back that were queued.

    Attributes
    ----------
    is_early : it names what we do not know, while a gateway has yet to tell us its name for a text
    """

    receipts: int = 0
    answers: int = 0
    rung_back: int = 0
    is_early: bool = False

    def __add__(self, other: Heard) -> Heard:
        """Return both together."""
        return Heard(
            self.receipts + other.receipts,
            self.answers + other.answers,
            self.rung_back + other.rung_back,
            self.is_early or other.is_early,
        )


def hear(ear: Ear, posted: Collection[Receipt | Reply], *, channel: str, now: datetime) -> Heard:
    """Take in what a provider posted; the same again changes nothing.

    Parameters
    ----------
    channel : by which it came
    now : wall time
    """
    heard = Heard()
    with ear.engine.begin() as connection:
        for each in posted:
            match each:
                case Receipt():
                    heard += _receipt(connection, ear, each, channel, now)
                case Reply(number=None):
                    heard += _keyed(connection, ear, each, channel, now)
                case Reply():
                    heard += _replied(connection, ear, each, now)
        names = {each.ident for each in posted if each.ident is not None}
        if not all(brought_by(connection, name) for name in sorted(names)):
            heard += Heard(is_early=is_under_way(connection, ear.world, channel))
    return heard


def _receipt(
    connection: Connection, ear: Ear, receipt: Receipt, channel: str, now: datetime
) -> Heard:
    taken = receipts.take(
        connection,
        ear.world,
        receipt.ident,
        channel=channel,
        delivered=receipt.delivered,
        now=now,
    )
    return Heard(receipts=int(taken))


def _keyed(connection: Connection, ear: Ear, reply: Reply, channel: str, now: datetime) -> Heard:
    """Take the answer to what one call, or one post, brought: one order or a list of them."""
    brought = [
        delivery
        for delivery in brought_by(connection, reply.ident or "")
        if (delivery.world, delivery.channel) == (ear.world, channel)
    ]
    via = Via.KEY if channel == VOICE else Via.WEBHOOK
    said = of_each(reply.said, len({delivery.message_id for delivery in brought}))
    answers_given = (
        Answer(delivery.message_id, delivery.contact_ref, via, delivery.contact_ref, now, each)
        for delivery in brought
        for each in said
    )
    taken = sum(_record(connection, ear.world, answer) for answer in answers_given)
    back = [_alone(delivery, now) for delivery in brought] if len(said) > 1 else []
    return Heard(answers=taken, rung_back=queue.enqueue(connection, back))


def _alone(delivery: Delivery, now: datetime) -> Delivery:
    """Return the same order as a call by itself."""
    return replace(
        delivery,
        key=delivery_key(delivery.message_id, delivery.contact_ref, VOICE, RING_BACK),
        created_at=now,
        state=State.PENDING,
        attempts=0,
        next_at=None,
        ended_at=None,
        reason=None,
        purpose=RING_BACK,
    )


def _replied(connection: Connection, ear: Ear, reply: Reply, now: datetime) -> Heard:
    """Take the answer of a number to whatever it was ordered; see the module."""
    number = "" if reply.number is None else reply.number.get_secret_value()
    people = {person.ref: person for person in ear.roster.of_number(number, reply.country)}
    speaks_for = _speaks_for(ear.roster, frozenset(people), now)
    mine = [
        (order, ref, message_id)
        for order in waited_for(connection, ear.world, now=now)
        # of an order that has not reached them, nobody can say that it was received
        for ref, message_id in order.arrived.items()
        if speaks_for(ref)
    ]
    orders = {order.key: order for order, _, _ in mine}
    said, unclear = _meant(reply.said, orders.values())
    taken = 0
    for _, ref, message_id in mine:
        for each in said:
            answer = Answer(message_id, ref, Via.REPLY, ref, now, each)
            taken += _record(connection, ear.world, answer)
    back = list(_rung_back(ear, mine, now)) if unclear else []
    return Heard(answers=taken, rung_back=queue.enqueue(connection, back))


def _speaks_for(roster: Roster, refs: frozenset[str], now: datetime) -> Callable[[str], bool]:
    """Return what tells whether one of those people answers for a person: is, or stands in for."""
    known: dict[str, bool] = {}

    def speaks(ref: str) -> bool:
        if ref not in known:
            person = roster.contact(ref)
            there = () if person is None else roster.present([person], now)
            known[ref] = ref in refs or any(each.ref in refs for each in there)
        return known[ref]

    return speaks if refs else lambda _ref: False


def _meant(said: Said, orders: Collection[Order]) -> tuple[tuple[Said, ...], bool]:
    """Return what a reply says of each of its sender's orders, and whether that must be asked.

    Help is asked wherever it may be meant. Whoever counts all in a village has received every order
    in it, and where there are several places, which of them are counted is another question.
    """
    villages = {order.asked.village_id for order in orders}
    if said is Said.HELP:
        return (Said.HELP,), False
    if said is Said.UNCLEAR or len(villages) > 1:
        return (Said.UNCLEAR,), True
    each = of_each(said, len(orders))
    return each, len(each) > 1


def _rung_back(
    ear: Ear,
    mine: list[tuple[Order, str, str]],
    now: datetime,
) -> Iterator[Delivery]:
    """Yield a call about each order by itself, in which a key can mean nothing else; once each."""
    for order, ref, message_id in mine:
        person = ear.roster.contact(ref)
        if person is None or VOICE not in person.channels or ref in order.answered:
            continue
        yield Delivery(
            key=delivery_key(message_id, ref, VOICE, RING_BACK),
            world=ear.world,
            message_id=message_id,
            contact_ref=ref,
            channel=VOICE,
            purpose=RING_BACK,
            tier=order.asked.tier,
            decide_by=order.decide_by,
            expires_at=order.expires_at,
            created_at=now,
            rank=order.rank,
        )


def _record(connection: Connection, world: World, answer: Answer) -> bool:
    kept = messages.message(connection, world, answer.message_id)
    return kept is not None and answers.record(connection, kept, answer)
