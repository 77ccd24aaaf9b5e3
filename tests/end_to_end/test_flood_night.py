"""One flood night in the valley, end to end: `floodwarn run`, a mailbox, a browser, a person.

Twelve hours of the recorded storm in some seventy seconds, from a home whose path has a space,
with Airflow's usual port taken.
"""

import re
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import text

from alerts import supervisor
from pipeline.assess import bulletins
from pipeline.database import connect
from pipeline.replay import replay
from pipeline.runs import open_now
from pipeline.settings import from_environment
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from tests.end_to_end.airflow_stack import eventually
from tests.end_to_end.local_run import LocalRun, alive, start
from tests.services import chromium, require
from tests.valley import VALLEY, copied

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
FLOOD = {
    r'flood_start = ".*"': 'flood_start = "2024-07-13T18:00:00Z"',
    r'flood_end = ".*"': 'flood_end = "2024-07-14T06:00:00Z"',
    r"speed = \d+": "speed = 600",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return a copy of the valley whose exercise is short."""
    folder = copied(tmp_path_factory.mktemp("site"))
    content = (folder / "site.toml").read_text(encoding="utf-8")
    for pattern, value in FLOOD.items():
        content = re.sub(pattern, value, content)
    (folder / "site.toml").write_text(content, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def night(site, tmp_path_factory) -> Iterator[LocalRun]:
    require("chromium")
    folder = tmp_path_factory.mktemp("a flood night")
    with ExitStack() as stack:
        taken = stack.enter_context(socket.socket())
        with suppress(OSError):  # taken by somebody else: as good
            taken.bind(("127.0.0.1", 8080))
            taken.listen()
        run = start(site, folder / "a home", folder / "said")
        stack.callback(supervisor.stop, run.home)
        run.await_start()
        yield run


@pytest.fixture(scope="module")
def page(night) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield browser.new_context().new_page()
        browser.close()


def mails(night: LocalRun) -> list[dict]:
    return list(httpx.get(f"{night.address('the mailbox')}/mails.json", auth=night.login).json())


def link_of(mail: dict) -> str:
    return re.search(r"http://\S+/ack/[\w.-]+", mail["body"]).group()


def lines_of(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if line.strip()}


def test_it_says_what_the_past_would_have_brought_and_where_everything_is(night):
    assert "villages told to prepare" in night.output
    assert night.address("Airflow") != "http://127.0.0.1:8080"


def test_the_orders_reach_the_mailbox_marked_as_an_exercise(night):
    eventually(lambda: bool(mails(night)), 150, "a mail arrives")
    words = [mail["subject"] + mail["body"] for mail in mails(night)]
    assert not [each for each in words if "EXERCISE" not in each and "演练" not in each]


def test_an_officer_logs_in_sees_the_tier_opens_the_village_and_it_is_acknowledged(night, page):
    page.goto(night.address("the board"))
    user, password = night.login
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    board = page.frame_locator("iframe")
    board.locator("header.exercise").wait_for(timeout=30_000)
    eventually(lambda: board.locator("td .tier-4").count() > 0, 90, "a village is red")
    red = board.locator("tr:has(td .tier-4)").first
    village_id = red.get_attribute("id").removeprefix("v-")
    red.locator("a").first.click()
    board.get_by_text("all villages").wait_for()
    assert board.locator("svg").count() > 0
    orders = [lines_of(order) for order in board.locator(".order").all_inner_texts()]
    order, mail = next(
        (order, mail)
        for order in orders
        for mail in mails(night)
        if order <= lines_of(mail["body"])
    )
    other = page.context.new_page()
    other.goto(link_of(mail))
    assert order <= lines_of(other.locator("main").inner_text())
    assert not acknowledged(night, village_id)
    other.click("button[type=submit]")
    eventually(lambda: acknowledged(night, village_id), 10, "the acknowledgement is kept")
    other.close()


def test_an_officer_sees_how_fresh_complete_and_trusted_each_station_is(night, page):
    board = page.frame_locator("iframe")
    board.get_by_role("link", name="Feeds", exact=True).click()
    board.get_by_role("heading", name="Feeds and stations").wait_for()
    stations = {station.station_id for station in load(VALLEY, night.home).stations}
    shown = board.locator("tr:has(meter) td:nth-child(2)").all_inner_texts()
    assert set(shown) == stations
    told = board.locator("tr:has(meter)").all_inner_texts()
    assert all(re.search(r"\d+ % \d+ of \d+", each) for each in told)
    assert any(re.search(r"\d+ (good|unknown)", each) for each in told)


def acknowledged(night: LocalRun, village_id: str) -> bool:
    engine = connect(from_environment(home=night.home).database_url)
    with engine.connect() as connection:
        kept = connection.execute(
            text(
                "select count(*) from acknowledgement where village_id = :village and via = 'link'"
            ),
            {"village": village_id},
        ).scalar_one()
    engine.dispose()
    return kept > 0


def test_the_anonymous_see_none_of_it(night):
    airflow, ack = night.address("Airflow"), night.address("acknowledgement")
    secrets = [v.name_en for v in load(VALLEY, night.home).villages]
    for url in (
        f"{airflow}/floodwarn/",
        f"{airflow}/floodwarn/villages/shangyuan",
        f"{airflow}/floodwarn/feeds",
        f"{airflow}/floodwarn/metrics",
    ):
        answer = httpx.get(url)
        assert answer.status_code == 401
        assert answer.json() == {"detail": "Not authenticated"}
    for url in (
        airflow, f"{airflow}/plugin/floodwarn", f"{airflow}/api/v2/dags", f"{airflow}/nothing",
        f"{airflow}/auth/login", ack, f"{ack}/ack/x", f"{ack}/docs", f"{ack}/openapi.json",
    ):  # fmt: skip
        body = httpx.get(url, follow_redirects=True).text
        assert not [name for name in secrets if name in body], url
    mailbox = night.address("the mailbox")
    for url in (mailbox, f"{mailbox}/mails.json"):
        assert httpx.get(url).json() == {"detail": "Not authenticated"}
    assert httpx.get(f"{ack}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{ack}/ack/x").status_code == 404
    assert httpx.get(f"{airflow}/api/v2/dags").status_code == 401


def test_the_exercise_ends_by_itself_and_decided_what_a_replay_decides(night, site):
    settings = from_environment(site=site, home=night.home)
    engine = connect(settings.database_url)
    pack = load(site, night.home)
    exercise = open_now(engine, "valley")
    last = exercise.flood_end - pack.cycle

    def played():
        return bulletins(engine, exercise.world, after=None)

    eventually(lambda: bool(played()) and played()[-1].slot == last, 150, "the last slot is judged")
    again = replay(
        engine,
        risk_config(pack),
        start=exercise.flood_start,
        end=last,
        assess_delay=pack.assess_delay,
    )
    assert [b.decision_sha256 for b in played()] == [b.decision_sha256 for b in again]
    engine.dispose()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_no_process_and_the_next_run_opens_a_new_exercise(night, site, number):
    run = night
    if number is signal.SIGTERM:
        run = start(site, night.home, night.said.with_name("said again"))
        run.await_start()
    tree = run.tree()
    assert len(tree) > 5
    run.end(number)
    assert not alive(tree)
    engine = connect(from_environment(home=night.home).database_url)
    with engine.connect() as connection:
        opened = connection.execute(text("select count(*) from exercise")).scalar_one()
    engine.dispose()
    assert opened == (1 if number is signal.SIGINT else 2)
