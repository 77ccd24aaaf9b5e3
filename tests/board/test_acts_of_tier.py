"""An officer raises by one press, nobody is called twice for it, and no one lowers alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from alerts.actions import Asked, request_lower
from alerts.board.act_words import LANGUAGES
from alerts.board.state import BoardSource
from alerts.ledger import episodes
from alerts.releasing import request_retraction
from alerts.roster import CONTACTS
from alerts.seen import subject_of
from alerts.tier import Tier
from pipeline.bulletin import Sighting
from pipeline.database import reading
from tests.alerts.night import HOUR, SLOT, levels
from tests.board.duty import DAY, FIRST, LOGINS, SECOND, Duty, rows
from tests.golden.samples import bulletin, risk

SAY = LANGUAGES["zh"].tiers
SECOND_S = timedelta(seconds=1)


def tier(duty: Duty) -> Tier:
    with reading(duty.night.engine) as connection:
        state = episodes.newest_of(connection, duty.night.world, "hekou")
    return Tier.NONE if state is None else state.tier


def told(duty: Duty) -> int:
    return len(rows(duty.settings.home, "delivery", "delivery_key"))


def wish(to: Tier, override: str | None = None) -> Asked:
    return Asked("hekou", to, "it falls", SECOND, override)


def test_from_the_first_page_a_village_is_chosen_and_two_clicks_report(duty: Duty) -> None:
    officer = duty.officer()
    assert 'href="/villages/hekou"' in officer.client.get("/").text
    assert 'href="/villages/hekou/acts"' in officer.client.get("/villages/hekou").text
    assert not officer.form("report").required
    officer.does("report", saw="over")
    assert [row["verb"] for row in duty.deeds()] == ["report"]


@pytest.mark.parametrize("saw", Sighting)
def test_a_button_wears_the_colour_of_what_its_press_brings(duty: Duty, saw: Sighting) -> None:
    officer = duty.officer()
    worn = officer.form("report").styles[saw]
    officer.does("report", saw=saw)
    assert worn == f"tier-{int(tier(duty))}"


def test_what_was_seen_raises_and_never_lowers(duty: Duty) -> None:
    duty.red()
    for minute, saw in enumerate(Sighting, start=1):
        duty.later(minute)
        assert "已记录" in duty.officer().does("report", saw=saw)
        assert tier(duty) is Tier.RED


@pytest.mark.parametrize("ago", ["500", "-1", "soon", "1.5", "99999"])
def test_what_is_no_recent_minute_is_refused(duty: Duty, ago: str) -> None:
    answer = duty.officer().press("report", saw="over", ago=ago)
    assert (answer.status_code, "minutes" in answer.text) == (409, True)
    assert duty.deeds() == []


@pytest.mark.parametrize("ago", ["10", " 10 ", "１０"])
def test_minutes_are_read_as_people_type_them(duty: Duty, ago: str) -> None:
    duty.officer().does("report", saw="over", ago=ago)
    assert duty.deeds()[-1]["subject"] == subject_of(Sighting.OVER, duty.at(-10).flood)


def test_a_sighting_that_nobody_knows_is_refused(duty: Duty) -> None:
    token = BoardSource(duty.settings).seat("officer").token
    client = duty.officer().client
    answer = client.post("/villages/hekou/report", data={"token": token, "saw": "whale"})
    assert (answer.status_code, "one of calm, rising" in answer.text) == (409, True)
    answer = client.post(
        "/villages/hekou/order", data={"token": token, "tier": "pink", "reason": "x"}
    )
    assert (answer.status_code, "one of none, blue" in answer.text) == (409, True)
    assert duty.deeds() == []


def test_an_order_that_is_pressed_twice_calls_nobody_twice(duty: Duty) -> None:
    officer = duty.officer()
    first = officer.press("order", tier="red", reason="the village called")
    before = told(duty)
    duty.now += 2 * SECOND_S
    again = officer.client.post(
        "/villages/hekou/order",
        content=first.request.content,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert again.status_code == 303
    assert SAY.repeated in officer.client.get(again.headers["location"]).text
    assert (len(duty.deeds()), told(duty)) == (1, before)


def test_what_stands_is_ordered_once_more_from_a_page_that_knows_it(duty: Duty) -> None:
    officer = duty.officer()
    officer.does("order", tier="red", reason="the village called")
    before = told(duty)
    duty.now += 2 * SECOND_S
    assert SAY.again in officer.page()
    officer.does("order", tier="red", reason="the village called")
    assert len(duty.deeds()) == 2
    assert told(duty) > before


@pytest.mark.parametrize("stands", [Tier.NONE, Tier.YELLOW, Tier.ORANGE, Tier.RED])
def test_no_order_is_offered_that_would_be_below_what_stands(duty: Duty, stands: Tier) -> None:
    if stands:
        duty.night.warned(levels(hekou=int(stands)))
    offered = duty.officer().form("order").choices["tier"]
    assert {Tier[colour.upper()] for colour in offered} == {
        t for t in Tier if t >= max(stands, Tier.YELLOW)
    }


def test_where_nothing_stands_nothing_is_lowered_or_taken_back(duty: Duty) -> None:
    assert not {"lower", "retract"} & set(duty.officer().acts())
    duty.red()
    assert {"lower", "retract"} <= set(duty.officer().acts())


def test_what_a_rule_holds_is_marked_and_asks_for_a_reason(duty: Duty) -> None:
    duty.red()
    officer = duty.officer()
    assert officer.page().count(f"({SAY.held})") == len(Tier) - 1
    assert officer.form("lower").required == {"reason", "override"}


def test_after_the_hold_no_rule_is_named(duty: Duty) -> None:
    duty.night.warned(levels(hekou=4), *(levels(SLOT + h * HOUR) for h in range(1, 10)))
    duty.later(DAY)
    officer = duty.officer()
    assert officer.form("lower").choices["tier"] == ["orange", "yellow", "blue", "none"]
    assert SAY.held not in officer.page()
    assert "override" not in officer.form("lower").choices


def test_who_asked_to_lower_cannot_agree_and_another_may(duty: Duty) -> None:
    duty.red()
    request = request_lower(duty.night.desk, wish(Tier.YELLOW, "the gauge lies"), duty.at(1))
    duty.later(2)
    alone = duty.officer(SECOND)
    assert "须由另一人同意" in alone.page()
    assert "agree" not in alone.acts()
    token = BoardSource(duty.settings).seat(LOGINS[SECOND]).token
    answer = alone.client.post("/villages/hekou/agree", data={"token": token, "asked": request})
    assert (answer.status_code, "second person" in answer.text) == (409, True)
    assert tier(duty) is Tier.RED
    page = duty.officer(FIRST).page()
    assert "降至黄色" in page
    assert "the gauge lies" in page
    duty.officer(FIRST).does("agree")
    assert tier(duty) is Tier.YELLOW


def test_a_request_that_a_rule_holds_says_so_and_offers_no_yes(duty: Duty) -> None:
    duty.red()
    request_lower(duty.night.desk, wish(Tier.YELLOW), duty.at(1))
    duty.later(2)
    assert "state a reason to override it" in duty.officer(FIRST).page()
    assert "agree" not in duty.officer(FIRST).acts()


@pytest.mark.parametrize("ask", ["lower", "retract"])
def test_what_rose_since_the_request_is_not_agreed_to(duty: Duty, ask: str) -> None:
    duty.night.warned(levels(hekou=2))
    if ask == "lower":
        request_lower(duty.night.desk, wish(Tier.NONE, "the gauge lies"), duty.at(1))
    else:
        request_retraction(duty.night.desk, "hekou", "a test", SECOND, duty.at(1))
    duty.later(2)
    assert "agree" in duty.officer(FIRST).acts()
    duty.officer(FIRST).does("report", saw="over")
    assert "rose since the request; ask again" in duty.officer(FIRST).page()
    assert "agree" not in duty.officer(FIRST).acts()


def test_a_request_that_would_change_nothing_any_more_is_not_shown(duty: Duty) -> None:
    duty.red()
    request_lower(duty.night.desk, wish(Tier.YELLOW, "the gauge lies"), duty.at(1))
    request_retraction(duty.night.desk, "hekou", "a test", SECOND, duty.at(1))
    duty.later(2)
    officer = duty.officer(FIRST)
    (taken_back,) = [r["action_id"] for r in duty.deeds() if r["verb"] == "retract_request"]
    assert officer.acts().count("agree") == 2
    officer.does("agree", asked=str(taken_back))
    assert tier(duty) is Tier.NONE
    assert "agree" not in officer.acts()
    assert 'class="asked"' not in officer.page()


def test_each_right_brings_its_own_buttons_and_no_other(duty: Duty) -> None:
    duty.night.warned(bulletin(risk(3, lead_min=400)))
    brings = {
        "report": {"report", "close"},
        "order": {"order"},
        "lower": {"lower", "retract"},
        "approve": {"approve", "refuse"},
    }
    contacts = duty.settings.home / CONTACTS
    kept = contacts.read_text()
    for right, acts in brings.items():
        contacts.write_text(entitled(kept, "hekou/responsible", right))
        assert set(duty.officer("hekou/responsible").acts()) == acts


def entitled(contacts: str, ref: str, right: str) -> str:
    """Give a person that right alone."""
    before, found, after = contacts.partition(f'ref = "{ref}"\n')
    assert found
    mine, *others = after.split("\n[[contacts]]", 1)
    mine = re.sub(r"rights = .*\n?", "", mine)
    return before + found + f'rights = ["{right}"]\n' + "\n[[contacts]]".join([mine, *others])


def test_what_waits_comes_first_then_what_raises_then_the_ways_then_home(duty: Duty) -> None:
    duty.red()
    request_retraction(duty.night.desk, "hekou", "a test", SECOND, duty.at(1))
    duty.later(2)
    acts = list(dict.fromkeys(duty.officer().acts()))
    assert acts == ["approve", "refuse", "agree", "report", "order", "close", "lower", "retract"]
    duty.moved()
    assert duty.officer().acts()[-1] == "release"


def test_the_log_says_what_was_seen_and_to_which_tier(duty: Duty) -> None:
    duty.officer().does("report", saw="rising", words="at the mill")
    duty.later(1)
    page = duty.officer().does("order", tier="red", reason="the village called")
    log = page.partition("最近操作")[2]
    assert f"{SAY.saw[Sighting.RISING]}: at the mill" in log
    assert "下令: 红色: the village called" in log
