"""Where an attempt's outcome takes a delivery; for every tier, age and history."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.outbox.delivery import (
    GIVE_UP,
    LONGEST_RETRY,
    Delivery,
    Outcome,
    State,
    Tried,
    delivery_key,
    judge,
    pause,
)
from alerts.tier import Tier
from pipeline.world import Mode, World

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
WORDS = st.text("abcdefgh-/", min_size=1, max_size=12)
DELIVERIES = st.builds(
    Delivery,
    key=st.text("0123456789abcdef", min_size=64, max_size=64),
    world=st.just(World("valley", Mode.EXERCISE, "x")),
    message_id=WORDS,
    contact_ref=WORDS,
    channel=st.sampled_from(["email", "file"]),
    purpose=st.just("villager"),
    tier=st.sampled_from(Tier),
    decide_by=st.none(),
    expires_at=st.timedeltas(timedelta(0), timedelta(hours=12)).map(lambda span: AT + span),
    created_at=st.just(AT),
    attempts=st.integers(1, 50),
)
AGES = st.timedeltas(timedelta(0), timedelta(hours=12))


@given(DELIVERIES, st.sampled_from(Outcome), st.integers(1, 5), AGES)
def test_a_delivery_goes_on_or_ends_with_a_reason(delivery, outcome, uncertain, age):
    verdict = judge(delivery, outcome, Tried(uncertain, AT), at=AT + age)
    assert (verdict.reason is None) == (verdict.state is State.ACCEPTED)
    waits = verdict.state is State.FAILED_RETRY or (
        verdict.state is State.UNCERTAIN and verdict.next_at is not None
    )
    assert waits == (verdict.next_at is not None)


@given(DELIVERIES, AGES)
def test_only_what_moves_people_is_repeated_in_doubt_and_only_once(delivery, age):
    first, *more = (
        judge(delivery, Outcome.UNCERTAIN, Tried(n, AT), at=AT + age) for n in range(1, 5)
    )
    assert (first.next_at is not None) == (delivery.tier >= Tier.ORANGE)
    assert {verdict.next_at for verdict in more} == {None}
    assert {verdict.state for verdict in (first, *more)} == {State.UNCERTAIN}


@given(DELIVERIES, AGES, st.floats(0, 3600))
def test_a_retry_is_later_never_after_its_end_and_never_before_it_was_asked(delivery, age, asked):
    at = AT + age
    verdict = judge(delivery, Outcome.TEMPORARY, Tried(0, AT), at=at, retry_after=asked)
    if verdict.next_at is not None:
        assert verdict.next_at > at
        assert verdict.next_at >= at + timedelta(seconds=asked)
        assert verdict.next_at < min(delivery.expires_at, AT + GIVE_UP[delivery.tier])
    else:
        assert verdict.state is State.FAILED_FINAL


@given(DELIVERIES, AGES)
def test_whoever_was_let_sleep_is_rung_as_long_as_anybody_else(delivery, slept):
    waited = replace(
        delivery, created_at=AT - slept, expires_at=AT + timedelta(hours=1), attempts=1
    )
    at_once = replace(waited, created_at=AT)
    one, other = (judge(each, Outcome.TEMPORARY, Tried(0, AT), at=AT) for each in (waited, at_once))
    assert one == other
    assert one.state is State.FAILED_RETRY


@given(DELIVERIES)
def test_pauses_grow_to_the_tiers_longest_and_never_past_it(delivery):
    longest = LONGEST_RETRY[delivery.tier]
    pauses = [pause(replace(delivery, attempts=n)) for n in range(1, 30)]
    assert all(timedelta(seconds=2.5) <= each <= longest for each in pauses)
    assert all(each >= longest / 2 for each in pauses[10:])


@given(st.lists(DELIVERIES, min_size=40, max_size=40, unique_by=lambda d: d.key))
def test_a_crowd_that_failed_together_does_not_come_back_together(crowd):
    again = {pause(replace(each, tier=Tier.RED, attempts=3)) for each in crowd}
    assert len(again) == len(crowd)


@given(st.lists(WORDS, min_size=8, max_size=8), st.integers(0, 7), WORDS)
def test_a_key_changes_with_each_of_its_parts_and_with_nothing_else(parts, which, other):
    changed = [*parts]
    changed[which] = other
    assert (delivery_key(*parts) == delivery_key(*changed)) == (parts == changed)
