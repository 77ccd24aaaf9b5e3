"""An approver's silence stops no order; a no dies on new evidence, and holds no higher order."""

import re
from zoneinfo import ZoneInfo

import pytest

from alerts.approvals import Judged, refuse
from tests.alerts.hard_nights.gorge import ASKING, FIRST, SECOND, ZONE
from tests.alerts.hard_nights.night import MINUTE, subjects

PREPARE = {"The quay: get ready to leave", "The care home: leave now"}
MOVE = {"The quay: leave now", "The care home: leave now"}
WALK = 6 * MINUTE
"""By night, to the school."""
PEOPLE = 3
"""Whom an order to a place of Ferry goes to."""


def refused(night, village_id="ferry"):
    with night.desk() as (desk, minute):
        return refuse(desk, Judged(village_id, FIRST, "the gauge lies"), minute)


@pytest.mark.parametrize(
    ("mm", "minutes", "orders"), [(30.0, 3, MOVE), (20.0, 5, PREPARE)], ids=["red", "orange"]
)
def test_an_approver_is_silent_and_the_order_goes_by_itself_after_its_minutes(
    begin, mm, minutes, orders
):
    night = begin(**ASKING)
    asked = night.lived(R1=mm, R2=mm)
    assert subjects(asked, "ferry") == set()
    goes = (night.now + minutes * MINUTE).astimezone(ZoneInfo(ZONE))
    said = f"The village is told at {goes:%Y-%m-%d %H:%M}, or when an approver says yes"
    officers = [s.text for s in asked if s.subject.startswith("Ferry")]
    assert len(officers) == 3
    assert all(said in text for text in officers)
    assert subjects(night.waited(minutes - 1), "ferry") == set()
    went = [s for s in night.waited(1) if s.village == "ferry"]
    assert subjects(went, "ferry") == orders
    assert len(went) == PEOPLE * len(orders)
    assert subjects(night.waited(9), "ferry") == set()


def test_approvers_are_silent_in_turn_and_the_order_goes_at_its_minute_all_the_same(begin):
    night = begin(**ASKING, approvers=["township_duty", "county_duty"], ask_next_minutes=2)

    def asked(sent):
        return {s.to for s in sent if s.subject.startswith("Ferry: orange: yes or no?")}

    assert asked(night.lived(R1=20.0, R2=20.0)) == {"township_duty-1"}
    assert asked(night.waited(1)) == set()
    assert asked(night.waited(1)) == {FIRST, SECOND}
    went = night.waited(3)
    assert asked(went) == set()
    assert subjects(went, "ferry") == PREPARE
    assert night.explained() == {"identical"}


def latest_arrival(sent):
    """Return the time by which a text wants people to be at the school; of the same evening."""
    hour, minute = re.search(r"Be at the school before (\d\d):(\d\d)", sent.text).groups()
    local = sent.at.astimezone(ZoneInfo(ZONE))
    return local.replace(hour=int(hour), minute=int(minute), second=0)


def test_an_approver_refuses_and_new_evidence_ends_the_refusal_and_the_order_goes(begin):
    night = begin(**ASKING, refusal_minutes=30)
    night.lived(R1=30.0, R2=30.0)
    night.waited(1)
    assert refused(night) == PEOPLE * len(MOVE)
    assert subjects(night.waited(8), "ferry") == set()
    assert subjects(night.lived(), "ferry") == set()  # the same rain is nothing new
    assert subjects(night.waited(8), "ferry") == set()
    fresh = night.lived(H1=3.0)
    went = [s for s in fresh if s.village == "ferry"]
    assert subjects(went, "ferry") == MOVE
    assert len(went) == PEOPLE * len(MOVE)
    assert all(latest_arrival(s) - s.at > WALK for s in went)
    (officers,) = {s.text for s in fresh if s.village is None}
    assert "upstream H1 Gorge bridge: 3.0 of 2.8 m" in officers
    assert "or when an approver says yes" not in officers
    assert night.waited(9) == []
    assert night.lived(H1=3.0) == []  # and not once a cycle while the refusal would have lasted
    assert night.explained() == {"identical"}


def test_a_refused_order_that_nothing_new_speaks_for_goes_when_the_refusal_ends(begin):
    night = begin(**ASKING, refusal_minutes=10)
    night.lived(R1=30.0, R2=30.0)
    refused(night)
    assert subjects(night.waited(9), "ferry") == set()
    assert subjects(night.waited(1), "ferry") == MOVE


def test_an_order_that_goes_when_its_refusal_ends_names_no_time_that_is_over(begin):
    night = begin(**ASKING, refusal_minutes=30)
    night.lived(R1=30.0, R2=30.0)
    refused(night)
    went = [s for s in night.waited(30) if s.village == "ferry"]
    assert went
    assert all(latest_arrival(s) - s.at > WALK for s in went if "leave now" in s.subject)


def test_a_rise_while_an_order_is_held_back_goes_in_its_own_time_and_replaces_it(begin):
    night = begin(**ASKING, refusal_minutes=30)
    night.lived(R1=20.0, R2=20.0)
    assert refused(night) == PEOPLE * len(PREPARE)
    rise = night.lived(R1=10.0, R2=10.0)
    assert "Ferry: red (raised, before: orange)" in subjects(rise)
    assert subjects(rise, "ferry") == set()
    assert subjects(night.waited(2), "ferry") == set()
    went = night.waited(1)
    assert subjects(went, "ferry") == MOVE
    assert subjects(night.waited(20), "ferry") == set()
    assert "The quay: get ready to leave" not in subjects(night.sent, "ferry")
