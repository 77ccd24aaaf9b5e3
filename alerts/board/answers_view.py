"""The list that shrinks to nobody: each place that was ordered, and how far it has come."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from alerts.board.facts import Facts
from alerts.board.view import REFRESH_S, Banner, Card, banner
from alerts.board.words import ACTION_WORDS, clock, in_language
from alerts.ladder import Climb, Ladder, Ladders, is_silent, next_call
from alerts.ledger.waited_for import Order
from alerts.plan.helped import home_of, is_helped
from alerts.plan.model import Plan
from alerts.said import STAGES, Said, has_reached, reached
from alerts.tier import LEAVING

LANGUAGE = "en"
STAGE_WORDS = {
    Said.RECEIVED: "received",
    Said.ON_SITE: "on site",
    Said.MOVED: "under way",
    Said.COUNTED: "all counted",
}
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class StageCell:
    """One stage of one place.

    Attributes
    ----------
    text : who said so and when; until when it should be where nobody has
    """

    text: str
    done: bool
    late: bool = False


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One order in one place.

    Attributes
    ----------
    state : how the row is sorted and marked: help, silent, unclear, waiting, moving, counted
    message_id : of the order, for what an officer writes down; people : whom it went to
    next_call : when the next rung is called
    """

    village_id: str
    village: str
    township: str
    place: str
    action: str
    tier: int
    went: str
    told: int
    state: str
    stages: tuple[StageCell, ...]
    next_call: str
    people: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AnswersView:
    """The page of answers.

    Attributes
    ----------
    token : of the officer's form; None where this login writes nothing down
    """

    banner: Banner
    cards: tuple[Card, ...]
    open: tuple[PlaceRow, ...]
    counted: tuple[PlaceRow, ...]
    token: str | None
    refresh_s: int = REFRESH_S


STATES = ("help", "silent", "unclear", "waiting", "moving", "counted")
"""What a person must look at first."""


def answers_view(
    facts: Facts,
    orders: Iterable[tuple[Order, Collection[Climb]]],
    plans: Mapping[str, Plan],
    ladders: Ladders,
    *,
    token: str | None,
) -> AnswersView:
    """Return the page's content: of each order the people, the answers and the stages.

    Parameters
    ----------
    orders : each with the calls that were made of it
    """
    rows = [_row(facts, each, plans.get(each[0].asked.village_id), ladders) for each in orders]
    rows.sort(key=lambda row: (STATES.index(row.state), -row.tier, row.went, row.village_id))
    still = tuple(row for row in rows if row.state != "counted")
    return AnswersView(
        banner=banner(facts),
        cards=tuple(_cards(rows)),
        open=still,
        counted=tuple(row for row in rows if row.state == "counted"),
        token=token,
        # whoever writes something down needs the time for it
        refresh_s=REFRESH_S if token is None else 3 * REFRESH_S,
    )


def _cards(rows: list[PlaceRow]) -> list[Card]:
    def count(*states: str) -> int:
        return sum(row.state in states for row in rows)

    unheard, asked = count("silent", "waiting", "unclear"), count("help")
    return [
        Card(str(asked), "places ask for help", bad=asked > 0),
        Card(str(unheard), "places have not answered", bad=unheard > 0),
        Card(str(count("moving")), "have received, not all counted"),
        Card(str(count("counted")), "done: all counted, or nothing more is asked"),
    ]


def _row(
    facts: Facts, of: tuple[Order, Collection[Climb]], plan: Plan | None, ladders: Ladders
) -> PlaceRow:
    order, called = of
    asked, village = order.asked, facts.named.get(order.asked.village_id)
    ladder = ladders.of(asked.tier)
    at = next_call(asked, ladder, now=facts.now)
    return PlaceRow(
        village_id=asked.village_id,
        village=asked.village_id if village is None else village.name_en,
        township="" if village is None else village.township,
        place=_place(plan, asked.place_id),
        action=ACTION_WORDS[asked.action],
        tier=int(asked.tier),
        went=_went(facts, order),
        told=len(order.told),
        state=_state(order, ladder, called),
        stages=tuple(_stage(facts, order, stage) for stage in _asked_stages(order)),
        next_call="" if at is None else clock(at, facts.zone),
        people=tuple(sorted(order.told.items())),
    )


def _asked_stages(order: Order) -> tuple[Said, ...]:
    return STAGES if order.asked.action in LEAVING else STAGES[:1]


def _went(facts: Facts, order: Order) -> str:
    ago = facts.now - order.asked.went_at
    if ago < timedelta(0):
        return f"goes at {clock(order.asked.went_at, facts.zone)}"
    return f"{clock(order.asked.went_at, facts.zone)}, {ago // MINUTE} min ago"


def _state(order: Order, ladder: Ladder, called: Collection[Climb]) -> str:
    asked = order.asked
    last = _asked_stages(order)[-1]
    if Said.HELP in asked.said:
        return "help"
    if is_silent(asked, ladder, called):
        return "silent"
    if reached(asked.said) is None:
        return "unclear" if Said.UNCLEAR in asked.said else "waiting"
    return "counted" if has_reached(asked.said, last) else "moving"


def _stage(facts: Facts, order: Order, stage: Said) -> StageCell:
    said = [a for a in order.answers if has_reached((a.said,), stage)]
    if said:
        first = said[0]
        behalf = "" if first.by_ref == first.contact_ref else f", by {first.by_ref}"
        return StageCell(
            f"{first.contact_ref} {clock(first.at, facts.zone)} ({first.via}{behalf})", done=True
        )
    limit = order.asked.deadlines.get(stage)
    if limit is None:
        return StageCell("-", done=False)
    due = order.asked.went_at + limit
    return StageCell(f"by {clock(due, facts.zone)}", done=False, late=facts.now > due)


def _place(plan: Plan | None, place_id: str) -> str:
    places = {} if plan is None else {place.id: place.name for _, place in plan.places()}
    name = places.get(home_of(place_id))
    if name is None:
        return "the whole village"
    said = in_language(name, LANGUAGE) or place_id
    return f"{said}: those who need help" if is_helped(place_id) else said
