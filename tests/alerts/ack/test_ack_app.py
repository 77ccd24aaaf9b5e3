"""The public pages: GET shows, POST acknowledges, and there is nothing else."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient

from alerts import ack
from alerts.board.ack_app import PER_MINUTE, AckDesk, create_ack_app
from alerts.roster import signing_key
from pipeline.world import Mode
from tests.alerts.night import WALL, acknowledgement, delivery, levels, message

LINKS = "/ack/"


@pytest.fixture
def desk(night):
    return AckDesk(
        engine=night.engine,
        site="valley",
        mode=Mode.EXERCISE,
        zone=ZoneInfo("Asia/Shanghai"),
        key=signing_key(night.home),
        now=lambda: WALL + 5 * ack.VALID / (24 * 60),
    )


@pytest.fixture
def row(night):
    night.warned(levels(hekou=4))
    return next(r for r in night.rows(delivery) if r.contact_ref == "hekou/responsible")


@pytest.fixture
def address(desk, row):
    return LINKS + ack.token(desk.key, row.delivery_key, at=WALL)


def test_looking_at_a_link_acknowledges_nothing_however_often(night, desk, address):
    client = TestClient(create_ack_app(desk))
    for agent in ("Mozilla/5.0", "GoogleImageProxy", "SafeLinks"):
        answer = client.get(address, headers={"User-Agent": agent, "Purpose": "prefetch"})
        assert answer.status_code == 200
    assert client.head(address).status_code == 405
    assert client.options(address).status_code == 405
    assert night.rows(acknowledgement) == []


def test_the_page_shows_the_stored_text_in_the_readers_language(night, desk, row, address):
    page = TestClient(create_ack_app(desk)).get(address).text
    stored = next(m for m in night.rows(message) if m.message_id == row.message_id)
    assert stored.body.splitlines()[1] in page
    assert '<html lang="zh">' in page
    assert "演练。没有危险。" in page
    assert "<script" not in page


def test_pressing_the_button_acknowledges_once(night, desk, row, address):
    client = TestClient(create_ack_app(desk))
    for _ in range(3):
        answer = client.post(address)
        assert answer.status_code == 200
        assert "10:05" in answer.text
        assert "<form" not in answer.text
    (kept,) = night.rows(acknowledgement)
    assert (kept.message_id, kept.contact_ref, kept.via, kept.by_ref) == (
        row.message_id,
        "hekou/responsible",
        "link",
        "hekou/responsible",
    )
    assert "10:05" in client.get(address).text


def test_another_persons_answer_is_not_mine(night, desk, address):
    client = TestClient(create_ack_app(desk))
    other = next(r for r in night.rows(delivery) if r.contact_ref == "hekou/responsible-deputy")
    client.post(LINKS + ack.token(desk.key, other.delivery_key, at=WALL))
    assert "<form" in client.get(address).text


def test_an_old_link_says_so_and_shows_nothing(night, desk, row):
    client = TestClient(create_ack_app(replace(desk, now=lambda: WALL + 2 * ack.VALID)))
    address = LINKS + ack.token(desk.key, row.delivery_key, at=WALL)
    for answer in (client.get(address), client.post(address)):
        assert answer.status_code == 410
        assert "hekou" not in answer.text
        assert "河口" not in answer.text
    assert night.rows(acknowledgement) == []


@pytest.mark.parametrize("spoiled", ["x", "..%2F..%2Fack.key", "a.b.c", "%00", "x" * 299])
def test_a_bad_link_is_not_found(night, desk, row, spoiled):
    client = TestClient(create_ack_app(desk))
    for answer in (client.get(LINKS + spoiled), client.post(LINKS + spoiled)):
        assert answer.status_code == 404
        assert "河口" not in answer.text
    assert night.rows(acknowledgement) == []


def test_a_link_of_another_mode_or_of_no_delivery_is_not_found(desk, row, address):
    live = TestClient(create_ack_app(replace(desk, mode=Mode.LIVE)))
    assert live.post(address).status_code == 404
    nowhere = LINKS + ack.token(desk.key, "f" * 64, at=WALL)
    assert TestClient(create_ack_app(desk)).post(nowhere).status_code == 404


def test_a_page_tells_nobody_where_it_was(desk, address):
    headers = TestClient(create_ack_app(desk)).get(address).headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "set-cookie" not in headers


def test_no_page_names_an_address_key_or_other_person(night, desk, address):
    page = TestClient(create_ack_app(desk)).get(address).text
    assert "mailbox.invalid" not in page
    assert "deputy" not in page
    assert desk.key.hex() not in page


def test_nothing_else_is_there(desk):
    app = create_ack_app(desk)
    client = TestClient(app)
    assert {route.path for route in app.routes} == {"/ack/{token}", "/healthz"}
    assert client.get("/healthz").json() == {"status": "ok"}
    for path in ("/", "/docs", "/openapi.json", "/redoc", "/ack", "/ack/", "/villages/hekou"):
        assert client.get(path, follow_redirects=False).status_code in {404, 307}
    assert client.put("/healthz").status_code == 405


def test_one_address_cannot_try_tokens_all_day(desk):
    client = TestClient(create_ack_app(desk))
    codes = [client.get(f"/ack/guess{n}").status_code for n in range(PER_MINUTE + 5)]
    assert codes.count(429) >= 5 or codes[-1] == 404
    assert set(codes) <= {404, 429}
