"""Silence never stops an order; a no is short, has a reason, and dies on new evidence."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.actions import Asked, order_village
from alerts.approval import certain, is_new, wait
from alerts.approvals import Judged, approve, refuse
from alerts.closing import Closing, report
from alerts.errors import Refused
from alerts.issue import Minute
from alerts.tables import delivery, message, officer_action
from alerts.tier import Tier
from pipeline.bulletin import Indicator, RiskLevel
from pipeline.instants import to_us
from tests.alerts.night import FLOOD, WALL, levels
from tests.golden.samples import HOUR, SLOT, bulletin, quick_valley, risk

MINUTES = timedelta(minutes=1)
COUNTY = "county_duty-1"
ASKING = quick_valley().config.model_copy(update={"send_orange": "approve", "send_red": "approve"})


@pytest.fixture
def asked(night):
    """Give a night on which orders wait for an approver."""
    config = quick_valley().config.model_copy(
        update={"send_orange": "approve", "send_red": "approve"}
    )
    night.pack = replace(quick_valley(), config=config)
    return night


def at(minutes):
    return Minute(WALL + minutes * MINUTES, FLOOD + minutes * MINUTES)


def to_village(night):
    """Return the deliveries to the village, by the minute at which they go."""
    texts = {row.message_id for row in night.rows(message) if row.audience == "villager"}
    rows = [row for row in night.rows(delivery) if row.message_id in texts]
    return {(row.next_at - to_us(WALL)) / 60e6 for row in rows if row.state == "pending"}


def approver(night):
    return next(c.ref for c in night.roster.contacts if "approve" in c.rights)


@pytest.mark.parametrize(("level", "minutes"), [(2, 0), (3, 5), (4, 3)])
def test_an_order_goes_by_itself_when_nobody_answers(asked, level, minutes):
    asked.warned(levels(hekou=level))
    assert to_village(asked) == {minutes}


def test_officers_are_told_at_once_and_by_when_it_goes(asked, post):
    asked.warned(levels(hekou=4))
    asked.delivered()
    bodies = [mail.get_content() for _, mail in post.mails]
    assert bodies
    assert all("2024-07-15 01:08" in body for body in bodies)


def test_a_yes_lets_it_go_now(asked):
    asked.warned(levels(hekou=4))
    assert approve(asked.desk, Judged("hekou", approver(asked)), at(1)) > 0
    assert to_village(asked) == {1}


def test_a_no_holds_it_for_fifteen_minutes_and_then_it_goes(asked):
    asked.warned(levels(hekou=4))
    refuse(asked.desk, Judged("hekou", approver(asked), "the gauge lies"), at(1))
    assert to_village(asked) == {16}


def test_a_no_needs_a_reason_a_right_and_something_that_waits(asked):
    ref = approver(asked)
    with pytest.raises(Refused, match="nothing waits"):
        refuse(asked.desk, Judged("hekou", ref, "no"), at(0))
    asked.warned(levels(hekou=4))
    with pytest.raises(Refused, match="reason"):
        refuse(asked.desk, Judged("hekou", ref, " "), at(1))
    with pytest.raises(Refused, match="no right"):
        refuse(asked.desk, Judged("hekou", "hekou/responsible", "no"), at(1))
    assert to_village(asked) == {3}


def test_a_no_dies_on_new_evidence(asked):
    asked.warned(levels(hekou=4))
    refuse(asked.desk, Judged("hekou", approver(asked), "the gauge lies"), at(1))
    same = bulletin(risk(4, slot=SLOT + HOUR), slot=SLOT + HOUR)
    asked.warned(same, at=at(2))
    assert to_village(asked) == {16}
    rain = risk(4, slot=SLOT + 2 * HOUR)
    river = replace(rain.evidence[0], indicator=Indicator.STAGE, station_id="S1")
    newer = replace(rain, evidence=(*rain.evidence, river))
    asked.warned(bulletin(newer, slot=SLOT + 2 * HOUR), at=at(3))
    assert to_village(asked) == {3}


def test_a_no_is_said_once_to_a_tier_whoever_says_it(asked):
    asked.warned(levels(hekou=3))
    first, second = [c.ref for c in asked.roster.contacts if "approve" in c.rights][:2]
    refuse(asked.desk, Judged("hekou", first, "not yet"), at(1))
    for ref in (first, second):
        with pytest.raises(Refused, match="held back once"):
            refuse(asked.desk, Judged("hekou", ref, "not yet"), at(2))
    assert to_village(asked) == {16}
    asked.warned(bulletin(risk(4, slot=SLOT + HOUR), slot=SLOT + HOUR), at=at(3))
    refuse(asked.desk, Judged("hekou", second, "the gauge lies"), at(4))


def test_a_no_to_orange_does_not_hold_a_red(asked):
    asked.warned(levels(hekou=3))
    refuse(asked.desk, Judged("hekou", approver(asked), "not yet"), at(1))
    asked.warned(bulletin(risk(4, slot=SLOT + HOUR), slot=SLOT + HOUR), at=at(2))
    assert 5 in to_village(asked)


def test_a_person_s_order_waits_for_nobody(asked):
    order_village(asked.desk, Asked("hekou", Tier.RED, "water at the bridge", COUNTY), at(1))
    assert to_village(asked) == {1}


def test_a_new_way_does_not_slip_past_the_approver(asked):
    asked.warned(levels(hekou=4))
    closing = Closing("hekou", "route", "lane", closed=True, reason="cut", by=COUNTY)
    assert report(asked.desk, closing, at(1))
    assert to_village(asked) == {3}


def test_a_new_way_waits_for_no_order_that_was_overtaken(asked):
    asked.warned(levels(hekou=3))
    order_village(asked.desk, Asked("hekou", Tier.RED, "water at the bridge", COUNTY), at(1))
    already = {row.delivery_key for row in asked.rows(delivery)}
    closing = Closing("hekou", "route", "lane", closed=True, reason="cut", by=COUNTY)
    assert report(asked.desk, closing, at(2))
    new = [row for row in asked.rows(delivery) if row.delivery_key not in already]
    assert new
    assert all(row.next_at == row.created_at for row in new)


def test_the_yes_and_the_no_are_in_the_log(asked):
    asked.warned(levels(hekou=4))
    refuse(asked.desk, Judged("hekou", approver(asked), "the gauge lies"), at(1))
    approve(asked.desk, Judged("hekou", approver(asked)), at(2))
    rows = sorted(asked.rows(officer_action), key=lambda row: row.number)
    assert [(row.verb, row.reason) for row in rows] == [
        ("refuse", "the gauge lies"),
        ("approve", ""),
    ]


def of(indicator, level=4, station="R03"):
    return replace(
        risk(4).evidence[0], indicator=indicator, level=RiskLevel(level), station_id=station
    )


@pytest.mark.parametrize(
    ("evidence", "is_certain"),
    [
        ((of(Indicator.RAIN),), False),
        ((of(Indicator.RAIN), of(Indicator.RAIN, station="R04")), False),
        ((of(Indicator.RAIN), of(Indicator.MODEL)), False),
        ((of(Indicator.STAGE),), True),
        ((of(Indicator.STAGE, level=3),), False),
        ((of(Indicator.RAIN), of(Indicator.UPSTREAM)), True),
        ((of(Indicator.UPSTREAM),), False),
        ((of(Indicator.RAIN), of(Indicator.GAUGE_LOST)), False),
        ((of(Indicator.RAIN), of(Indicator.REPORT)), True),
    ],
)
def test_red_is_certain_by_the_river_itself_or_by_two_kinds_of_evidence(evidence, is_certain):
    assert certain(replace(risk(4), evidence=evidence)) is is_certain


def test_an_official_red_is_one_of_the_two():
    assert certain(risk(4, official=4)) is True
    assert certain(risk(4, official=3)) is False


LEVELS = st.lists(st.sampled_from([2, 3, 4]), max_size=3)


@given(before=LEVELS, after=LEVELS, tier=st.sampled_from([Tier.ORANGE, Tier.RED]))
def test_what_was_seen_at_the_refusal_is_never_new(before, after, tier):
    seen = [of(Indicator.RAIN, level, f"R{n}") for n, level in enumerate(before)]
    now = [of(Indicator.RAIN, level, f"R{n}") for n, level in enumerate(after)]
    assert not is_new(seen, seen, tier)
    if is_new(now, seen, tier):
        assert is_new([*now, *seen], seen, tier)


@given(level=st.integers(0, 4), extra=st.sampled_from(list(Indicator)))
def test_more_evidence_never_makes_an_order_wait_longer(level, extra):
    seen = risk(level)
    more = replace(seen, evidence=(*seen.evidence, replace(of(extra, level or 1), value=4.0)))
    assert wait(Tier(level), more, ASKING) <= wait(Tier(level), seen, ASKING)
