"""`draft`: what was told, as a file that the authority may publish, or a plain refusal."""

import shutil

import pytest
from lxml import etree

from alerts.cli.app import COULD_NOT_RUN, REFUSED, run
from alerts.cn_alert_rules import UNVERIFIED, problems
from alerts.deployment import opened
from alerts.first_run import init_home
from alerts.local_stack import new_exercise
from alerts.warning_pack import load_warning
from pipeline import clock
from pipeline.settings import from_environment
from pipeline.site.pack import load
from pipeline.world import Mode
from tests.golden.samples import ROOT

GOOD, USAGE = 0, 2
PLACE = "110118107210"
LATER = ("--village", PLACE, "--at", "2099-01-01T00:00Z")
PUBLISHER = """
[warning.publisher]
division = "990101"
sector = "416"
name = "某县应急管理局"
"""
EXERCISE = """
[exercise]
flood_start = "2024-07-13T17:00:00Z"
flood_end = "2024-07-16T12:00:00Z"
speed = 60
"""


@pytest.fixture
def draft(tmp_path, capfd, monkeypatch):
    """Draft in an exercise of a copy of Beijing's site; return (code, output, errors)."""
    site = tmp_path / "site"
    shutil.copytree(ROOT / "config" / "beijing", site)
    with (site / "site.toml").open("a", encoding="utf-8") as file:
        file.write(EXERCISE + PUBLISHER)
    monkeypatch.setenv("FLOODWARN_SITE", str(site))
    monkeypatch.setenv("FLOODWARN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FLOODWARN_MODE", "exercise")
    settings = from_environment()
    init_home(settings.home, load_warning(load(site, settings.home)), Mode.EXERCISE)
    with opened(settings) as deployment:
        new_exercise(deployment, clock.now())

    def command(*arguments: str):
        code = run(["draft", *arguments, "--to", str(tmp_path / "drafts")])
        return code, *capfd.readouterr()

    command.site, command.drafts = site / "site.toml", tmp_path / "drafts"
    return command


def ordered():
    order = ("order", PLACE, "--tier", "red", "--reason", "seen", "--by", "county_duty-1")
    assert run(list(order)) == GOOD


def test_what_was_told_lies_in_a_folder_of_its_identifier_and_says_that_it_is_a_draft(draft):
    ordered()
    code, said, _ = draft(*LATER)
    assert code == GOOD
    (path,) = draft.drafts.rglob("*.XML")
    root = etree.fromstring(path.read_bytes())
    assert problems(path.read_bytes()) == []
    assert (path.parent.name, root.findtext("status")) == (root.findtext("identifier"), "Test")
    assert root.findtext("note").startswith(UNVERIFIED)
    assert str(path) in said
    assert UNVERIFIED in said


def test_drafted_twice_it_is_the_same_file(draft):
    ordered()
    draft(*LATER)
    (path,) = draft.drafts.rglob("*.XML")
    before = path.read_bytes()
    assert draft(*LATER)[0] == GOOD
    assert [each.read_bytes() for each in draft.drafts.rglob("*.XML")] == [before]


def test_without_a_publisher_it_is_refused_with_the_setting_s_name_and_nothing_is_written(draft):
    ordered()
    draft.site.write_text(draft.site.read_text(encoding="utf-8").replace(PUBLISHER, ""))
    code, _, said = draft(*LATER)
    assert code == REFUSED
    assert "[warning.publisher]" in said
    assert not draft.drafts.exists()


def test_of_a_village_that_was_told_nothing_there_is_no_draft(draft):
    code, _, said = draft(*LATER)
    assert code == COULD_NOT_RUN
    assert "had been told nothing" in said


def test_it_asks_for_a_message_or_for_a_village_and_an_instant(draft):
    assert draft()[0] == USAGE
    assert draft("--village", PLACE)[0] == USAGE


def test_the_check_names_row_and_field_of_a_malformed_publisher(draft, capfd):
    text = draft.site.read_text(encoding="utf-8").replace('sector = "416"', 'sector = "41"')
    draft.site.write_text(text, encoding="utf-8")
    row = text.splitlines().index('sector = "41"') + 1
    assert run(["check"]) == REFUSED
    assert f"site.toml:{row}: warning.publisher.sector: " in capfd.readouterr().out
