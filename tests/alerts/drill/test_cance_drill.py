"""The flood of 4 November on the Cance as a drill: every contact is a telephone, none is lost.

What we say at the end, what the board waits for and what the telephones wrote themselves agree line
by line, though people answer late, never, twice, wrongly, or are somebody else.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from sqlalchemy import Engine

from alerts.cli.app import run
from alerts.deployment import opened
from alerts.drill import Asked, record_of, scored
from alerts.drill_report import page
from alerts.drill_score import Record
from alerts.first_run import contacts_toml
from alerts.phones.book import Line, agreement
from alerts.phones.manner import Manner, manner_of
from alerts.phones.server import LOG, lines_of
from alerts.roster import Roster
from alerts.said import Said
from alerts.simulated_drill import HOME, simulate
from alerts.warning_pack import load_warning
from pipeline import clock
from pipeline.assess import bulletins
from pipeline.database import connect, reading
from pipeline.observe import observe
from pipeline.replay import replay
from pipeline.settings import Settings, from_environment
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from pipeline.world import Exercise, Mode, World
from tests.services import ROOT, SAMPLE, require

pytestmark = pytest.mark.timeout(300)
SITE = ROOT / "config" / "cance"
SEED = 9
FLOOD = {
    "flood_start": "2014-11-04T00:00:00Z",
    "flood_end": "2014-11-04T04:00:00Z",
    "speed": 60,
}
"""The hours in which most villages rise; the rest brings no other kind of answer."""
CALLED = re.compile(r"/responsible$|^county_duty-|^township_duty-")
"""Of the plans' people those who are called first, and the officers."""


@dataclass
class Drilled:
    settings: Settings
    exercise: Exercise
    engine: Engine
    log: tuple[Line, ...]

    @property
    def record(self) -> Record:
        with reading(self.engine) as connection:
            return record_of(connection, self.exercise.world)


@pytest.fixture(scope="module")
def drilled(tmp_path_factory):
    """Play the night to telephones."""
    require("sample")
    home = tmp_path_factory.mktemp("home")
    (home / "sample").symlink_to(SAMPLE.parents[2])
    settings = from_environment(site=SITE, home=home)
    _taken_in(settings)
    asked = Asked(flood=FLOOD, only=_called(), after=timedelta(minutes=25))
    exercise = simulate(settings, asked, seed=SEED, bars=lambda _: lambda _done, _all: None)
    engine = connect(settings.database_url)
    yield Drilled(settings, exercise, engine, lines_of(home / HOME / LOG))
    engine.dispose()


def _taken_in(settings: Settings) -> None:
    """Take in the month before that night; the rest of the autumn is not played."""
    with opened(settings) as deployment:
        for feed in deployment.pack.feeds:
            observe(
                deployment.engine,
                deployment.pack,
                World("cance", Mode.REPLAY, "ingest"),
                feed.feed_id,
                start=datetime(2014, 10, 3, tzinfo=UTC),
                end=datetime(2014, 11, 4, 6, tzinfo=UTC),
                now=clock.now(),
            )


@cache
def _called() -> tuple[str, ...]:
    pack = load_warning(load(SITE, ROOT / ".floodwarn"))
    refs = re.findall(r'^ref = "(.+)"$', contacts_toml(pack), re.MULTILINE)
    return tuple(ref for ref in refs if CALLED.search(ref))


def test_our_record_and_the_telephones_own_log_agree_line_by_line(drilled):
    record = drilled.record
    assert len(drilled.log) > 100
    agreed = agreement(record, drilled.log)
    assert agreed.differences == ()
    assert (agreed.lines, agreed.listed) == (len(drilled.log), len(record.listed))
    said = {each for order in record.listed for each in order.said}
    assert said >= {Said.RECEIVED, Said.COUNTED}
    given = {line.ident for line in drilled.log}
    assert given == {call for sent in record.sent for call in sent.calls}


def test_people_of_every_manner_were_in_it_and_the_ladder_was_climbed(drilled):
    numbers = {
        contact.phone.get_secret_value()
        for contact in Roster.load(drilled.settings.home / HOME).contacts
        if contact.ref in _called()
    }
    assert len({manner_of(number, SEED) for number in numbers}) == len(Manner)
    done = {line.what for line in drilled.log}
    assert {"taken", "delivered", "failed", "no answer", "key 1", "reply 2"} <= done
    assert {"key 7", "key 1 before the end"} & done
    record = drilled.record
    assert {climb.stage for climb in record.climbed} >= {"try", "received"}
    assert {answer.said for answer in record.answers} >= {
        Said.RECEIVED,
        Said.COUNTED,
        Said.UNCLEAR,
    }


