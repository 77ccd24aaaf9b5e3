"""Silence climbs, an answer ends it, and nothing but an answer does."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.ladder import (
    ANSWERED,
    Climb,
    Ladder,
    Ladders,
    PlaceAsked,
    Rung,
    climbs,
    is_silent,
    next_call,
    tries,
)
from alerts.said import STAGES, Said, has_reached, reached, read_reply
from alerts.tier import Action, Tier

WENT = datetime(2026, 11, 24, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RED = Ladders().red
ANY_SAID = st.frozensets(st.sampled_from(Said))
PASSED = st.integers(-60, 24 * 60).map(lambda minutes: minutes * MINUTE)
DEADLINES = st.dictionaries(
    st.sampled_from(STAGES[1:]), st.integers(0, 240).map(lambda minutes: minutes * MINUTE)
)
RUNGS = st.lists(
    st.builds(Rung, after_minutes=st.integers(0, 240), roles=st.just(("duty",))), max_size=4
).map(tuple)
LADDERS = st.builds(Ladder, tries=st.integers(1, 5), try_minutes=st.integers(1, 60), rungs=RUNGS)


def asked(said=(), *, action=Action.MOVE, deadlines=None, tier=Tier.RED) -> PlaceAsked:
    return PlaceAsked(
        *("e", 1, "hekou", "riverside", tier, action, WENT), deadlines or {}, frozenset(said)
    )


ASKED = st.builds(asked, ANY_SAID, action=st.sampled_from(sorted(ANSWERED)), deadlines=DEADLINES)


def test_red_calls_the_township_at_two_minutes_and_the_county_at_four():
    def called(minutes):
        return {climb.rung for climb in climbs(asked(), RED, now=WENT + minutes * MINUTE)}

    assert [called(m) for m in (0, 1.9, 2, 3.9, 4, 6)] == [
        *(set(), set()),
        *({0}, {0}),
        *({0, 1}, {0, 1, 2}),
    ]
    assert [rung.roles for rung in RED.rungs[:2]] == [("township_duty",), ("county_duty",)]


def test_red_is_put_to_its_own_people_three_times_in_five_minutes():
    counts = [tries(asked(), RED, now=WENT + m * MINUTE) for m in (0, 2, 4, 5, 60)]
    assert counts == [1, 2, 3, 3, 3]


@given(order=ASKED, ladder=LADDERS, passed=PASSED, more=PASSED.filter(lambda t: t >= 0 * MINUTE))
def test_time_takes_back_no_call(order, ladder, passed, more):
    before = climbs(order, ladder, now=WENT + passed)
    assert before <= climbs(order, ladder, now=WENT + passed + more)


@given(said=ANY_SAID, ladder=LADDERS, passed=PASSED)
def test_who_has_received_it_is_tried_no_more_and_nobody_is_called_for_that(said, ladder, passed):
    order = asked({*said, Said.RECEIVED})
    assert tries(order, ladder, now=WENT + passed) <= 1
    assert Said.RECEIVED not in {c.stage for c in climbs(order, ladder, now=WENT + passed)}


@given(deadlines=DEADLINES, ladder=LADDERS, passed=PASSED)
def test_once_all_are_counted_nobody_is_called(deadlines, ladder, passed):
    order = asked({Said.COUNTED}, deadlines=deadlines)
    assert climbs(order, ladder, now=WENT + passed) == frozenset()
    assert next_call(order, ladder, now=WENT + passed) is None


@given(order=ASKED, ladder=LADDERS, passed=PASSED)
def test_help_calls_every_rung_at_once(order, ladder, passed):
    asks = asked({*order.said, Said.HELP}, deadlines=order.deadlines)
    called = {c.rung for c in climbs(asks, ladder, now=WENT + passed) if c.stage is Said.HELP}
    assert called == set(range(len(ladder.rungs)))


@given(ladder=LADDERS, passed=PASSED)
def test_a_reply_that_may_mean_anything_stops_no_call(ladder, passed):
    now = WENT + passed
    assert climbs(asked({Said.UNCLEAR}), ladder, now=now) == climbs(asked(), ladder, now=now)
    assert tries(asked({Said.UNCLEAR}), ladder, now=now) == tries(asked(), ladder, now=now)
    everybody = {Climb(Said.RECEIVED, rung) for rung in range(len(ladder.rungs))}
    assert not is_silent(asked({Said.UNCLEAR}), ladder, everybody)


def test_a_missed_deadline_calls_the_next_rung():
    limits = {s: m * MINUTE for s, m in zip(STAGES[1:], (4, 14, 36), strict=True)}
    order = asked({Said.RECEIVED}, deadlines=limits)
    assert climbs(order, RED, now=WENT + 3 * MINUTE) == frozenset()
    assert climbs(order, RED, now=WENT + 20 * MINUTE) == {
        Climb(Said.ON_SITE, 0),
        Climb(Said.MOVED, 1),
    }
    gone = asked({Said.MOVED}, deadlines=limits)
    assert climbs(gone, RED, now=WENT + 40 * MINUTE) == {Climb(Said.COUNTED, 2)}


@given(ladder=LADDERS, passed=PASSED, action=st.sampled_from(sorted(set(Action) - ANSWERED)))
def test_the_way_home_and_what_was_taken_back_ask_for_no_answer(ladder, passed, action):
    order = asked(action=action)
    assert climbs(order, ladder, now=WENT + passed) == frozenset()
    assert tries(order, ladder, now=WENT + passed) == 0
    everybody = {Climb(Said.RECEIVED, rung) for rung in range(len(ladder.rungs))}
    assert not is_silent(order, ladder, everybody)


@given(order=ASKED, ladder=LADDERS, passed=PASSED)
def test_until_the_next_call_nobody_else_is_called(order, ladder, passed):
    now = WENT + passed
    until = next_call(order, ladder, now=now) or now + timedelta(days=30)
    assert until > now
    just_before = climbs(order, ladder, now=until - timedelta(microseconds=1))
    assert just_before == climbs(order, ladder, now=now)


@given(tier=st.sampled_from([Tier.NONE, Tier.BLUE]), passed=PASSED)
def test_blue_calls_nobody(tier, passed):
    assert climbs(asked(tier=tier), Ladders().of(tier), now=WENT + passed) == frozenset()


@given(said=ANY_SAID, more=ANY_SAID)
def test_more_words_never_take_a_stage_back(said, more):
    before = reached(said)
    assert before is None or has_reached(said | more, before)


def test_replies_are_single_digits_in_any_script_and_nothing_else():
    spoken = {
        "1": Said.RECEIVED,
        " 1. ": Said.RECEIVED,
        "１": Said.RECEIVED,
        "1️⃣": Said.RECEIVED,
        "②": Said.COUNTED,
        "٩": Said.HELP,
        "9!": Said.HELP,
        "12": Said.UNCLEAR,
        "1 2": Said.UNCLEAR,
        "3": Said.UNCLEAR,
        "": Said.UNCLEAR,
        "收到": Said.UNCLEAR,
        "not 1": Said.UNCLEAR,
    }
    assert {text: read_reply(text) for text in spoken} == spoken


@given(st.text(max_size=40))
def test_any_text_is_read_without_a_fault(text):
    assert read_reply(text) in Said
