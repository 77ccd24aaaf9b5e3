"""The board alone: nothing of ours is shown to the anonymous but the login and the health."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from alerts.board.standalone import MAX_FAILURES, create_standalone
from alerts.board.state import BoardSource
from alerts.errors import RosterError
from alerts.login import COOKIE, FILE, new_account, read_account
from pipeline import settings
from pipeline.database import connect, migrate
from tests.valley import copied

PUBLIC = {"/login", "/healthz"}
VILLAGE_WORDS = ("Villages now", "Contingency plan", "village_id")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def board(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TestClient, str]]:
    monkeypatch.setenv("FLOODWARN_MODE", "exercise")
    monkeypatch.delenv("FLOODWARN_DATABASE_URL", raising=False)
    account, password = new_account(home)
    here = settings.from_environment(site=copied(home), home=home)
    engine = connect(here.database_url)
    migrate(engine)
    engine.dispose()
    with TestClient(
        create_standalone(BoardSource(here), account), follow_redirects=False
    ) as client:
        yield client, password


def log_in(client: TestClient, password: str) -> None:
    answer = client.post("/login", data={"username": "officer", "password": password})
    assert answer.status_code == 303
    client.cookies.set(COOKIE, answer.cookies[COOKIE])


def test_the_anonymous_sees_only_login_and_health(board: tuple[TestClient, str]) -> None:
    client, _ = board
    asked = [
        (route.path, method)
        for route in client.app.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    ]
    assert len(asked) > len(PUBLIC)
    assert ("/villages/{village_id}/approve", "POST") in asked
    for path, method in asked:
        answer = client.request(method, path.replace("{village_id}", "V1"))
        if path in PUBLIC:
            assert answer.status_code == (200 if method == "GET" else 422)
        else:
            assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert not any(word in answer.text for word in VILLAGE_WORDS)


def test_whoever_logs_in_sees_the_villages(board: tuple[TestClient, str]) -> None:
    client, password = board
    log_in(client, password)
    answer = client.get("/")
    assert answer.status_code == 200
    assert "Villages now" in answer.text


def test_whoever_logs_in_sees_how_each_feed_and_station_lives(
    board: tuple[TestClient, str],
) -> None:
    client, password = board
    log_in(client, password)
    answer = client.get("/feeds")
    assert answer.status_code == 200
    assert all(word in answer.text for word in ("R01", "H01", "rain", "stage", "never"))


def test_a_monitoring_system_shows_its_password_and_gets_metrics(
    board: tuple[TestClient, str],
) -> None:
    client, password = board
    answer = client.get("/metrics", auth=("officer", password))
    assert answer.status_code == 200
    assert 'floodwarn_source_completeness_ratio{feed="stage",source="H01"' in answer.text
    for shown in ("Basic !", "Basic b2ZmaWNlcg==", "Bearer x"):
        assert client.get("/metrics", headers={"Authorization": shown}).status_code == 303


def test_a_guessed_password_is_throttled_wherever_it_is_shown(
    board: tuple[TestClient, str],
) -> None:
    client, password = board
    for _ in range(MAX_FAILURES):
        assert client.get("/metrics", auth=("officer", "guess")).status_code == 303
    assert client.get("/metrics", auth=("officer", password)).status_code == 303
    assert (
        client.post("/login", data={"username": "officer", "password": password}).status_code == 429
    )


def test_a_typo_in_the_site_pack_never_takes_the_board_down(
    board: tuple[TestClient, str], home: Path
) -> None:
    client, password = board
    log_in(client, password)
    assert client.get("/").status_code == 200
    (home / "valley" / "site.toml").write_text("[site", encoding="utf-8")
    answer = client.get("/")
    assert answer.status_code == 200
    assert "configuration cannot be read" in answer.text


def test_a_page_is_never_cached_and_fetches_nothing_from_elsewhere(
    board: tuple[TestClient, str],
) -> None:
    client, _ = board
    answer = client.get("/login")
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "http" not in answer.text.replace("http-equiv", "")


def test_a_forged_session_is_no_session(board: tuple[TestClient, str]) -> None:
    client, _ = board
    client.cookies.set(COOKIE, "officer.forged.token")
    assert client.get("/").status_code == 303


def test_guessing_is_slowed_and_open_sessions_go_on(board: tuple[TestClient, str]) -> None:
    client, password = board
    log_in(client, password)
    for _ in range(MAX_FAILURES):
        assert (
            client.post("/login", data={"username": "officer", "password": "?"}).status_code == 401
        )
    blocked = client.post("/login", data={"username": "officer", "password": password})
    assert blocked.status_code == 429
    assert client.get("/").status_code == 200


def test_the_password_is_kept_only_as_a_hash_that_others_cannot_read(home: Path) -> None:
    _, password = new_account(home)
    kept = home / FILE
    assert password not in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0
    account = read_account(home)
    assert account is not None
    assert account.accepts("officer", password)
    assert not account.accepts("officer", password + "x")


def test_a_login_that_others_can_read_is_refused(home: Path) -> None:
    new_account(home)
    (home / FILE).chmod(0o644)
    with pytest.raises(RosterError, match="600"):
        read_account(home)


def test_a_damaged_login_file_says_so(home: Path) -> None:
    new_account(home)
    (home / FILE).write_text(json.dumps({"user": "officer"}))
    with pytest.raises(RosterError, match="damaged"):
        read_account(home)


def test_an_unknown_village_is_not_found(board: tuple[TestClient, str]) -> None:
    client, password = board
    log_in(client, password)
    assert client.get("/villages/NOWHERE").status_code == 404
    assert client.get("/villages/..%2f..%2fetc").status_code in {404, 422}
