"""The oracle of tiers: rise at once, fall slowly, never blind; red and orange by two persons."""

from __future__ import annotations

from collections import Counter

from pipeline.instants import from_us
from tests.alerts.any_night.said import DARK_UTC, Book, Bulletins, Deed, Said
from tests.alerts.any_night.stage import VILLAGES, Rows
from tests.alerts.night import SLOT
from tests.golden.samples import HOUR

YELLOW, ORANGE = 2, 3
HOLD_H = 1


def number_of(us: int) -> int:
    """Return the night's hour at which a slot lies."""
    return (from_us(us) - SLOT) // HOUR


def moves_are_lawful(event, before: Rows, after: Rows, book: Book) -> None:
    """Hold every new revision of every village against what happened."""
    added = {row.village_id for row in after.new("episode", before)}
    match event:
        case Bulletins(numbers):
            for village in VILLAGES:
                _by_bulletins(village, numbers, before, after, book)
        case Deed():
            assert added <= {event.village}, f"{event} moved {added}"
            _by_person(event, before, after)
        case _:
            assert not added, f"{event} moved {added}"
    for village in VILLAGES:
        _one_episode_is_open(village, after)


def _by_bulletins(village, numbers, before: Rows, after: Rows, book: Book) -> None:
    states = after.states(village)
    known = len(before.states(village))
    for at, state in enumerate(states[known:], start=known):
        was = _tier(states[at - 1]) if at else 0
        now, said = _tier(state), book.heard(number_of(state.slot), village)
        assert state.cause == "bulletin"
        assert number_of(state.slot) in numbers, f"{village} moved at a slot that nobody was told"
        if now > was:
            assert _asks_for(said, now, book), f"{village} rose to {now} on {said}"
        elif now < was:
            _may_fall(village, was, now, number_of(state.slot), book)
    newest = book.heard(numbers[-1], village)
    assert newest.absent or after.standing(village) >= newest.level, f"{village} did not rise"


def _asks_for(said: Said, tier: int, book: Book) -> bool:
    """Tell whether a bulletin asks for a tier; what the clock presses asks for the next."""
    raises = {ORANGE} | ({YELLOW} if book.rules.early else set())
    pressed = tier == said.level + 1 and said.level in raises and said.lead_min is not None
    return not said.absent and (said.level == tier or pressed)


def _may_fall(village, was, now, number, book: Book) -> None:
    said = book.heard(number, village)
    where = f"{village} fell from {was} to {now} at hour {number} on {said}"
    assert said.is_calm_below(was), f"blind, missing or no calm: {where}"
    assert not said.rising, f"a river rises: {where}"
    hour = (SLOT + number * HOUR).hour
    assert book.rules.dark_falls or hour not in DARK_UTC, f"dark: {where}"
    assert was <= YELLOW, f"by the clock: {where}"
    assert now >= book.floor.get(village, 0), f"below a person's order: {where}"
    calm = [book.heard(number - back, village) for back in range(HOLD_H + 1)]
    assert all(each.is_calm_below(was) for each in calm), f"not calm for the hold: {where}"
    assert now >= max(each.level for each in calm), f"below what was asked: {where}"


def _by_person(deed: Deed, before: Rows, after: Rows) -> None:
    states, known = after.states(deed.village), len(before.states(deed.village))
    new, was = states[known:], before.standing(deed.village)
    now = after.standing(deed.village)
    assert len(new) <= 1, f"{deed} moved the episode more than once"
    match deed.kind:
        case "order" | "report":
            assert now == max(was, deed.tier)
        case "lower":
            assert now == deed.tier < was
        case "retract":
            assert new[0].closed
        case "release":
            assert now == was < ORANGE
        case _:
            assert now == was
    if now < was:
        assert deed.kind in {"lower", "retract"}, f"{deed} lowered from {was} to {now}"
        assert len(set(deed.by)) == 2, f"one person lowered from {was} to {now}: {deed}"


def _one_episode_is_open(village, rows: Rows) -> None:
    newest = {row.episode_id: row for row in rows.states(village)}
    is_open = [row for row in newest.values() if not row.closed]
    assert len(is_open) <= 1, f"{village} has {len(is_open)} open episodes"
    if is_open:
        assert is_open == [rows.states(village)[-1]], f"an old episode of {village} stands open"
    counted = Counter(row.episode_id for row in rows.states(village))
    assert all(newest[episode].revision == count for episode, count in counted.items())


def _tier(state) -> int:
    return 0 if state.closed else state.tier


def the_log_holds(before: Rows, after: Rows, book: Book) -> None:
    """Hold the log against what the product took: each word once, in order, by whom it was."""
    after.new("officer_action", before)
    rows = sorted(after.officer_action, key=lambda row: row.number)
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert [(row.verb, row.village_id, row.by_ref) for row in rows] == book.deeds


def whoever_was_moved_is_not_forgotten(rows: Rows, home: set[str]) -> None:
    """Hold open the episode of a place that was told to leave home, until it may return.

    Parameters
    ----------
    home : message ids of orders to leave that were ended by a release or a retraction
    """
    closed = {row.episode_id for row in rows.episode if row.closed}
    left = [
        row
        for row in rows.message
        if row.audience == "villager" and row.action in {"move", "refuge"}
    ]
    forgotten = {
        (row.village_id, row.place_id)
        for row in left
        if row.episode_id in closed and row.message_id not in home
    }
    assert not forgotten, f"people are away and the episode is closed: {forgotten}"
