"""Door: chases the answer to every order that stands; a step of the ladder is taken once.

An order is put to its own people again, and whoever is on the next rung is called, in one
transaction with the record of it: a repeat, a restart or another sender calls nobody twice. Nothing
is remembered but what was sent and said, so an answer that comes in by any way ends the climbing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from typing_extensions import override

from alerts.addressed import for_reader
from alerts.call_text import Missing, call_text
from alerts.forms import spoken
from alerts.issue import Desk, Minute, refuse_replay
from alerts.ladder import Climb, Rung, climbs, is_silent, tries
from alerts.ledger import climbs as ledger
from alerts.ledger import fence
from alerts.ledger.climbs import TRY, Key, Wanted
from alerts.ledger.notices import Letter
from alerts.ledger.waited_for import Order, waited_for
from alerts.message import Voice
from alerts.outbox import queue
from alerts.outbox.delivery import LADDER, TOLD_BEFORE, Delivery, delivery_key
from alerts.roster import Contact
from alerts.said import Said
from alerts.tier import Tier
from alerts.warning_message import Audience
from alerts.warning_pack import WarningPack
from pipeline.database import Connection, reading
from pipeline.world import World

log = logging.getLogger(__name__)

CALL_EXPIRES = timedelta(minutes=30)
"""After which it is the next rung's, and the list on the board says more."""
RINGS = ("voice", "sms")
"""By which a person is tried again, the first that they have; else by their first channel."""
Step = tuple[str, int]
_Item = tuple[Order, Climb]


@dataclass(frozen=True, slots=True)
class Chased:
    """What one look at the answers brought into the outbox."""

    tries: int = 0
    calls: int = 0

    @override
    def __str__(self) -> str:
        """Return the counts in words, for a log."""
        return f"{self.tries} tried again, {self.calls} called for want of an answer"


@dataclass(frozen=True, slots=True)
class _Due:
    """An order, and the steps of its ladder that have come due and were not taken."""

    order: Order
    tries: tuple[int, ...]
    climbs: tuple[Climb, ...]

    @property
    def steps(self) -> Iterator[Step]:
        yield from ((TRY, number) for number in self.tries)
        yield from ((climb.stage.value, climb.rung) for climb in self.climbs)


def chase(desk: Desk, minute: Minute) -> Chased:
    """Take every step of the ladder that has come due.

    Raises
    ------
    Refused
        The world is a replay: nobody is called about the past.
    """
    refuse_replay(desk.world)
    with reading(desk.engine) as connection:
        if not _due(connection, desk, minute.wall):
            return Chased()
    with desk.engine.begin() as connection:
        if not fence.try_hold(connection, desk.world):
            return Chased()  # orders are being written: they must not wait for this
        due = _due(connection, desk, minute.wall)
        for each in due:
            ledger.climb(connection, desk.world, each.order, each.steps, at=minute.wall)
        again = [d for each in due if each.tries for d in _tried_again(desk, each, minute)]
        called = list(_called(connection, desk, due, minute))
        queue.enqueue(connection, [*again, *called])
    done = Chased(len(again), len(called))
    log.info("%s", done)
    return done


def silent(
    connection: Connection, pack: WarningPack, world: World, *, now: datetime
) -> frozenset[str]:
    """Return the villages of whose people nobody has said a word, the whole ladder long.

    Parameters
    ----------
    now : wall time
    """
    orders = waited_for(connection, world, now=now)
    taken = ledger.climbed(connection, world, orders)
    speaks = {order.asked.village_id: False for order in orders}
    for order in orders:
        ladder = pack.config.ladder.of(order.asked.tier)
        mute = is_silent(order.asked, ladder, ledger.calls_of(taken[order.key]))
        speaks[order.asked.village_id] |= not mute
    return frozenset(village_id for village_id, any_word in speaks.items() if not any_word)


def _due(connection: Connection, desk: Desk, now: datetime) -> list[_Due]:
    orders = [o for o in waited_for(connection, desk.world, now=now) if now < o.expires_at]
    if not orders:
        return []
    taken = ledger.climbed(connection, desk.world, orders)
    due = (_due_of(order, taken[order.key], desk, now) for order in orders)
    return [each for each in due if each.tries or each.climbs]


def _due_of(order: Order, taken: set[Step], desk: Desk, now: datetime) -> _Due:
    ladder = desk.pack.config.ladder.of(order.asked.tier)
    numbers = range(2, tries(order.asked, ladder, now=now) + 1)
    return _Due(
        order,
        tuple(n for n in numbers if (TRY, n) not in taken),
        tuple(
            climb
            for climb in sorted(climbs(order.asked, ladder, now=now))
            if (climb.stage.value, climb.rung) not in taken
        ),
    )


def _tried_again(desk: Desk, due: _Due, minute: Minute) -> Iterator[Delivery]:
    """Yield the order once more to each of its people who has not answered: the same text."""
    order = due.order
    for ref, message_id in order.told.items():
        person = desk.roster.contact(ref)
        if person is None or ref in order.answered or not person.channels:
            continue
        channel = next((c for c in RINGS if c in person.channels), person.channels[0])
        wanted = (*map(str, order.key), ref, channel, TRY, str(max(due.tries)))
        yield Delivery(
            key=delivery_key(*wanted),
            world=desk.world,
            message_id=message_id,
            contact_ref=ref,
            channel=channel,
            purpose=Audience.VILLAGER.value,
            tier=order.asked.tier,
            decide_by=order.decide_by,
            expires_at=order.expires_at,
            created_at=minute.wall,
            rank=order.rank - TOLD_BEFORE,
        )


