"""Every route of ours has its place in the table of roles, and keeps to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from alerts.board import gate, roles, wall
from alerts.board.ack_app import AckDesk, create_ack_app
from alerts.board.inbound_routes import Door
from alerts.board.roles import (
    ACK_PAGES,
    ANYONE,
    BOARD,
    LINK,
    MAILBOX,
    ROLES,
    SIGNATURE,
    STANDALONE,
    VIEW,
    Needs,
    Route,
    may_open,
)  # fmt: skip
from alerts.board.standalone import create_standalone
from alerts.board.state import BoardSource
from alerts.contact import Right
from alerts.hearing import Ear
from alerts.login import COOKIE
from alerts.mailbox import create_mailbox_app
from alerts.roster import CONTACTS, signing_key
from alerts.tables import acknowledgement
from alerts.tries import LONGEST_S, Tries
from pipeline.settings import NotSet
from pipeline.world import Mode
from tests.alerts.night import delivery
from tests.board.duty import FIRST, LOGINS, SECOND, Duty, forms_of
from tests.board.routes import address_of, walked
from tests.services import ROOT

SECRET_WORDS = ("hekou", "河口", "Villages now", "Feeds and stations", "floodwarn_")
UNSIGNED = {"id": "x", "said": "received"}
FIELDS = {
    "reason": "x", "what": "route:lane", "saw": "rising", "tier": "red", "places": "riverside",
    "asked": "x", "who": "x hekou/responsible", "said": "received",
}  # fmt: skip
SHOWN = ({}, {"Cookie": f"{COOKIE}=forged"}, {"Authorization": "Bearer x"})
CHANGES = sorted(
    route for route in {**BOARD, **STANDALONE} if route[0] != "GET" and route[1] != "/login"
)


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall, "HOLD_S", 0.0)


def board_of(duty: Duty) -> FastAPI:
    return create_standalone(BoardSource(duty.settings), duty.account)


def ack_of(duty: Duty) -> FastAPI:
    night = duty.night

    def nothing(name: str) -> str:
        raise NotSet(name)

    ear = lambda: Ear(night.engine, night.world, night.roster)  # noqa: E731
    door = Door(night.home, ear, nothing, lambda: duty.now)
    zone, key = ZoneInfo("Asia/Shanghai"), signing_key(night.home)
    desk = AckDesk(night.engine, "valley", Mode.EXERCISE, zone, key, door, lambda: duty.now)
    return create_ack_app(desk)


def mailbox_of(duty: Duty) -> FastAPI:
    return create_mailbox_app(duty.settings.home / "mailbox", duty.account)


@dataclass(frozen=True)
class App:
    """An app of ours, and what its routes need."""

    made: Callable[[Duty], FastAPI]
    table: Mapping[Route, Needs]


APPS = {
    "board": App(board_of, {**BOARD, **STANDALONE}),
    "ack": App(ack_of, ACK_PAGES),
    "mailbox": App(mailbox_of, MAILBOX),
}


@pytest.mark.parametrize("name", APPS)
def test_every_route_of_ours_stands_in_the_table_and_no_other_does(duty: Duty, name: str) -> None:
    app = APPS[name].made(duty)
    assert set(walked(app.routes)) == set(APPS[name].table)
    inner = FastAPI(openapi_url=None)
    inner.add_api_route("/new", lambda: "hekou")
    app.mount("/planted", inner)
    assert set(walked(app.routes)) - set(APPS[name].table) == {("GET", "/planted/new")}


@pytest.mark.parametrize("name", APPS)
@pytest.mark.parametrize(
    "shown", [{}, {"Cookie": f"{COOKIE}=forged"}, {"Authorization": "Bearer x"}]
)
def test_T10_every_route_refuses_the_anonymous_but_links_health_and_login(  # noqa: N802
    duty: Duty, name: str, shown: dict[str, str]
) -> None:
    duty.red()
    app = APPS[name]
    client = TestClient(app.made(duty), base_url="http://127.0.0.1", follow_redirects=False)
    before = (duty.deeds(), duty.night.rows(acknowledgement))
    for (method, path), needs in app.table.items():
        answer = client.request(method, address_of(path), headers=shown, json=UNSIGNED)
        assert refusal(answer) == EXPECTED[next(iter(needs & set(EXPECTED)), VIEW)], (method, path)
        assert not [word for word in SECRET_WORDS if word in answer.text], (method, path)
    assert (duty.deeds(), duty.night.rows(acknowledgement)) == before


EXPECTED = {ANYONE: "let in", LINK: "404", SIGNATURE: "401", VIEW: "to login"}


def refusal(answer: Response) -> str:
    """Return how somebody was treated; a login that says 422 let its form be read."""
    if answer.status_code == 401 and "www-authenticate" in answer.headers:
        return "to login"
    if answer.headers.get("location") == "/login":
        return "to login"
    return "let in" if answer.status_code in {200, 422} else str(answer.status_code)


def test_what_is_not_listed_is_not_there(duty: Duty) -> None:
    for app in APPS.values():
        client = TestClient(app.made(duty), base_url="http://127.0.0.1", follow_redirects=False)
        for path in ("/docs", "/redoc", "/openapi.json", "/static/x", "/nothing"):
            assert client.get(path).status_code == 404
        for path in {path for _, path in app.table}:
            assert client.delete(address_of(path)).status_code == 405


def test_a_route_that_nobody_listed_opens_to_nobody(
    duty: Duty, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = duty.officer()
    assert officer.client.get("/feeds").status_code == 200
    listed = {route: needs for route, needs in BOARD.items() if route != ("GET", "/feeds")}
    monkeypatch.setattr(gate, "BOARD", listed)
    assert officer.client.get("/feeds").status_code == 403
    assert officer.client.get("/").status_code == 200


def given(duty: Duty, rights: frozenset[Right]) -> None:
    """Let the first officer have these rights and no other."""
    path = duty.settings.home / CONTACTS
    before, me, after = path.read_text().partition(f'ref = "{FIRST}"')
    lines = [
        f"rights = {sorted(map(str, rights))}" if line.startswith("rights") and not done else line
        for done, line in _first_of(after.splitlines(), "rights")
    ]
    path.write_text("\n".join([before + me, *lines]) + "\n")


def _first_of(lines: list[str], word: str) -> list[tuple[bool, str]]:
    first = next(at for at, line in enumerate(lines) if line.startswith(word))
    return [(at > first, line) for at, line in enumerate(lines)]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_the_table_says_and_nothing_else(duty: Duty, role: str) -> None:
    duty.red()
    given(duty, ROLES[role])
    officer = duty.officer()
    token = BoardSource(duty.settings).seat("officer").token
    done = len(duty.deeds())
    for method, path in BOARD:
        answer = officer.client.request(
            method, address_of(path), data={**FIELDS, "token": token} if method == "POST" else None
        )
        may = may_open((method, path), ROLES[role])
        assert (answer.status_code == 403) is not may, (method, path, answer.text)
        assert answer.status_code < 500
    if not any(may_open(route, ROLES[role]) for route in BOARD if route[0] == "POST"):
        assert len(duty.deeds()) == done


def test_a_right_in_one_village_is_none_in_another(duty: Duty) -> None:
    path = duty.settings.home / CONTACTS
    text = path.read_text()
    before, me, after = text.partition(f'ref = "{FIRST}"')
    path.write_text(before + me + after.replace('villages = ["*"]', 'villages = ["baishi"]', 1))
    token = BoardSource(duty.settings).seat("officer").token
    client, fields = duty.officer().client, {**FIELDS, "token": token}
    refused = client.post("/villages/hekou/order", data=fields)
    assert (refused.status_code, f"{FIRST} has no right to order in hekou" in refused.text) == (
        403, True,
    )  # fmt: skip
    assert client.post("/villages/baishi/order", data=fields).status_code == 303


def test_a_login_that_no_roster_knows_and_a_roster_that_is_broken_hide_no_page(duty: Duty) -> None:
    duty.red()
    pages = [path for (method, path), needs in BOARD.items() if VIEW in needs]
    stranger = duty.officer("stranger")
    shown = {path: stranger.client.get(address_of(path)).status_code for path in pages}
    assert shown.pop("/cap/{identifier}.xml") == 404
    assert set(shown.values()) == {200}
    assert stranger.client.get("/metrics").status_code == 403
    (duty.settings.home / CONTACTS).write_text("broken [")
    officer = duty.officer()
    assert officer.client.get("/").status_code == 200
    assert officer.client.post("/villages/hekou/approve", data={}).status_code == 403


ORIGINS = {
    "no token": ("", {}),
    "forged": ("forged", {}),
    "another's": (SECOND, {}),
    "foreign origin": (FIRST, {"Origin": "https://evil.example"}),
    "no origin": (FIRST, {"Origin": "null"}),
    "foreign by the browser's word": (
        FIRST, {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}
    ),
    "another port": (FIRST, {"Sec-Fetch-Site": "same-site"}),
}  # fmt: skip


@pytest.mark.parametrize("why", ORIGINS)
def test_no_change_is_made_by_a_form_of_somebody_else(duty: Duty, why: str) -> None:
    duty.red()
    officer, (whose, headers) = duty.officer(), ORIGINS[why]
    token = BoardSource(duty.settings).seat(LOGINS[whose]).token if whose in LOGINS else whose
    before = (duty.deeds(), duty.night.rows(acknowledgement), duty.night.rows(delivery))
    for method, path in CHANGES:
        fields = {**FIELDS, "token": token}
        answer = officer.client.request(method, address_of(path), data=fields, headers=headers)
        assert answer.status_code == 403, (method, path)
    assert before == (duty.deeds(), duty.night.rows(acknowledgement), duty.night.rows(delivery))
    assert officer.client.get("/").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://testserver"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://board.county.example"},
    ],
)
def test_our_own_page_s_form_acts_also_behind_a_proxy(duty: Duty, headers: dict[str, str]) -> None:
    duty.red()
    officer = duty.officer()
    officer.client.headers.update(headers)
    officer.does("approve")
    assert [row["verb"] for row in duty.deeds()] == ["approve"]


def test_nobody_is_logged_in_or_out_by_another_site(duty: Duty) -> None:
    client = TestClient(board_of(duty), follow_redirects=False)
    wrong = {"username": "officer", "password": "x"}
    answer = client.post("/login", data=wrong, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    theirs = forms_of(duty.officer(SECOND).client.get("/login").text)[0].fields
    officer = duty.officer()
    assert officer.client.post("/logout", data=theirs).status_code == 403
    assert officer.client.get("/").status_code == 200


def test_a_thousand_wrong_logins_hide_no_board_and_stop_no_red(duty: Duty) -> None:
    clock = [0.0]
    app = create_standalone(BoardSource(duty.settings), duty.account, Tries(lambda: clock[0]))
    officer = TestClient(app, follow_redirects=False)
    officer.cookies.set(COOKIE, duty.account.session())
    guesser = TestClient(app, follow_redirects=False)
    said = [
        guesser.post("/login", data={"username": name, "password": "guess"})
        for name in ("officer", "nobody") * 500
    ]
    assert {answer.status_code for answer in said} == {401, 429}
    assert all(
        0 < int(answer.headers["Retry-After"]) <= LONGEST_S
        for answer in said if answer.status_code == 429
    )  # fmt: skip
    duty.red()
    duty.later(4)
    duty.delivered(minutes=4)
    assert {row.state for row in duty.night.rows(delivery)} == {"accepted"}
    assert "hekou" in officer.get("/").text
    clock[0] += LONGEST_S
    assert guesser.post("/login", data={"username": "officer", "password": "x"}).status_code == 401


def test_an_unknown_name_is_answered_as_a_wrong_password_is(duty: Duty) -> None:
    seen = []
    for name in ("officer", "nobody"):
        guesser = TestClient(board_of(duty), follow_redirects=False)
        answers = [
            guesser.post("/login", data={"username": name, "password": "x"}) for _ in range(9)
        ]
        seen.append([(answer.status_code, answer.text) for answer in answers])
    assert seen[0] == seen[1]


def test_a_guess_with_each_request_waits_as_one_at_the_login_does(duty: Duty) -> None:
    for app, path in ((board_of(duty), "/metrics"), (mailbox_of(duty), "/mails.json")):
        client = TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)
        answers = [client.get(path, auth=("officer", "guess")) for _ in range(9)]
        assert answers[0].status_code in {303, 401}
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["Retry-After"]) > 0


def table_of_runbook() -> str:
    """Return the table as the runbook shows it: what each route needs, and the roles that may."""
    lines = ["| to open | one must have | so may |", "|---|---|---|"]
    for (method, path), needs in BOARD.items():
        may = [role for role in ROLES if may_open((method, path), ROLES[role])]
        who = "every login" if VIEW in needs else ", ".join(may)
        lines.append(f"| `{method} {path}` | {' or '.join(sorted(needs))} | {who} |")
    return "\n".join(lines)


def test_the_runbook_shows_the_table_of_roles() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert table_of_runbook() in runbook
    for role, rights in ROLES.items():
        assert f"| {role} | {', '.join(sorted(rights)) or '-'} |" in runbook


def test_every_right_of_the_roster_belongs_to_a_role() -> None:
    assert set().union(*ROLES.values()) == set(Right)
    assert set(roles.STANDALONE).isdisjoint(BOARD)
