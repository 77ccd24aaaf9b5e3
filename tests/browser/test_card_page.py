"""A printed card is one sheet of A4, whole, and nothing in it runs."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache

import pytest
from playwright.sync_api import Page, sync_playwright

from alerts.plan.card import Issuer, card, fits
from alerts.plan.model import Plan
from pipeline.site.model import Village, VillageKind
from tests.alerts.plan.test_card import VILLAGE, both, plan
from tests.services import ROOT, chromium, require

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
ISSUER = Issuer("Cance flood exercise desk", "the duty officer", "https://flood.example/board")
SHIPPED = sorted((ROOT / "config").glob("*/plans/*/*.toml"))
LANGUAGES = ("zh", "fr")
"""The one with the widest letters, and the one with the longest labels."""
A4 = (595, 842)
"""Points, rounded."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    require("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield started.new_context().new_page()
        started.close()


@cache
def shipped(path) -> tuple[Plan, Village]:
    written = Plan.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    village = Village(
        village_id=written.village_id,
        kind=VillageKind.VILLAGE,
        name=written.village_id,
        name_en=written.village_id,
        township=path.parent.name,
        position_basis="none",
    )
    return written, village


def sheets(browser: Page, content: str) -> list[tuple[int, int]]:
    """Return the size of each page that is printed, points."""
    browser.set_content(content)
    pdf = browser.pdf(prefer_css_page_size=True, print_background=False)
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    assert len(boxes) == len(re.findall(rb"/Type\s*/Page\b", pdf))
    return [(round(float(width)), round(float(height))) for width, height in boxes]


def crowded(zones: int, words: int) -> Plan:
    """Return a plan with so many zones, each text so many words longer."""
    more, mehr = " of the long street" * words, "长街" * 2 * words
    full = plan(exercise=True)
    zone = full.zones[0].model_dump() | {"name": both("the bank" + more, "河边" + mehr)}
    routes = [
        route.model_dump(mode="json") | {"name": both("path" + more, "山路" + mehr)}
        for route in full.routes
    ]
    many = [zone | {"id": f"z{number}"} for number in range(zones)]
    return plan(zones=many, routes=routes, exercise=True, needs_help=[])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_card_of_every_plan_we_ship_is_one_sheet(browser, path):
    written, village = shipped(path)
    for language in LANGUAGES:
        assert fits(written, village, language=language)
        content = card(written, village, ISSUER, language=language)
        assert sheets(browser, content) == [A4]


@pytest.mark.parametrize("zones", [1, 3, 6, 12])
@pytest.mark.parametrize("words", [0, 2, 6])
def test_what_is_said_to_fit_one_sheet_fits_it(browser, zones, words):
    written = crowded(zones, words)
    for language in LANGUAGES:
        printed = sheets(browser, card(written, VILLAGE, ISSUER, language=language))
        assert printed == [A4] or not fits(written, VILLAGE, language=language)


def test_what_does_not_fit_goes_onto_a_second_sheet_whole(browser):
    written = crowded(30, 2)
    assert not fits(written, VILLAGE, language="en")
    assert len(sheets(browser, card(written, VILLAGE, ISSUER, language="en"))) > 1
    hides = "e => getComputedStyle(e).overflowY !== 'visible'"
    cut = f"[...document.querySelectorAll('body, body :not(svg, svg *)')].some({hides})"
    assert browser.evaluate(cut) is False


def test_nothing_that_a_plan_says_runs(browser):
    trick = "<script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\">"
    written = plan(signals={"prepare": both(trick), "move": both(trick)})
    sheets(browser, card(written, VILLAGE, ISSUER, language="en"))
    assert browser.title() == "Hekou - Flash-flood card"
    assert browser.locator("script, img").count() == 0