def _called(
    connection: Connection, desk: Desk, due: list[_Due], minute: Minute
) -> Iterator[Delivery]:
    """Yield one call to each person on the rungs that are due, about all of theirs together."""
    theirs: dict[Contact, dict[Key, _Item]] = {}
    for each in due:
        asked = each.order.asked
        ladder = desk.pack.config.ladder.of(asked.tier)
        for climb in sorted(each.climbs, key=_gravest_first):
            for person in _on_rung(desk, ladder.rungs[climb.rung], asked.village_id):
                theirs.setdefault(person, {}).setdefault(each.order.key, (each.order, climb))
    lists: dict[tuple[tuple[Key, Said], ...], list[Contact]] = {}
    for person, items in theirs.items():
        same = tuple((key, climb.stage) for key, (_, climb) in items.items())
        lists.setdefault(same, []).append(person)
    for people in lists.values():
        yield from _one_call(connection, desk, [*theirs[people[0]].values()], people, minute)


def _one_call(
    connection: Connection,
    desk: Desk,
    wanted: list[_Item],
    people: list[Contact],
    minute: Minute,
) -> Iterator[Delivery]:
    urgent_first = sorted(wanted, key=_urgency)
    missing = [_missing(desk.pack, order, climb) for order, climb in urgent_first]
    listed = tuple(
        Wanted(o.asked.episode_id, o.asked.revision, o.asked.village_id, o.asked.place_id, climb)
        for o, climb in wanted
    )
    written = {
        language: ledger.keep_call(
            connection,
            desk.world,
            listed,
            _letter(desk, missing, language, minute),
            created_at=minute.wall,
        )
        for language in desk.pack.templates
    }
    first = urgent_first[0][0]
    for person in people:
        ident = for_reader(written, person.language, desk.pack.languages)
        for channel in person.channels:
            yield Delivery(
                key=delivery_key(ident, person.ref, channel, LADDER),
                world=desk.world,
                message_id=ident,
                contact_ref=person.ref,
                channel=channel,
                purpose=LADDER,
                tier=first.asked.tier,
                decide_by=first.decide_by,
                expires_at=_worth_until(urgent_first, minute),
                created_at=minute.wall,
                rank=first.rank,
            )


def _worth_until(items: list[_Item], minute: Minute) -> datetime:
    """Return until when a call is worth making; of a grave one as long as its orders are.

    While no provider can be reached the rungs come due all the same: what they were to hear must
    still be there when one can.
    """
    if items[0][0].asked.tier < Tier.ORANGE:
        return minute.wall + CALL_EXPIRES
    return max(minute.wall + CALL_EXPIRES, *(order.expires_at for order, _ in items))


def _gravest_first(climb: Climb) -> tuple[bool, int]:
    """Sort help before what nobody says, and the first stage that is missing before the next."""
    return climb.stage is not Said.HELP, list(Said).index(climb.stage)


def _urgency(item: _Item) -> tuple[bool, int, bool, datetime, Key]:
    order, climb = item
    never = order.decide_by is None
    at = order.decide_by or order.asked.went_at
    return climb.stage is not Said.HELP, -order.asked.tier, never, at, order.key


def _missing(pack: WarningPack, order: Order, climb: Climb) -> Missing:
    village_id = order.asked.village_id
    return Missing(
        order.asked,
        climb.stage,
        pack.village(village_id),
        pack.plans.get(village_id),
        order.decide_by,
    )


def _letter(desk: Desk, missing: list[Missing], language: str, minute: Minute) -> Letter:
    voice = Voice(desk.world.mode, desk.pack.templates[language], desk.pack.config)
    text = call_text(missing, voice, now=minute.wall)
    if text.fault is not None:
        log.warning("call in %s: %s", language, text.fault)
    return Letter(language, text.subject, text.body, **spoken(text, voice))


def _on_rung(desk: Desk, rung: Rung, village_id: str) -> tuple[Contact, ...]:
    of = {village_id} if rung.of == "village" else neighbours(desk.pack, village_id)
    found = [
        contact
        for contact in desk.roster.contacts
        if contact.role in rung.roles and any(contact.covers(each) for each in of)
    ]
    if not found:
        log.warning("nobody on the ladder of %s is %s", village_id, " or ".join(rung.roles))
    return tuple(found)


def neighbours(pack: WarningPack, village_id: str) -> frozenset[str]:
    """Return the villages next up and down the water; of one that has none, its township's."""
    mine = pack.village(village_id)
    near = {v.village_id for v in pack.villages if v.downstream_id == village_id}
    if mine is not None and mine.downstream_id is not None:
        near.add(mine.downstream_id)
    if not near and mine is not None:
        near = {v.village_id for v in pack.villages if v.township == mine.township}
    return frozenset(near - {village_id})