def test_the_drill_decided_what_a_replay_decides(drilled):
    pack = load(SITE, drilled.settings.home)
    played = bulletins(drilled.engine, drilled.exercise.world, after=None)
    again = replay(
        drilled.engine,
        risk_config(pack),
        start=drilled.exercise.flood_start,
        end=drilled.exercise.flood_end - pack.cycle,
        assess_delay=pack.assess_delay,
    )
    decided = [bulletin.decision_sha256 for bulletin in again]
    assert [bulletin.decision_sha256 for bulletin in played] == decided
    assert len(decided) == 4


@pytest.fixture
def floodwarn(drilled, monkeypatch, capfd):
    monkeypatch.setenv("FLOODWARN_SITE", str(SITE))
    monkeypatch.setenv("FLOODWARN_HOME", str(drilled.settings.home))

    def command(*arguments):
        code = run(["drill", "report", *arguments])
        return code, *capfd.readouterr()

    return command


def test_the_report_says_of_simulated_telephones_that_they_are(floodwarn, drilled, tmp_path):
    code, out, _ = floodwarn("--json", "-")
    answer = json.loads(out)
    assert (code, answer["simulated"], answer["mode"]) == (0, True, "exercise")
    listed = len(drilled.record.listed)
    assert answer["log"] == {"lines": len(drilled.log), "differences": [], "listed": listed}
    assert answer["wrong_numbers"]
    assert {order["tier"] for order in answer["orders"]} >= {"yellow", "red"}
    code, out, _ = floodwarn("--html", str(tmp_path / "report.html"))
    assert code == 0
    figures = [line for line in out.splitlines() if "half:" in line or "late by" in line]
    assert len(figures) == 6
    assert all("simulated" in line for line in figures)
    html = (tmp_path / "report.html").read_text()
    assert html.count("simulated telephones") >= 4
    assert "Every delivery, receipt and answer agrees." in html
    assert "<script" not in html


def test_no_number_is_in_a_report_or_in_the_log(floodwarn, drilled, tmp_path):
    floodwarn("--json", str(tmp_path / "answer"), "--html", str(tmp_path / "page"))
    home = drilled.settings.home / HOME
    phones = [contact.phone for contact in Roster.load(home).contacts]
    numbers = {phone.get_secret_value()[1:] for phone in phones if phone is not None}
    assert len(numbers) > 100
    for path in (tmp_path / "answer", tmp_path / "page", home / LOG):
        assert not [number for number in numbers if number in path.read_text()], path.name


def test_a_measured_time_is_proposed_as_a_difference_and_no_plan_is_changed(floodwarn):
    before = {path: path.read_bytes() for path in SITE.glob("plans/*/*.toml")}
    code, out, err = floodwarn("--propose")
    assert code == 0
    assert re.search(r"^-call = \d+", out, re.MULTILINE)
    added = [line for line in out.splitlines() if line.startswith("+call")]
    assert added
    assert all("SIMULATED telephones" in line for line in added)
    assert "do not apply" in err
    assert {path: path.read_bytes() for path in SITE.glob("plans/*/*.toml")} == before


@pytest.mark.parametrize("what", ["answer", "receipt", "delivery", "lost on the board", "on it"])
def test_whatever_is_lost_or_made_up_is_a_difference(drilled, what):
    """Planted into what was read, not into the database: each kind of line is held by itself."""
    record, log = drilled.record, drilled.log
    if what == "answer":
        lost = next(answer for answer in record.answers if answer.via == "key")
        record = replace(record, answers=tuple(a for a in record.answers if a != lost))
    elif what == "receipt":
        told = next(sent for sent in record.sent if sent.is_brought)
        sent = tuple(replace(s, brought_at=None) if s is told else s for s in record.sent)
        record = replace(record, sent=sent)
    elif what.endswith("the board"):
        known = next(order for order in record.listed if order.said)
        record = replace(record, listed=(replace(known, said=frozenset()),))
    elif what == "on it":
        known = next(order for order in record.listed if Said.HELP not in order.said)
        record = replace(record, listed=(replace(known, said=known.said | {Said.HELP}),))
    else:
        taken = next(line for line in log if line.what == "taken")
        log = tuple(line for line in log if line != taken)
    assert agreement(record, log).differences


def test_the_page_names_every_village_that_was_ordered(drilled):
    logs = [drilled.settings.home / HOME / LOG]
    played, score = scored(drilled.engine, "cance", drilled.exercise.world_id, logs)
    names = {village.village_id: village.name_en for village in load(SITE, ROOT).villages}
    html = page(played, score, names)
    for ladder in score.ladders:
        assert names[ladder.order.village_id].split("'")[0] in html
