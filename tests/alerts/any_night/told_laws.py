"""The oracle of telling: who must be told what of a step, each once, and nobody else anything.

The valley's people and places are read from its plan and its contacts, not asked of the product.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pipeline.instants import from_us
from tests.alerts.any_night.said import Book, Bulletins, Deed
from tests.alerts.any_night.stage import (
    PLANLESS,
    PLANNED,
    RESPONSIBLE,
    RIVER,
    VILLAGES,
    WARNING,
    Rows,
)
from tests.alerts.any_night.tier_laws import ORANGE, YELLOW
from tests.alerts.night import SLOT
from tests.golden.samples import HOUR, VALLEY

LANGUAGES = ("zh", "en")
WHOLE, OFFICERS = "village", ""
ASKED = "approvers"
"""Stands for the place of a question to the approvers."""
OFFICER_ROLES = {"county_duty", "township_duty"}
NO_ORDER = {"return", "stand_down", "retract"}
PLAN = tomllib.loads((VALLEY / "plans" / "qingxi" / f"{PLANNED}.toml").read_text("utf-8"))
HOMES = {place["id"]: place for place in (*PLAN["special_sites"], *PLAN["zones"])}
HELPERS = {
    f"{home}:help": tuple(
        person[role]
        for person in PLAN["needs_help"]
        if person["place"] == home
        for role in ("helper", "deputy")
    )
    for home in {person["place"] for person in PLAN["needs_help"]}
}
"""Who fetches those of a zone who need help: they are a place of their own."""
PLACES = HOMES | {place: HOMES[place.removesuffix(":help")] for place in HELPERS}
Told = dict[str, tuple[str, ...]]
"""Whom a step tells: roster references by place; the officers' place is empty."""


@dataclass(frozen=True)
class People:
    """Whom the valley's contacts name."""

    languages: dict[str, str]
    officers: tuple[str, ...]
    approvers: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, home: Path) -> People:
        contacts = tomllib.loads((home / "contacts.toml").read_text("utf-8"))["contacts"]
        officers = tuple(c["ref"] for c in contacts if c["role"] in OFFICER_ROLES)
        may = [c for c in contacts if "approve" in c.get("rights", ())]
        approvers = {
            village: tuple(c["ref"] for c in may if {"*", village} & {*c["villages"]})
            for village in VILLAGES
        }
        return cls({c["ref"]: c["language"] for c in contacts}, officers, approvers)

    def of_place(self, village: str, place: str, action: str) -> tuple[str, ...]:
        """Return whom an order to a place is for."""
        if village == PLANLESS:
            return (f"role:{PLANLESS}/responsible",)
        stands_by = action in {"stand_by", "stand_down"}
        if stands_by and place == WHOLE:
            return RESPONSIBLE
        return (*RESPONSIBLE, *WARNING, *HELPERS.get(place, ()))


def people_are_told(event, before: Rows, after: Rows, book: Book, people: People) -> None:
    """Hold the new messages and deliveries of a step against what must be said."""
    wanted_m, wanted_d = Counter(), Counter()
    new = after.new("message", before)
    for village in VILLAGES:
        if isinstance(event, Deed) and event.kind in {"close", "reopen"}:
            told = _rerouted(event, village, new, before, book, people)
        else:
            told = _told(event, village, before, after, people)
            asked = _asked(village, told, before, after, book, people)
            told = {**told, **asked} or _freed(event, village, after, book, people)
        for place, refs in told.items():
            wanted_m.update((village, place, language) for language in LANGUAGES)
            wanted_d.update((village, place, people.languages[ref], ref) for ref in refs)
    _match(wanted_m, Counter((m.village_id, place_of(m), m.language) for m in new), "message")
    by_id = {m.message_id: m for m in after.message}
    old = {d.delivery_key for d in before.delivery}
    assert old <= {d.delivery_key for d in after.delivery}, "a delivery is gone"
    sent = [(by_id[d.message_id], d) for d in after.delivery if d.delivery_key not in old]
    _match(
        wanted_d,
        Counter((m.village_id, place_of(m), m.language, d.contact_ref) for m, d in sent),
        "delivery",
    )
    for message in new:
        _fits_its_step(message, event, after)
    for message, delivery in sent:
        assert message in new, f"{delivery} is of a step before"
        assert (delivery.tier, delivery.channel) == (message.tier, "email")
    assert not after.warning_fault, after.warning_fault


def place_of(message) -> str:
    """Return the place that a message is about, or whom it is for."""
    return ASKED if message.audience == "approver" else message.place_id


def _asked(village, told: Told, before: Rows, after: Rows, book: Book, people: People) -> Told:
    """Return whom a rise asks: every approver of what waits, where an order of them is stated."""
    new = {
        m.message_id
        for m in after.new("message", before)
        if (m.village_id, m.audience) == (village, "villager")
    }
    waits = any(d.message_id in new and d.next_at > d.created_at for d in after.delivery)
    if not (told and waits and book.rules.turn_min is not None):
        return {}
    return {ASKED: people.approvers[village]}


