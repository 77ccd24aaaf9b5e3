"""The board in a browser: what any reader needs is there, and an exercise looks like none other.

The rules are those of axe that can be told from a page alone: names, labels, language, contrast.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from alerts.roster import CONTACTS
from tests.board.conftest import duty
from tests.browser.test_card_page import FLAGS
from tests.services import chromium, require

__all__ = ["duty"]

AUDIT = """() => {
  const faults = [];
  const named = e => (e.innerText || e.getAttribute('aria-label') || e.title || '').trim();
  const shown = e => e.getClientRects().length && getComputedStyle(e).visibility === 'visible';
  if (!document.documentElement.lang) faults.push('no language');
  if (!document.title.trim()) faults.push('no title');
  if (document.querySelectorAll('main').length !== 1) faults.push('not one main');
  for (const e of document.querySelectorAll('a[href], button'))
    if (shown(e) && !named(e)) faults.push('no name: ' + e.outerHTML.slice(0, 90));
  for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
    if (!e.labels.length && !named(e)) faults.push('no label: ' + e.outerHTML.slice(0, 90));
  for (const e of document.querySelectorAll('svg, img'))
    if (!e.closest('[aria-hidden=true]') && !e.getAttribute('aria-label') && !e.alt
        && !e.querySelector('title')) faults.push('no words: ' + e.outerHTML.slice(0, 90));
  for (const e of document.querySelectorAll('table'))
    if (!e.querySelector('th')) faults.push('no heading: ' + e.outerHTML.slice(0, 90));
  for (const e of document.querySelectorAll('[class*=tier-]'))
    if (shown(e) && !named(e)) faults.push('a colour alone: ' + e.outerHTML.slice(0, 90));
  const parts = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = c => {
    const [r, g, b] = parts(c).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = e => {
    for (let at = e; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== 'none') return null;
      const colour = parts(style.backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return style.backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !shown(e) || e.closest('svg, option, style')) continue;
    const under = ground(e), style = getComputedStyle(e);
    if (under === null) continue;
    const [a, b] = [light(style.color), light(under)].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24
      || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5))
      faults.push(`contrast ${ratio.toFixed(1)}: ` + texts.currentNode.data.trim().slice(0, 60));
  }
  return faults;
}"""
PAGES = ("/", "/villages/hekou", "/villages/hekou/acts", "/feeds")


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    require("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield started.new_context(viewport={"width": 1280, "height": 900}).new_page()
        started.close()


def speaking(duty, language):
    path = duty.settings.home / CONTACTS
    path.write_text(path.read_text().replace('language = "zh"', f'language = "{language}"'))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_can_be_read_by_whoever_sees_no_colour_or_no_picture(duty, browser, language):
    speaking(duty, language)
    duty.red()
    duty.later(1)
    officer, faults, pictures = duty.officer(), {}, set()
    for path in PAGES:
        answer = officer.client.get(path)
        assert answer.status_code == 200
        browser.set_content(answer.text)
        faults[path] = browser.evaluate(AUDIT)
        pictures.add(browser.screenshot())
    assert not any(faults.values()), faults
    assert len(pictures) == len(PAGES)
    assert ("理由" in officer.page()) == (language == "zh")


def test_no_column_of_the_villages_is_cut_off_on_a_small_screen(duty, browser):
    duty.red()
    duty.delivered(minutes=4)
    duty.night.answered()
    duty.later(5)
    answer = duty.officer().client.get("/").text
    browser.set_content(answer.replace("hekou/responsible", "saint-julien/responsible-deputy"))
    assert "saint-julien/responsible-deputy" in browser.locator("td.ref").first.inner_text()
    hidden = "e => e.scrollWidth - e.clientWidth"
    assert browser.locator(".sheet").first.evaluate(hidden) == 0


def test_an_exercise_is_striped_in_a_colour_of_no_tier_and_live_is_not(duty, browser):
    duty.red()
    duty.later(1)
    browser.set_content(duty.officer().client.get("/").text)
    style = "e => [getComputedStyle(e).backgroundImage, getComputedStyle(e).backgroundColor]"
    exercise = browser.locator("header.mode").evaluate(style)
    browser.locator("header.mode").evaluate("e => e.classList.replace('exercise', 'live')")
    live = browser.locator("header.mode").evaluate(style)
    tiers = browser.locator("[class*=tier-]").evaluate_all(
        "all => all.map(e => getComputedStyle(e).backgroundColor)"
    )
    assert "gradient" in exercise[0]
    assert exercise != live
    assert tiers
    assert not any(colour in " ".join(exercise) for colour in tiers if colour != "rgba(0, 0, 0, 0)")


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("<button></button>", "no name"),
        ("<input type=text>", "no label"),
        ("<svg width=9 height=9></svg>", "no words"),
        ("<table><tr><td>1</table>", "no heading"),
        ('<i class="tier-4" style="display: block; height: 9px"></i>', "a colour alone"),
        ('<p style="color: #999; background: #fff">faint</p>', "contrast 2.8"),
    ],
)
def test_the_audit_sees_what_is_planted(browser, planted, found):
    page = '<html lang="en"><title>t</title><main>{}</main>'
    browser.set_content(page.format("<p>well"))
    assert browser.evaluate(AUDIT) == []
    browser.set_content(page.format(planted))
    (fault,) = browser.evaluate(AUDIT)
    assert fault.startswith(found)
