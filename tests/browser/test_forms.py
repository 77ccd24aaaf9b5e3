"""By a real browser our own forms are taken, and another site's are not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from alerts.login import COOKIE
from tests.browser.test_card_page import FLAGS
from tests.browser.test_wall import Wall
from tests.services import chromium, require

HOSTS = ("127.0.0.1", "board.test")
"""The second is no name of this machine: without TLS a browser then says only the origin."""


@pytest.fixture(scope="module")
def wall(tmp_path_factory) -> Iterator[Wall]:
    made = Wall(tmp_path_factory.mktemp("board"), left_s=3600)
    yield made
    made.close()


@pytest.fixture
def page() -> Iterator[Page]:
    require("chromium")
    flags = [*FLAGS, "--host-resolver-rules=MAP board.test 127.0.0.1"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=flags)
        yield started.new_page()
        started.close()


@pytest.mark.parametrize("host", HOSTS)
def test_the_board_takes_its_own_forms_and_no_other_site_s(page: Page, wall: Wall, host: str):
    board = f"http://{host}:{wall.port}"
    cookie = {"name": COOKIE, "value": wall.account.session(), "url": board}
    page.context.add_cookies([cookie])
    page.goto(f"{board}/login")
    token = page.locator("input[name=token]").get_attribute("value")
    form = f'<form method="post" action="{board}/logout"><input name="token" value="{token}">'
    html = f"{form}<button>go</button></form>"
    page.route(
        "http://evil.test/", lambda route: route.fulfill(body=html, content_type="text/html")
    )
    page.goto("http://evil.test/")
    with page.expect_response(f"{board}/logout") as answer:
        page.click("button")
    assert answer.value.status == 403
    assert page.goto(f"{board}/").status == 200
    page.click("text=Log out")
    with page.expect_response(f"{board}/logout") as answer:
        page.click("text=Log out")
    assert answer.value.status == 303
    assert answer.value.request.all_headers()["origin"] == board
    page.fill("#username", "officer")
    page.fill("#password", "guess")
    with page.expect_response(f"{board}/login") as answer:
        page.click("button")
    assert answer.value.status == 401