def _freed(event, village, after: Rows, book: Book, people: People) -> Told:
    """Return what is said anew: an approver judged it, or a bulletin may have ended a "no"."""
    states = after.states(village)
    if not states:
        return {}
    state = states[-1]
    match event:
        case Deed(kind="approve" | "refuse", village=judged) if judged == village:
            anew = book.anew
        case Bulletins():
            told = {(m.episode_id, m.revision) for m in after.message}
            no = book.is_refused(state.episode_id)
            anew = no and (state.episode_id, state.revision) in told
        case _:
            anew = False
    return _risen(village, state.tier, people) if anew else {}


def _match(wanted: Counter, found: Counter, what: str) -> None:
    assert not wanted - found, f"{what} skipped: {wanted - found}"
    assert not found - wanted, f"{what} doubled or told for nothing: {found - wanted}"


def _fits_its_step(message, event, after: Rows) -> None:
    state = after.states(message.village_id)[-1]
    assert (message.episode_id, message.revision) == (state.episode_id, state.revision)
    assert message.tier == state.tier
    assert (message.audience == "villager") == bool(message.place_id)
    if isinstance(event, Bulletins):
        assert from_us(message.slot) == SLOT + event.numbers[-1] * HOUR


def _told(event, village, before: Rows, after: Rows, people: People) -> Told:
    """Return whom a step must tell of a village: of a rise, of a fall, of what a person says."""
    was, now = before.standing(village), after.standing(village)
    is_its_deed = isinstance(event, Deed) and event.village == village
    first = ORANGE if village == RIVER else YELLOW
    match event:
        case Deed(kind="release", places=places) if is_its_deed:
            home = {place: people.of_place(village, place, "return") for place in places}
            return _with_officers(home, people)
        case Deed(kind="retract") if is_its_deed:
            return _taken_back(village, before, after, people)
        case _:
            ordered_again = is_its_deed and event.kind == "order" and event.tier == was == now
            if now > was or ordered_again:
                return _risen(village, now, people) if now >= first else {}
            return _fallen(village, before, after, people) if now < was >= first else {}


def _with_officers(told: Told, people: People) -> Told:
    return {**told, OFFICERS: people.officers}


def _risen(village, tier, people: People) -> Told:
    places = (WHOLE,) if tier == YELLOW or village == PLANLESS else tuple(PLACES)
    action = "stand_by" if tier == YELLOW else "move"
    villagers = () if village == RIVER else places
    told = {place: people.of_place(village, place, action) for place in villagers}
    return _with_officers(told, people)


def _fallen(village, before: Rows, after: Rows, people: People) -> Told:
    """Tell the officers; in the village those who only stood by, and never had to do more."""
    begun = before.states(village)[-1].episode_id
    states = after.states(village)
    first = next(at for at, row in enumerate(states) if row.episode_id == begun)
    only_stood_by = max(row.tier for row in states[first:]) == YELLOW
    if village == RIVER or not only_stood_by:
        return _with_officers({}, people)
    return _with_officers({WHOLE: people.of_place(village, WHOLE, "stand_down")}, people)


def _taken_back(village, before: Rows, after: Rows, people: People) -> Told:
    """Tell everyone in the village to whom a message of the episode went, and the officers."""
    episode = after.states(village)[-1].episode_id
    ids = {
        m.message_id for m in before.message if m.episode_id == episode and m.audience == "villager"
    }
    told = tuple(dict.fromkeys(d.contact_ref for d in before.delivery if d.message_id in ids))
    return _with_officers({WHOLE: told} if told else {}, people)


def _rerouted(event: Deed, village, new, before: Rows, book: Book, people: People) -> Told:
    """Tell the places whose way is another one now.

    Where the water's hour is known the clock may have sent a place to its refuge already, which a
    closed way does not change: of those any may be told or not.
    """
    told = {m.place_id for m in new if m.village_id == village and m.place_id}
    if village != event.village or before.standing(village) < ORANGE:
        assert not told
        return {}
    changed = {p for p in PLACES if _way(p, book.was_shut) != _way(p, book.shut)}
    assert told <= changed, f"told of a way that is as it was: {told - changed}"
    hour_known = any(book.heard(number, village).lead_min for number in book.told)
    must = told if hour_known else changed
    if not must:
        return {}
    return _with_officers({p: people.of_place(village, p, "move") for p in must}, people)


def _way(place: str, shut: frozenset[str]) -> tuple[str, str] | None:
    routes = [r for r in PLACES[place]["routes"] if f"route:{r}" not in shut]
    shelters = [s for s in PLACES[place]["shelters"] if f"shelter:{s}" not in shut]
    return (routes[0], shelters[0]) if routes and shelters else None


def nobody_is_sent_on_a_closed_way(before: Rows, after: Rows, book: Book) -> None:
    """Hold each new order's words against what is reported closed."""
    names = [r["name"]["en"] for r in PLAN["routes"] if f"route:{r['id']}" in book.shut]
    for message in after.new("message", before):
        if (message.village_id, message.language) == (PLANNED, "en") and message.place_id:
            sent = [n for n in names if f"Take {n}" in message.body or f"by {n}" in message.body]
            assert not sent, f"{message.place_id} is sent by {sent}, which is closed"
