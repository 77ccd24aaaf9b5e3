"""The board alone: nothing of ours is shown to the anonymous but the login and the health."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from alerts import takeover
from alerts.board.standalone import METRICS_TOKEN, create_standalone
from alerts.board.state import BoardSource
from alerts.errors import RosterError
from alerts.login import COOKIE, FILE, new_account, read_account
from alerts.tries import FREE
from pipeline import settings
from pipeline.database import connect, migrate
from pipeline.runs import open_exercise
from pipeline.world import Exercise
from tests.alerts.night import HOUR, WALL
from tests.board.duty import forms_of
from tests.valley import copied


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


def test_a_monitoring_system_shows_its_token_and_gets_metrics_and_nothing_else(
    board: tuple[TestClient, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = board
    shown = {"Authorization": "Bearer scraper-1"}
    assert client.get("/metrics", headers=shown).status_code == 303
    monkeypatch.setenv(METRICS_TOKEN, "scraper-1")
    answer = client.get("/metrics", headers=shown)
    assert answer.status_code == 200
    assert 'floodwarn_source_completeness_ratio{feed="stage",source="H01"' in answer.text
    assert client.get("/", headers=shown).status_code == 403
    assert client.post("/villages/hekou/approve", headers=shown).status_code == 403
    for other in ("Basic !", "Basic b2ZmaWNlcg==", "Bearer x", "Bearer ", "Bearer 中"):
        asked = client.get("/metrics", headers={"Authorization": other.encode()})
        assert asked.status_code == 303


def test_a_map_program_shows_name_and_password_with_each_request(
    board: tuple[TestClient, str],
) -> None:
    client, password = board
    for _ in range(2 * FREE):
        assert client.get("/villages.geojson", auth=("officer", password)).status_code == 200


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


def test_who_logs_out_is_out_also_with_a_copy_of_the_cookie_and_after_a_restart(
    board: tuple[TestClient, str], home: Path
) -> None:
    client, password = board
    log_in(client, password)
    copied_cookie = client.cookies[COOKIE]
    assert 'href="/login">Log out</a>' in client.get("/").text
    (form,) = forms_of(client.get("/login").text)
    assert client.post("/logout").status_code == 403
    assert client.get("/").status_code == 200
    assert client.post("/logout", data=form.fields).status_code == 303
    account = read_account(home)
    assert account is not None
    here = settings.from_environment(site=home / "valley", home=home)
    restarted = TestClient(create_standalone(BoardSource(here), account), follow_redirects=False)
    for browser in (client, restarted):
        browser.cookies.set(COOKIE, copied_cookie)
        assert browser.get("/").status_code == 303
    client.cookies.clear()
    log_in(client, password)
    assert client.get("/").status_code == 200


def test_who_is_not_logged_in_may_log_out(board: tuple[TestClient, str]) -> None:
    client, _ = board
    assert client.post("/logout").headers["location"] == "/login"
    assert client.get("/logout").status_code == 405


@pytest.mark.parametrize(
    ("address", "public", "secure"),
    [("http", "http", False), ("https", "http", True), ("http", "https", True)],
)
def test_the_session_is_kept_from_scripts_and_other_sites_and_by_tls_from_the_wire(
    home: Path, monkeypatch: pytest.MonkeyPatch, address: str, public: str, *, secure: bool
) -> None:
    monkeypatch.setenv("FLOODWARN_PUBLIC_URL", f"{public}://warn.example")
    account, password = new_account(home)
    here = settings.from_environment(site=copied(home), home=home)
    app = create_standalone(BoardSource(here), account)
    client = TestClient(app, base_url=f"{address}://board.example", follow_redirects=False)
    answer = client.post("/login", data={"username": "officer", "password": password})
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Max-Age=43200"))
    assert ("Secure" in cookie) is secure


def test_a_host_that_sends_nothing_says_so_on_every_page(
    board: tuple[TestClient, str], home: Path
) -> None:
    client, password = board
    log_in(client, password)
    here = settings.from_environment(site=home / "valley", home=home)
    engine = connect(here.database_url)
    opened = Exercise("valley", "x1", WALL, WALL, WALL + 24 * HOUR, 1)
    open_exercise(engine, opened)
    assert "NOTHING IS SENT" not in client.get("/").text
    with engine.begin() as connection:
        takeover.begin(connection, here, takeover.Cause.RESTORE, by=None, now=WALL)
    engine.dispose()
    assert "NOTHING IS SENT FROM HERE" in client.get("/").text
    assert "NOTHING IS SENT FROM HERE" in client.get("/villages/hekou").text
