"""Approvers are asked in the site's order, within the wait; an answer ends the asking."""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.actions import Asked, confirm_lower, order_village, request_lower
from alerts.approval import wait
from alerts.approvals import Judged, approve, refuse
from alerts.closing import Closing, report
from alerts.issue import Minute
from alerts.outbox import queue
from alerts.outbox.queue import Wanted
from alerts.readiness import findings_of
from alerts.tables import attempt, delivery, message
from alerts.tier import Tier
from alerts.warning_config import ApprovalAt, WarningConfig
from pipeline.instants import to_us
from tests.alerts.night import FLOOD, WALL, Night, home_of, levels, only
from tests.golden.samples import HOUR, SLOT, VALLEY, bulletin, quick_valley, risk

MINUTES = timedelta(minutes=1)
FIRST, SECOND, TOWNSHIP = "county_duty-2", "county_duty-1", "township_duty-17d971"
ORDER = (FIRST, "county_duty", "township_duty")
PLAIN = quick_valley().config
IS_ASKED = "同意还是不同意"


def asking(night, **more):
    """Let orders on this night wait, and approvers be asked in turn."""
    stated = {"send_orange": "approve", "send_red": "approve", "approvers": ORDER}
    config = PLAIN.model_copy(update={**stated, "ask_next_minutes": 1, **more})
    night.pack = replace(quick_valley(), config=config)
    return night


def at(minutes):
    return Minute(WALL + minutes * MINUTES, FLOOD + minutes * MINUTES)


def asks(night):
    """Return of each question to an approver who it is for, at which minute, and its state."""
    rows = sorted(
        (row for row in night.rows(delivery) if row.purpose == "approver"),
        key=lambda row: (row.created_at, row.next_at),
    )
    return [(row.contact_ref, (row.next_at - to_us(WALL)) / 60e6, row.state) for row in rows]


def mails(night, post, minutes):
    """Return who has been mailed a question after a delivery pass at that minute."""
    night.delivered(after_s=60 * minutes)
    return [to.replace("-duty", "_duty") for to, mail in post.mails if IS_ASKED in mail["Subject"]]


def test_each_is_asked_in_turn_and_the_order_goes_no_later_for_it(night):
    asking(night).warned(levels(hekou=3))
    assert asks(night) == [
        (FIRST, 0, "pending"),
        (SECOND, 1, "pending"),
        (TOWNSHIP, 2, "pending"),
    ]
    texts = {row.message_id for row in night.rows(message) if row.audience == "villager"}
    goes = {row.next_at for row in night.rows(delivery) if row.message_id in texts}
    assert goes == {to_us(WALL + 5 * MINUTES)}


def test_where_the_wait_is_shorter_than_the_turns_all_are_asked_at_once(night):
    asking(night, ask_next_minutes=2).warned(levels(hekou=3))
    assert {(ref, minute) for ref, minute, _ in asks(night)} == {
        (FIRST, 0),
        (SECOND, 0),
        (TOWNSHIP, 0),
    }


def test_with_no_order_stated_the_officers_text_alone_asks_as_before(night):
    asking(night, approvers=()).warned(levels(hekou=3))
    assert asks(night) == []
    assert {row.audience for row in night.rows(message)} == {"villager", "officer"}


def test_what_waits_for_nobody_asks_nobody(night):
    asking(night, approve_orange_minutes=0).warned(levels(hekou=3, baishi=2, rp_lower=4))
    assert asks(night) == []


def test_who_is_not_there_is_passed_over_to_the_deputy(night):
    only(night, SECOND, TOWNSHIP, "hekou/responsible")
    asking(night).warned(levels(hekou=3))
    assert [(ref, minute) for ref, minute, _ in asks(night)] == [(SECOND, 0), (TOWNSHIP, 1)]


def test_with_nobody_to_ask_the_order_goes_by_itself_and_that_is_a_fault(night):
    only(night, "hekou/responsible")
    (warned,) = asking(night).warned(levels(hekou=3))
    assert asks(night) == []
    assert "no approver to ask in hekou" in warned.faults[0].fault


