"""What a drill showed is counted as it was: who was never reached is never left out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.drill_score import (
    Answered,
    Climbed,
    OrderGiven,
    Record,
    Sent,
    percentile,
    score,
)
from alerts.drill_times import difference, proposed
from alerts.said import Said
from alerts.tier import Action, Tier

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
SPANS = st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=40)
KEY = ("e1", 1, "riverside")


def after(minutes):
    return AT + timedelta(minutes=minutes)


def sent(key="k1", ref="keeper", channel="voice", **more):
    known = {"purpose": "villager", "queued_at": AT, "handed_over": 1, "first_taken_at": AT}
    return Sent(key, "m1", ref, channel, **(known | more))


def order(**more):
    limits = {Said.ON_SITE: 10, Said.COUNTED: 30}
    known = {"deadlines": limits, "messages": frozenset({"m1"})}
    return OrderGiven(KEY, "hekou", Tier.RED, Action.MOVE, AT, **(known | more))


def record(*deliveries, answers=(), climbed=(), orders=None):
    given = (order(),) if orders is None else orders
    return Record(given, deliveries or (sent(),), tuple(answers), tuple(climbed))


def said(what, minutes, via="key", ref="keeper"):
    return Answered("m1", ref, via, what, after(minutes))


@given(spans=SPANS, share=st.floats(0.01, 1))
def test_a_percentile_is_a_value_that_at_least_so_many_do_not_pass(spans, share):
    found = percentile(spans, share)
    within = sum(span is not None and (found is None or span <= found) for span in spans)
    if found is None:
        assert within < share * len(spans)
    else:
        assert found in spans
        assert within >= share * len(spans) - 1e-9


@given(spans=SPANS, share=st.floats(0.01, 1))
def test_somebody_more_who_was_never_reached_makes_no_percentile_better(spans, share):
    before, later = percentile(spans, share), percentile([*spans, None], share)
    assert later is None or (before is not None and later >= before)


def test_reach_is_a_receipt_or_an_answer_by_that_channel_and_not_that_it_was_taken():
    both = sent("k1"), sent("k2", channel="sms", brought_at=after(1))
    texted, called = score(record(*both)).channels
    assert (texted.channel, texted.p50, texted.never) == ("sms", 60, 0)
    assert (called.channel, called.p50, called.never) == ("voice", None, 1)
    rung = score(record(*both, answers=[said(Said.RECEIVED, 3)])).channels[1]
    assert (rung.p50, rung.never) == (180, 0)


@pytest.mark.parametrize("how", ["is_refused", "is_not_brought"])
def test_a_wrong_number_is_one_that_was_refused_for_good_or_did_not_arrive(how):
    wrong = score(record(sent(**{how: True}), sent("k2", ref="other"))).wrong_numbers
    assert [reach.contact_ref for reach in wrong] == ["keeper"]


def test_a_stage_is_reached_with_every_stage_after_it_and_late_by_the_plans_limit():
    (ladder,) = score(record(answers=[said(Said.RECEIVED, 2), said(Said.COUNTED, 25)])).ladders
    received, on_site, moved, counted = ladder.stages
    assert [stage.after for stage in ladder.stages] == [2, 25, 25, 25]
    assert [stage.is_late for stage in ladder.stages] == [False, True, False, False]
    assert (received.limit, on_site.limit, moved.limit, counted.limit) == (None, 10, None, 30)


def test_what_was_never_said_is_late_where_the_plan_has_a_limit():
    (ladder,) = score(record()).ladders
    assert [stage.is_late for stage in ladder.stages] == [False, True, False, True]


def test_a_ladder_is_as_long_as_it_was_climbed():
    steps = [Climbed(KEY, "try", 2, after(2)), Climbed(KEY, "received", 0, after(2))]
    other = Climbed(("e2", 1, "riverside"), "received", 1, after(4))
    (ladder,) = score(record(climbed=[*steps, other])).ladders
    assert (ladder.tries, ladder.calls) == (2, ("received 1",))


def test_who_is_rung_while_awake_is_woken_once():
    times = [0, 3, 12, 30]
    calls = [sent(f"k{n}", first_taken_at=after(n)) for n in times]
    assert score(record(*calls)).wakings == {"keeper": 2}
    mails = [sent(f"k{n}", channel="email", first_taken_at=after(n)) for n in times]
    assert score(record(*mails)).wakings == {}


PLAN = (
    'village_id = "hekou"\n\n[times] # minutes, assumed\ncall = 10\ngather = 15\n\n[x]\ncall = 3\n'
)


def test_a_measured_call_time_is_proposed_with_its_source_and_changes_one_line():
    (call,) = score(record(answers=[said(Said.RECEIVED, 6.2)])).calls
    assert (call.village_id, call.minutes) == ("hekou", 7)
    new = proposed(PLAN, call, "drill x1, SIMULATED telephones")
    changed = set(new.splitlines()) - set(PLAN.splitlines())
    assert changed == {"call = 7 # 90th percentile of 1 orders, drill x1, SIMULATED telephones"}
    shown = "".join(difference(PLAN, new, "plans/hekou.toml"))
    assert "-call = 10\n+call = 7 #" in shown
    assert proposed(new, call, "again") is None


def test_a_village_that_never_answered_and_a_plan_without_times_are_proposed_nothing():
    (never,) = score(record()).calls
    assert (never.minutes, proposed(PLAN, never, "x")) == (None, None)
    (call,) = score(record(answers=[said(Said.RECEIVED, 6.2)])).calls
    assert proposed("[x]\ncall = 3\n", call, "x") is None
    assert proposed("[times]\ngather = 1\n\n[x]\ncall = 3\n", call, "x") is None
