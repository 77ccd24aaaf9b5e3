"""In Airflow's own app, with its own auth manager: the anonymous get nothing of ours."""

import json
import re
import warnings

import pytest
from fastapi.testclient import TestClient
from starlette.routing import Mount

from alerts.board.roles import BOARD, VIEW
from alerts.roster import CONTACTS
from pipeline.site.pack import load
from tests.board.duty import FIRST, Officer, played
from tests.board.routes import address_of, walked
from tests.dags.conftest import AIRFLOW
from tests.services import ROOT

REFUSED = {401, 403}
AIRFLOW_S_OWN = {
    "/auth/{rest_of_path:path}", "/auth/static", "/auth/token/cli", "/auth/token",
    "/execution/changelog", "/static", "/{rest_of_path:path}", "/api/{_:path}", "/api/v1/{_:path}",
    "/api/v2/auth/login", "/api/v2/auth/logout", "/api/v2/monitor/health", "/api/v2/version",
    "/health", "/execution/health", "/execution/health/ping",
}  # fmt: skip
"""Shells, its login, its health and version: no page of data among them."""
DESCRIPTIONS = re.compile(r"(/auth|/execution)?/(docs|redoc|openapi\.json|docs/oauth2-redirect)")
OURS = "/ours"


@pytest.fixture
def duty(tmp_path, monkeypatch):
    yield from played(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def airflow(airflow_home):
    """Return Airflow's whole app, with our plugin as its entry point loads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airflow.api_fastapi.app import create_app

        return create_app(apps="all")


@pytest.fixture(scope="module")
def anyone(airflow):
    with TestClient(airflow, follow_redirects=False, raise_server_exceptions=False) as client:
        yield client


def test_T10_the_anonymous_get_nothing_of_ours_in_airflow(anyone, airflow):  # noqa: N802
    ours = {(method, f"/floodwarn{path}") for method, path in BOARD}
    asked = set(walked(airflow.routes))
    assert {route for route in asked if route[1].startswith("/floodwarn")} == ours
    for method, path in ours:
        for shown in ({}, {"Authorization": "Bearer x"}, {"Cookie": "_token=x"}):
            answer = anyone.request(method, address_of(path), headers=shown)
            assert answer.status_code in REFUSED, (method, path, shown)


def test_no_page_of_airflow_s_own_shows_the_anonymous_our_villages_or_dags(anyone, airflow):
    villages = load(ROOT / "config" / "valley", None).villages
    words = [v.village_id for v in villages] + [v.name for v in villages] + ["flood_cycle"]
    open_to_all = set()
    for method, path in walked(airflow.routes):
        answer = anyone.request(method.replace("Mount", "GET"), address_of(path))
        assert not [word for word in words if word in answer.text], path
        if answer.status_code not in REFUSED:
            open_to_all.add(path)
    assert {p for p in open_to_all if not DESCRIPTIONS.fullmatch(p)} <= AIRFLOW_S_OWN


def test_rights_are_the_roster_s_and_not_airflow_s_role(anyone, airflow, duty):
    from alerts.board import airflow_plugin
    from alerts.board.app import create_app
    from alerts.board.state import BoardSource

    password = json.loads(AIRFLOW.passwords.read_text())["officer"]
    given = anyone.post("/auth/token", json={"username": "officer", "password": password})
    board = create_app(BoardSource(duty.settings), airflow_plugin.login_of)
    airflow.router.routes.insert(0, Mount(OURS, board))
    bearer = {"Authorization": f"Bearer {given.json()['access_token']}"}
    admin = TestClient(airflow, follow_redirects=False, headers=bearer)
    duty.red()
    Officer(admin, OURS).does("approve")
    assert [(row["verb"], row["by_ref"]) for row in duty.deeds()] == [("approve", FIRST)]
    contacts = duty.settings.home / CONTACTS
    contacts.write_text(contacts.read_text().replace('logins = ["officer"]', "logins = []"))
    for (method, path), needs in BOARD.items():
        if path not in {"/wall", "/cap/{identifier}.xml"}:
            answer = admin.request(method, OURS + address_of(path))
            assert answer.status_code == (200 if VIEW in needs else 403), path
    assert len(duty.deeds()) == 1
