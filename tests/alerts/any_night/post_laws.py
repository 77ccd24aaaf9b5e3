"""The oracle of the post: what is due leaves once, unless newer words or the clock overtook it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tests.alerts.any_night.said import Book
from tests.alerts.any_night.stage import Post, Rows
from tests.alerts.any_night.tier_laws import ORANGE
from tests.alerts.any_night.told_laws import NO_ORDER, WHOLE

US = 1_000_000
WAITING = {"pending", "failed_retry", "uncertain"}
ENDED = {"accepted", "failed_final", "uncertain", "superseded", "expired"}
BECOMES = {None: {"accepted"}, "temporary": {"failed_retry", "failed_final"}}
BECOMES |= {"permanent": {"failed_final"}, "uncertain": {"uncertain"}}
LONGEST_WAIT_S = 5 * 60


@dataclass(frozen=True)
class Pass:
    """One delivery pass: its instant on the wall (microseconds), and what befell each person."""

    now: int
    trouble: dict[str, str]
    handed: Counter[str]


def a_pass_sends_what_is_due_once(done: Pass, before: Rows, after: Rows) -> None:
    """Hold every delivery's new state against what was due, overtaken or too old."""
    stands = {row.delivery_key: row for row in after.delivery}
    for row in before.delivery:
        key, state = row.delivery_key, stands[row.delivery_key].state
        if not _is_due(row, done.now, before):
            assert done.handed[key] == 0, f"sent though nothing was due: {row}"
        elif done.now >= row.expires_at:
            assert (state, done.handed[key]) == ("expired", 0), f"too old: {row}"
        elif _is_overtaken(row, before):
            assert (state, done.handed[key]) == ("superseded", 0), f"overtaken: {row}"
        else:
            assert done.handed[key] == 1, f"handed over {done.handed[key]} times: {row}"
            assert state in BECOMES[done.trouble.get(row.contact_ref)], f"{state}: {row}"
    assert len(after.delivery) == len(before.delivery)


def _is_due(row, now: int, rows: Rows) -> bool:
    if row.ended_at is not None:
        return False
    if row.state != "leased":
        return row.next_at <= now
    if row.lease_until > now:
        return False
    # its sender died: what may have left goes once more if it is an order, else a person asks
    tries = [t for t in rows.attempt if t.delivery_key == row.delivery_key]
    left = any(t.number == row.attempts and t.outcome is None for t in tries)
    doubts = sum(t.outcome == "uncertain" for t in tries) + left
    return not left or (row.tier >= ORANGE and doubts == 1)


def _is_overtaken(row, rows: Rows) -> bool:
    by_id = {m.message_id: m for m in rows.message}
    opened = {e.episode_id: e.opened for e in rows.episode}
    mine = by_id[row.message_id]

    def age(message):
        return opened[message.episode_id], message.revision

    for other in rows.delivery:
        if (other.contact_ref, other.channel) == (row.contact_ref, row.channel):
            newer = by_id[other.message_id]
            same = (newer.village_id, newer.audience) == (mine.village_id, mine.audience)
            about = mine.place_id == newer.place_id or WHOLE in {mine.place_id, newer.place_id}
            if same and about and age(newer) > age(mine):
                return True
    if mine.audience != "villager" or mine.action in NO_ORDER:
        return False
    revisions = [e for e in rows.episode if e.episode_id == mine.episode_id]
    return max(revisions, key=lambda e: e.revision).tier < row.tier


def nobody_gets_a_message_twice(rows: Rows, post: Post) -> None:
    """Hold what the provider took against the rows: twice only where the first was in doubt."""
    for row in rows.delivery:
        key = row.delivery_key
        sure = post.taken[key] - post.doubtful[key]
        assert sure == (row.state == "accepted"), f"taken {sure} times: {row}"
        assert post.doubtful[key] <= 2
    told = Counter((d.message_id, d.contact_ref, d.channel) for d in rows.delivery)
    assert not told or max(told.values()) == 1


def silence_holds_nothing_back(rows: Rows, book: Book, since: int) -> None:
    """Hold the hour of each untried order: an approver's wait, or what a "no" adds to it.

    Parameters
    ----------
    since : the instant of the night's first second on the wall (microseconds)
    """
    village_of = {m.message_id: m for m in rows.message}
    for row in rows.delivery:
        if row.attempts or row.state != "pending":
            continue
        message = village_of[row.message_id]
        latest = row.created_at
        if book.rules.asks and message.audience != "officer" and message.tier >= ORANGE:
            latest += LONGEST_WAIT_S * US
        if book.rules.asks and message.audience == "villager" and message.tier >= ORANGE:
            latest = max(latest, since + book.goes_at.get(message.village_id, 0) * US)
        assert row.next_at <= latest, f"held back: {row}"


def all_has_ended(rows: Rows) -> None:
    """Hold that nothing waits for ever."""
    waits = [row for row in rows.delivery if row.ended_at is None or row.state not in ENDED]
    assert not waits, f"never sent: {waits}"
