"""The oracle of asking: in turn, all of them before the order goes, and nobody after an answer."""

from __future__ import annotations

from collections import defaultdict

from tests.alerts.any_night.said import Book, Bulletins, Deed
from tests.alerts.any_night.stage import FIRST_ASKED, Rows
from tests.alerts.any_night.told_laws import People

MINUTE_US = 60_000_000


def approvers_are_asked_in_turn(before: Rows, after: Rows, book: Book, people: People) -> None:
    """Hold the hour of each new question against the order that is stated, and what it is about."""
    about = {m.message_id: m for m in after.message}
    known = {d.delivery_key for d in before.delivery}
    asks, goes = defaultdict(dict), {}
    for row in after.delivery:
        message = about[row.message_id]
        step = message.episode_id, message.revision
        if row.delivery_key in known:
            continue
        if message.audience == "villager":
            goes[step] = row.next_at
        if message.audience == "approver":
            asks[step][row.contact_ref] = row
    for step, rows in asks.items():
        wait = goes[step] - next(iter(rows.values())).created_at
        assert wait > 0, "asked of what waits for nobody"
        assert {row.expires_at for row in rows.values()} == {goes[step]}, "asked too late, or never"
        village = about[next(iter(rows.values())).message_id].village_id
        turns = _turns(people.approvers[village])
        turn = book.rules.turn_min * MINUTE_US
        pause = turn if len(turns) * turn <= wait else 0
        for number, refs in enumerate(turns):
            for ref in refs:
                assert rows[ref].next_at - rows[ref].created_at == number * pause


def _turns(approvers: tuple[str, ...]) -> list[list[str]]:
    county = [ref for ref in approvers if ref.startswith("county") and ref != FIRST_ASKED]
    others = [ref for ref in approvers if not ref.startswith("county")]
    return [turn for turn in ([FIRST_ASKED], county, others) if turn]


def an_answer_ends_the_asking(event, before: Rows, after: Rows, now: int) -> None:
    """Hold that a yes, a no, or whatever else is said of a village leaves no question to be put.

    A new way asks nothing and ends nothing. What is on its way when the word comes is not tried
    again.
    """
    if not isinstance(event, Bulletins | Deed) or (
        isinstance(event, Deed) and event.kind in {"close", "reopen"}
    ):
        return
    ended = {m.village_id for m in after.new("message", before)}
    if isinstance(event, Deed) and event.kind in {"approve", "refuse"}:
        ended.add(event.village)
    about = {m.message_id: m for m in after.message}
    stands = {row.delivery_key: row for row in after.delivery}
    for row in before.delivery:
        message = about[row.message_id]
        if message.audience != "approver" or message.village_id not in ended:
            continue
        if row.ended_at is None:
            left = stands[row.delivery_key]
            on_its_way = left.state == "leased" and left.expires_at <= now
            assert left.state == "superseded" or on_its_way, f"still asked: {left}"
