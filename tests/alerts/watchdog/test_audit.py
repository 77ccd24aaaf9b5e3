"""What should have been sent, held against what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.outbox.delivery import NOTICE, Outcome, State
from alerts.outbox.record import Record
from alerts.warning_message import Audience
from alerts.watchdog.audit import GRACE, Rule, Said, breaches

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
EN = Said(
    "m-en", "e", 1, "hekou", "zone", Audience.VILLAGER, NOW - HOUR,
    wanted=frozenset({("a", "email"), ("b", "sms")}),
)  # fmt: skip
ZH = replace(EN, message_id="m-zh")
SENT = Record(
    "k-a", "m-en", "a", "email", "villager", State.ACCEPTED, 1,
    NOW - HOUR, NOW + HOUR, NOW - HOUR, (Outcome.ACCEPTED,),
)  # fmt: skip
OTHER = replace(SENT, key="k-b", message_id="m-zh", contact_ref="b", channel="sms")


def rules(said, rows):
    return [breach.rule for breach in breaches(said, rows, now=NOW)]


def row(state, *outcomes, ended=True, **more):
    at = NOW - HOUR if ended else None
    return replace(
        SENT, state=state, attempts=len(outcomes), outcomes=outcomes, ended_at=at, **more
    )


GOOD = [
    row(State.PENDING, ended=False),
    row(State.LEASED, ended=False),
    row(State.LEASED, None, ended=False),
    row(State.FAILED_RETRY, Outcome.TEMPORARY, ended=False),
    row(State.FAILED_FINAL, Outcome.TEMPORARY, Outcome.PERMANENT),
    row(State.UNCERTAIN, Outcome.UNCERTAIN, ended=False),
    row(State.UNCERTAIN, Outcome.UNCERTAIN, Outcome.UNCERTAIN),
    row(State.UNCERTAIN),  # held after a restore
    row(State.UNCERTAIN, None),  # held after a restore, on its way then
    row(State.SUPERSEDED),
    row(State.EXPIRED, Outcome.TEMPORARY),
    row(State.ACCEPTED, Outcome.TEMPORARY, Outcome.ACCEPTED),
]
BAD = {
    Rule.STATE: [
        row(State.PENDING),
        row(State.ACCEPTED, Outcome.ACCEPTED, ended=False),
        row(State.LEASED, None),
    ],
    Rule.ATTEMPTS: [
        row(State.ACCEPTED),
        row(State.ACCEPTED, Outcome.TEMPORARY),
        row(State.FAILED_FINAL),
        row(State.FAILED_RETRY, None, ended=False),
        replace(row(State.FAILED_FINAL, Outcome.PERMANENT), attempts=2),
        replace(row(State.PENDING, ended=False), attempts=1),
    ],
    Rule.OVERDUE: [
        row(State.PENDING, ended=False, expires_at=NOW - GRACE - timedelta(seconds=1)),
        row(State.LEASED, None, ended=False, expires_at=NOW - 2 * GRACE),
    ],
}


def test_books_that_agree_hold_no_breach():
    assert rules([EN, ZH], [SENT, OTHER]) == []


@pytest.mark.parametrize("good", GOOD, ids=lambda r: f"{r.state}-{r.outcomes}")
def test_every_way_that_a_delivery_can_stand_is_no_breach(good):
    assert rules([EN, ZH], [good, OTHER]) == []


@pytest.mark.parametrize(
    ("rule", "bad"), [(rule, bad) for rule, rows in BAD.items() for bad in rows]
)
def test_a_row_that_no_sender_could_have_left_so_is_a_breach(rule, bad):
    assert rule in rules([EN, ZH], [bad, OTHER])


@given(st.sets(st.sampled_from(["k-a", "k-b"])))
def test_a_person_for_whom_nothing_was_written_is_missed_whatever_else_was(kept):
    found = rules([EN, ZH], [r for r in (SENT, OTHER) if r.key in kept])
    assert found == ([] if len(kept) == 2 else [Rule.MISSING])


def test_a_place_with_nobody_at_all_is_a_breach_unless_that_is_recorded():
    alone = replace(EN, wanted=frozenset())
    assert rules([alone], []) == [Rule.NOBODY]
    assert rules([replace(alone, is_faulted=True)], []) == []
    assert rules([replace(EN, is_faulted=True)], []) == []


def test_nobody_audits_whom_an_approver_is():
    assert rules([replace(EN, audience=Audience.APPROVER)], []) == []


def test_a_delivery_of_no_message_is_a_breach_but_a_notices_is_none():
    stray = replace(SENT, message_id="gone")
    assert rules([EN, ZH], [SENT, OTHER, stray]) == [Rule.STRAY]
    assert rules([EN, ZH], [SENT, OTHER, replace(stray, purpose=NOTICE)]) == []
    old = replace(stray, created_at=NOW - 30 * HOUR)  # its message is older than what was read
    assert rules([EN, ZH], [SENT, OTHER, old]) == []