@pytest.mark.parametrize("judge", [approve, refuse])
def test_an_answer_ends_the_asking(night, post, judge):
    asking(night).warned(levels(hekou=3))
    assert mails(night, post, 0) == [FIRST]
    judge(night.desk, Judged("hekou", FIRST, "the gauge lies"), at(0.5))
    assert [state for _, _, state in asks(night)] == ["accepted", "superseded", "superseded"]
    assert mails(night, post, 30) == [FIRST]


def test_without_an_answer_each_is_asked_once_before_the_order_goes(night, post):
    asking(night).warned(levels(hekou=3))
    for minutes in (0, 0.9, 1, 2, 2.5, 4.9):
        told = mails(night, post, minutes)
    assert told == [FIRST, SECOND, TOWNSHIP]
    assert {state for _, _, state in asks(night)} == {"accepted"}


def test_once_the_order_has_gone_nobody_is_asked_any_more(night, post):
    asking(night).warned(levels(hekou=3))
    assert mails(night, post, 6) == []
    assert {state for _, _, state in asks(night)} == {"expired"}


def test_a_question_bears_no_link_by_which_received_could_be_taken_for_yes(night, post):
    asking(night).warned(levels(hekou=3))
    mails(night, post, 2)
    questions = [m.get_content() for _, m in post.mails if IS_ASKED in m["Subject"]]
    assert len(questions) == 3
    assert not any("http" in text for text in questions)


def test_a_rise_ends_the_question_of_orange_and_puts_that_of_red(night):
    asking(night).warned(levels(hekou=3))
    higher = bulletin(risk(4, slot=SLOT + HOUR), slot=SLOT + HOUR)
    night.warned(higher, at=at(0.5))
    old, new = asks(night)[:3], asks(night)[3:]
    assert {state for _, _, state in old} == {"superseded"}
    assert [(ref, minute) for ref, minute, _ in new] == [
        (FIRST, 0.5),
        (SECOND, 1.5),
        (TOWNSHIP, 2.5),
    ]


def test_an_order_by_hand_ends_the_asking(night):
    asking(night).warned(levels(hekou=3))
    order_village(night.desk, Asked("hekou", Tier.ORANGE, "water at the bridge", SECOND), at(0.5))
    assert {state for _, _, state in asks(night)} == {"superseded"}


def test_a_lowering_ends_the_asking(night):
    asking(night).warned(levels(hekou=3))
    asked = Asked("hekou", Tier.YELLOW, "the gauge lies", FIRST, override="the gauge lies")
    request = request_lower(night.desk, asked, at(0.5))
    confirm_lower(night.desk, request, SECOND, at(0.6))
    assert {state for _, _, state in asks(night)} == {"superseded"}


def test_a_new_way_asks_nobody_once_more_and_ends_no_question(night):
    asking(night).warned(levels(hekou=3))
    before = asks(night)
    closing = Closing("hekou", "route", "lane", closed=True, reason="cut", by=FIRST)
    assert report(night.desk, closing, at(0.5))
    assert asks(night) == before


def test_a_same_bulletin_again_asks_nobody_once_more(night):
    asking(night).warned(levels(hekou=3))
    before = asks(night)
    night.warned(bulletin(risk(3, slot=SLOT + HOUR), slot=SLOT + HOUR), at=at(0.5))
    assert asks(night) == before


def test_a_refused_order_that_goes_at_last_asks_nobody(night):
    asking(night).warned(levels(hekou=3))
    refuse(night.desk, Judged("hekou", FIRST, "the gauge lies"), at(0.5))
    before = asks(night)
    approve(night.desk, Judged("hekou", FIRST), at(2))
    assert asks(night) == before


def leased(night, *, opened):
    """Let a sender take up the questions that are due and die, with an attempt open or not."""
    world, now = night.world, WALL
    with night.engine.begin() as connection:
        for each in queue.lease(connection, world, Wanted("email", now, 99), by="dead", now=now):
            if opened:
                queue.begin(connection, each, by="dead", now=now)


