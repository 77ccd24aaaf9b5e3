"""An act on the board is done by whoever may, from the page, and by nobody else."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from alerts.board.act_words import LANGUAGES
from alerts.board.possible import ORDERS
from alerts.board.standalone import create_standalone
from alerts.board.state import BoardSource
from alerts.cli.app import run
from alerts.ledger.actions import Verb
from alerts.login import COOKIE
from alerts.release import CHECKLIST, DAYLIGHT
from alerts.said import Said
from pipeline.bulletin import Sighting
from pipeline.world import Mode
from tests.board.duty import DAY, FIRST, LACKING, SECOND, WHOLE, Duty, asked, closed, rows

ACTS = (
    "approve", "refuse", "report", "order", "lower", "retract", "agree", "close", "reopen",
    "release", "answer",
)  # fmt: skip
FIELDS = {
    "what": "route:lane",
    "reason": "x",
    "places": "south",
    "asked": "x",
    "saw": "over",
    "tier": "red",
    "who": "x hekou/responsible",
    "said": "received",
}
"""What any form may hold."""


def test_who_asked_cannot_agree_and_another_may_until_it_is_old(duty: Duty) -> None:
    asked(duty)
    assert "agree" not in duty.officer(SECOND).acts()
    assert "须由另一人同意" in duty.officer(SECOND).page()
    assert "agree" in duty.officer(FIRST).acts()
    duty.later(DAY + 31)
    assert "agree" not in duty.officer(FIRST).acts()


def test_what_an_act_brought_is_said_once_and_to_who_did_it(duty: Duty) -> None:
    duty.red()
    officer = duty.officer()
    answer = officer.press("approve")
    where = answer.headers["location"]
    assert re.search(r"\d+ 条投递立即发出", officer.client.get(where).text)
    assert "条投递立即发出" not in duty.officer(SECOND).client.get(where).text
    assert "条投递立即发出" not in officer.client.get(where.replace("hekou", "baishi")).text
    assert "条投递立即发出" not in officer.page()
    assert "批准" in officer.page()


def test_what_was_held_back_once_can_be_sent_and_not_held_again(duty: Duty) -> None:
    duty.red()
    officer = duty.officer()
    assert {"approve", "refuse"} <= set(officer.acts())
    officer.press("refuse", reason="the gauge lies")
    assert "refuse" not in officer.acts()
    assert "approve" in officer.acts()


@pytest.mark.parametrize("act", ACTS)
def test_without_login_nothing_is_done(duty: Duty, act: str) -> None:
    duty.red()
    token = duty.officer().press("approve").request.content.decode().partition("token=")[2]
    before = duty.deeds()
    with TestClient(
        create_standalone(BoardSource(duty.settings), duty.account), follow_redirects=False
    ) as nobody:
        answer = nobody.post(f"/villages/hekou/{act}", data={"token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert duty.deeds() == before


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("token", ["", "forged", "another's"])
def test_a_form_that_is_not_from_this_person_s_page_does_nothing(
    duty: Duty, act: str, token: str
) -> None:
    duty.red()
    if token == "another's":
        token = str(duty.officer(SECOND).press("approve").request.content.decode()).partition("=")[
            2
        ]
    before = duty.deeds()
    fields = {**FIELDS, "token": token}
    answer = duty.officer().client.post(f"/villages/hekou/{act}", data=fields)
    assert answer.status_code == 403
    assert "not from this page" in answer.text
    assert duty.deeds() == before


def token_of(duty: Duty, ref: str) -> str:
    return BoardSource(duty.settings).seat({FIRST: "officer"}.get(ref, "villager")).token


@pytest.mark.parametrize(
    ("act", "right"), [("approve", "approve"), ("refuse", "approve"), ("report", "report"),
                       ("order", "order"), ("lower", "lower"), ("retract", "lower"),
                       ("close", "report"), ("reopen", "report"), ("release", "release")],
)  # fmt: skip
def test_who_has_no_right_sees_no_button_and_is_refused_by_name(
    duty: Duty, act: str, right: str
) -> None:
    duty.red()
    person = "hekou/responsible"
    villager = duty.officer(person)
    assert villager.acts() == []
    before = duty.deeds()
    fields = {**FIELDS, "token": token_of(duty, person)}
    answer = villager.client.post(f"/villages/hekou/{act}", data=fields)
    assert answer.status_code == 403
    assert f"{person} has no right to {right} in hekou" in answer.text
    assert "没有任何改动" in answer.text
    assert duty.deeds() == before


def test_a_login_that_the_roster_does_not_know_looks_and_does_not_act(duty: Duty) -> None:
    duty.red()
    stranger = duty.officer("stranger")
    assert stranger.acts() == []
    assert "the login stranger is nobody" in stranger.page()
    assert "deliveries wait for an approver" in stranger.page()
    answer = stranger.client.post("/villages/hekou/approve", data={"token": token_of(duty, FIRST)})
    assert answer.status_code == 403
    assert duty.deeds() == []


@pytest.mark.parametrize("act", ACTS)
def test_a_replay_does_nothing_and_offers_nothing(duty: Duty, act: str) -> None:
    duty.red()
    token = token_of(duty, FIRST)
    duty.settings = replace(duty.settings, mode=Mode.REPLAY)
    officer = duty.officer()
    assert officer.acts() == []
    fields = {**FIELDS, "token": token}
    answer = officer.client.post(f"/villages/hekou/{act}", data=fields)
    assert answer.status_code == 409
    assert "it pages no one" in answer.text
    assert duty.deeds() == []


def test_only_what_waits_can_be_approved(duty: Duty) -> None:
    assert "approve" not in duty.officer().acts()
    duty.red()
    assert {"approve", "refuse"} <= set(duty.officer().acts())
    duty.officer().does("approve")
    assert "approve" not in duty.officer().acts()
    answer = duty.officer().client.post(
        "/villages/baishi/approve", data={"token": token_of(duty, FIRST)}
    )
    assert (answer.status_code, "nothing waits" in answer.text) == (409, True)


def test_what_has_gone_by_itself_is_no_longer_offered(duty: Duty) -> None:
    duty.red()
    duty.later(4)
    assert "approve" not in duty.officer().acts()


def test_after_a_no_the_order_still_waits_and_a_yes_may_follow(duty: Duty) -> None:
    duty.red()
    duty.officer().does("refuse", reason="the gauge lies")
    duty.later(5)
    assert "10:15" in duty.officer().page()
    duty.officer().does("approve")
    assert [row["verb"] for row in duty.deeds()] == ["refuse", "approve"]


def test_only_what_is_open_can_be_closed_and_only_what_is_closed_opened(duty: Duty) -> None:
    officer = duty.officer()
    for what in ("route:lane", "crossing:arch", "shelter:hall"):
        officer.does("close", what=what, reason="full")
        with pytest.raises(AssertionError, match="no such form"):
            officer.press("close", what=what, reason="full")
        duty.now += duty.at(1).wall - duty.at(0).wall
        officer.does("reopen", what=what, reason="free")
        with pytest.raises(AssertionError, match="no such form"):
            officer.press("reopen", what=what, reason="free")
        duty.now += duty.at(1).wall - duty.at(0).wall


def test_a_bridge_is_out_in_every_village_that_it_serves(duty: Duty) -> None:
    duty.officer().does("close", "hekou", what="crossing:arch", reason="gone")
    duty.officer().does("reopen", "baishi", what="crossing:arch", reason="back")
    assert [(row["verb"], row["village_id"]) for row in duty.deeds()] == [
        ("close", "*"),
        ("reopen", "*"),
    ]


def test_an_unknown_part_of_the_plan_is_refused_with_those_it_knows(duty: Duty) -> None:
    fields = {"token": token_of(duty, FIRST), "what": "route:nowhere", "reason": "x"}
    answer = duty.officer().client.post("/villages/hekou/close", data=fields)
    assert answer.status_code == 409
    assert "the plan knows: back-hill, lane" in answer.text


def test_nobody_is_let_home_before_the_tier_is_lowered(duty: Duty) -> None:
    duty.red()
    assert "release" not in duty.officer().acts()
    assert "先降级" in duty.officer().page()


def test_who_has_not_answered_is_unaccounted_for_and_who_has_is_not_yet_counted(duty: Duty) -> None:
    duty.moved(said=None)
    page = duty.officer().page()
    assert page.count("未回复") == 5
    order = next(
        row for row in rows(duty.settings.home, "message", "message_id")
        if (row["place_id"], row["action"]) == ("riverside", "move")
    )  # fmt: skip
    site = ["--site", str(duty.settings.site_folder), "--home", str(duty.settings.home)]
    duty.night.engine.dispose()
    to = ["--for", "hekou/transfer", "--by", FIRST]
    assert run(["ack", str(order["message_id"]), *to, *site]) == 0
    page = duty.officer().page()
    assert page.count("未回复") == 4
    assert f"已回复（{FIRST}，19:00）；尚未清点" in page
    assert run(["ack", str(order["message_id"]), "--said", "counted", *to, *site]) == 0
    page = duty.officer().page()
    assert "尚未清点" not in page
    assert f"{LANGUAGES['zh'].counted}</span>" in page


def test_the_last_box_cannot_be_ticked_while_nobody_is_counted(duty: Duty) -> None:
    duty.moved(said=Said.MOVED)
    item = LANGUAGES["zh"].items["headcount"]
    assert f"{item}: {LANGUAGES['zh'].not_now}" in duty.officer().page()
    duty.night.answered(Said.COUNTED, place="riverside")
    assert f"{item}: {LANGUAGES['zh'].not_now}" not in duty.officer().page()
    answer = duty.officer().press("release", places=["south"], checked=list(CHECKLIST))
    assert answer.status_code == 409
    assert "not met: headcount" in answer.text


def test_who_is_ordered_and_not_told_is_not_shown_as_silent(duty: Duty) -> None:
    duty.red()
    assert duty.officer().page().count("尚未通知") == 5
    assert "未回复" not in duty.officer().page()
    duty.delivered(minutes=4)
    duty.later(4)
    assert "尚未通知" not in duty.officer().page()
    assert duty.officer().page().count("未回复") == 5


def test_what_is_missing_holds_them_back_and_is_named(duty: Duty) -> None:
    duty.moved()
    answer = duty.officer().press("release", places=["riverside"], checked=LACKING)
    assert answer.status_code == 409
    assert "not met: slope" in answer.text


def test_in_the_dark_no_tick_is_enough(duty: Duty) -> None:
    duty.moved()
    duty.later(DAY + 12 * 60)
    assert LANGUAGES["zh"].items[DAYLIGHT] in duty.officer().page()
    answer = duty.officer().press("release", places=["riverside"], checked=WHOLE)
    assert (answer.status_code, "daylight" in answer.text) == (409, True)


def test_the_first_page_says_what_an_officer_may_have_to_act_on(duty: Duty) -> None:
    closed(duty)
    officer = duty.officer()
    now = officer.client.get("/").text
    assert "waits for an approver until 10:03" in now
    assert "closed: back-hill" in now
    away = "care-home, island, riverside, riverside:help, south"
    assert f"ordered to move, not released: {away}" in now
    assert '<a class="late" href="/villages/hekou/acts">waits' in now
    village = officer.client.get("/villages/hekou").text
    assert 'href="/villages/hekou/acts"' in village
    assert "waits for an approver until 10:03" in village


def test_a_village_whose_people_are_away_is_never_among_the_calm(duty: Duty) -> None:
    duty.moved()
    now = duty.officer().client.get("/").text
    assert "not released: care-home" in now.partition("Places at level 0")[0]
    assert "hekou" not in now.partition("Places at level 0")[2]


def test_a_page_on_which_somebody_writes_does_not_refresh_itself_and_says_so(duty: Duty) -> None:
    page = duty.officer().page()
    assert 'http-equiv="refresh"' not in page
    assert "本页不会自动刷新" in page


def test_a_reason_is_shown_and_never_run(duty: Duty) -> None:
    duty.officer().does("close", what="route:lane", reason="<script>alert(1)</script>")
    page = duty.officer().page()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_every_language_says_every_item_and_every_verb() -> None:
    for words in LANGUAGES.values():
        assert set(words.items) == {*CHECKLIST, DAYLIGHT}
        assert set(words.verbs) == set(Verb)
        assert set(words.tiers.saw) == set(Sighting)
        assert set(words.tiers.orders) == set(ORDERS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_the_language_of_the_person(duty: Duty, language: str) -> None:
    contacts = duty.settings.home / "contacts.toml"
    contacts.write_text(contacts.read_text().replace('language = "zh"', f'language = "{language}"'))
    duty.red()
    page = duty.officer().page()
    words = LANGUAGES[language]
    assert f'<section lang="{language}">' in page
    assert all(said in page for said in (words.approve, words.close, words.no_count))


def test_an_unknown_village_has_no_acts(duty: Duty) -> None:
    officer = duty.officer()
    assert officer.client.get("/villages/nowhere/acts").status_code == 404
    answer = officer.client.post("/villages/nowhere/approve", data={"token": token_of(duty, FIRST)})
    assert answer.status_code == 404


def test_a_session_of_an_old_password_acts_no_more(duty: Duty) -> None:
    duty.red()
    officer = duty.officer()
    officer.client.cookies.set(COOKIE, "officer.forged")
    answer = officer.client.post("/villages/hekou/approve", data={"token": token_of(duty, FIRST)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert duty.deeds() == []
