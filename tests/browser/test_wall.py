"""The wall page in a real browser: it renews itself; without its server it goes grey and loud."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from alerts.login import COOKIE, new_account
from pipeline import clock, runs
from pipeline.database import connect, migrate
from pipeline.instants import floor_to
from pipeline.world import Exercise
from tests.alerts.night import Night, home_of, levels
from tests.alerts.post_office import free_port
from tests.browser.test_card_page import FLAGS
from tests.golden.samples import SLOT
from tests.services import chromium, require
from tests.valley import VALLEY

PATIENCE = timedelta(hours=2, minutes=1)
"""Of the valley's cycle of an hour, where an exercise is played in today's time."""


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    require("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield started.new_context(viewport={"width": 1280, "height": 720})
        started.close()


class Wall:
    """A board whose newest cycle will be too old in so many seconds."""

    def __init__(self, folder, *, left_s: float) -> None:
        home = home_of(folder / "home")
        url = f"sqlite:///{home}/floodwarn.db"
        engine = connect(url)
        migrate(engine)
        wall = floor_to(clock.now(), timedelta(seconds=1))
        flood = SLOT + PATIENCE - timedelta(seconds=left_s)
        exercise = Exercise("valley", "x1", wall, flood, flood + timedelta(days=1), 1)
        runs.open_exercise(engine, exercise)
        Night(engine, home, exercise.world).warned(levels(hekou=4))
        engine.dispose()
        self.account, _ = new_account(home)
        self.cookie = self.account.session()
        self.port = free_port()
        self.env = os.environ | {"FLOODWARN_MODE": "exercise", "FLOODWARN_DATABASE_URL": url}
        command = ["board", "--port", str(self.port), "--site", str(VALLEY), "--home", str(home)]
        self.command = [sys.executable, "-m", "alerts.cli", *command]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, env=self.env)
        for _ in range(300):
            try:
                urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=1).close()
            except (URLError, OSError):
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the board did not start")

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def wall(tmp_path, request) -> Iterator[Wall]:
    made = Wall(tmp_path, left_s=request.param)
    yield made
    made.close()


def opened(browser: BrowserContext, wall: Wall):
    where = {"name": COOKIE, "value": wall.cookie, "url": f"http://127.0.0.1:{wall.port}"}
    browser.add_cookies([where])
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{wall.port}/wall", wait_until="commit")
    page.wait_for_selector("body.wall table", state="attached")
    return page


def is_loud(page) -> bool:
    shows = "e => getComputedStyle(e).visibility === 'visible'"
    return page.locator(".loud").evaluate(shows)


def is_grey(page) -> bool:
    return "grayscale(1)" in page.locator(".shown").evaluate("e => getComputedStyle(e).filter")


@pytest.mark.parametrize("wall", [14], indirect=True)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP])
def test_without_its_server_it_goes_grey_and_loud_and_stays(browser, wall, number):
    page = opened(browser, wall)
    assert not is_loud(page)
    assert not is_grey(page)
    wall.send(number)
    page.wait_for_timeout(18_000)  # by now a page that was told to load again would be an error
    assert page.url == f"http://127.0.0.1:{wall.port}/wall"
    assert is_loud(page)
    assert is_grey(page)
    assert "DO NOT TRUST THIS PAGE" in page.locator(".loud").inner_text()
    assert page.locator("script").count() == 0
    page.close()


@pytest.mark.parametrize("wall", [3600], indirect=True)
def test_with_its_server_it_renews_itself_and_stays_calm(browser, wall):
    page = opened(browser, wall)
    loads = []
    page.on("request", lambda request: loads.append(request.url))
    page.wait_for_timeout(17_000)
    assert loads == [f"http://127.0.0.1:{wall.port}/wall"]
    page.wait_for_selector("body.wall table", state="attached")
    assert not is_loud(page)
    assert not is_grey(page)
    page.close()


@pytest.mark.parametrize("wall", [-60], indirect=True)
def test_a_server_that_lives_without_cycles_shows_a_loud_page_at_once(browser, wall):
    page = opened(browser, wall)
    page.wait_for_timeout(1500)
    assert is_loud(page)
    page.close()