@pytest.mark.parametrize("opened", [True, False])
def test_a_question_whose_sender_died_is_not_put_again_after_the_answer(night, post, opened):
    asking(night).warned(levels(hekou=3))
    leased(night, opened=opened)
    approve(night.desk, Judged("hekou", FIRST), at(0.5))
    assert mails(night, post, 10) == []
    tried = len(night.rows(attempt))
    assert mails(night, post, 20) == []
    assert len(night.rows(attempt)) == tried


AT_HEKOU = ApprovalAt(villages=("hekou",), orange_minutes=2, red_minutes=1, approvers=(SECOND,))


def test_a_village_may_have_minutes_and_approvers_of_its_own(night):
    asking(night, approval_at=(AT_HEKOU,)).warned(levels(hekou=3, baishi=3))
    mine = {row.message_id for row in night.rows(message) if row.village_id == "hekou"}
    rows = [row for row in night.rows(delivery) if row.message_id in mine]
    goes = {(row.next_at - to_us(WALL)) / 60e6 for row in rows if row.purpose == "villager"}
    first = [
        row.contact_ref for row in rows if row.purpose == "approver" and row.next_at == to_us(WALL)
    ]
    assert goes == {2}
    assert first == [SECOND]


OWN = st.none() | st.integers(0, 10)


@given(
    level=st.integers(0, 4),
    orange=OWN,
    red=OWN,
    release=st.sampled_from(["approve", "at_once"]),
    village=st.sampled_from(["hekou", "baishi"]),
)
def test_what_is_stated_of_a_village_counts_there_and_nowhere_else(
    level, orange, red, release, village
):
    site = PLAIN.model_copy(update={"send_orange": release, "send_red": release})
    own = ApprovalAt(villages=("hekou",), orange_minutes=orange, red_minutes=red)
    seen, tier = risk(level, village=village), Tier(level)
    waits = wait(tier, seen, site.model_copy(update={"approval_at": (own,)}))
    stated = {Tier.ORANGE: orange, Tier.RED: red}.get(tier) if village == "hekou" else None
    assert waits == (wait(tier, seen, site) if stated is None else stated * MINUTES)


def test_a_configuration_that_states_no_order_keeps_its_hash_and_is_read_back():
    assert b"approv" not in PLAIN.to_bytes().replace(b"approve_", b"")
    stated = PLAIN.model_copy(update={"approvers": ORDER, "approval_at": (AT_HEKOU,)})
    assert WarningConfig.from_bytes(stated.to_bytes()) == stated


def test_the_check_names_an_approver_and_a_village_that_nobody_knows(night, tmp_path):
    folder = shutil.copytree(VALLEY, tmp_path / "valley")
    site = folder / "site.toml"
    order = f'approvers = ["{FIRST}", "mayor"]\n'
    at_nowhere = '[[warning.approval_at]]\nvillages = ["hekou", "nowhere"]\napprovers = ["head"]\n'
    known = "[warning]\n"
    site.write_text(site.read_text("utf-8").replace(known, known + order) + at_nowhere, "utf-8")
    home = home_of(tmp_path / "home")
    here = replace(Night(night.engine, home).settings, site_folder=folder)
    found = {f.field: f.message for f in findings_of(here, WALL) if "approv" in (f.field or "")}
    assert found == {
        "warning.approvers": "mayor is no approver: passed over",
        "warning.approval_at.0.approvers": "head is no approver: passed over",
        "warning.approval_at": "unknown village nowhere",
    }


def test_a_village_is_stated_once():
    given_twice = {"approval_at": [{"villages": ["hekou"]}, {"villages": ["hekou", "baishi"]}]}
    with pytest.raises(ValidationError, match="stated twice: hekou"):
        WarningConfig.model_validate(PLAIN.model_dump() | given_twice)
