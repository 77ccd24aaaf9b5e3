"""A check of people and a shift by command in an exercise, with its mail and its record."""

from datetime import timedelta

import pytest

from alerts.cli.app import REFUSED, run
from alerts.deployment import opened
from alerts.first_run import init_home
from alerts.local_stack import new_exercise
from alerts.readiness import findings_of
from alerts.roster import CONTACTS
from pipeline import clock
from pipeline.settings import from_environment
from pipeline.world import Mode
from tests.alerts.post_office import open_for_business
from tests.golden.samples import VALLEY, valley

GOOD = 0
BY = ["--by", "county_duty-1"]


@pytest.fixture
def exercise(home, monkeypatch):
    """Give the post office of an exercise whose people were taken in by command."""
    monkeypatch.setenv("FLOODWARN_HOME", str(home))
    monkeypatch.setenv("FLOODWARN_SITE", str(VALLEY))
    monkeypatch.setenv("FLOODWARN_MODE", "exercise")
    monkeypatch.delenv("FLOODWARN_DATABASE_URL", raising=False)
    init_home(home, valley(), Mode.EXERCISE)
    assert run(["contacts", "import", str(home / CONTACTS), *BY]) == GOOD
    (home / CONTACTS).unlink()
    with opened(from_environment()) as deployment:
        new_exercise(deployment, clock.now())
    with open_for_business() as (office, port):
        monkeypatch.setenv("FLOODWARN_SMTP_PORT", str(port))
        yield office


def unheard():
    later = clock.now() + timedelta(days=4)
    return [f for f in findings_of(from_environment(), later) if "did not answer" in f.message]


def test_a_check_goes_out_at_once_and_who_is_silent_stands_at_the_plan(exercise, capsys):
    assert run(["contacts", "check", "hekou/responsible", "county_duty-2", *BY]) == GOOD
    assert "2 persons are asked" in capsys.readouterr().out
    assert len(exercise.mails) == 2
    (finding,) = unheard()
    assert (finding.file, finding.field) == ("plans/qingxi/hekou.toml", "people.responsible")
    assert finding.row is not None
    assert run(["contacts", "heard", "hekou/responsible", *BY]) == GOOD
    assert unheard() == []
    assert run(["contacts", "heard", "baishi/responsible", *BY]) == REFUSED


def test_who_takes_the_duty_reads_what_is_open_and_hands_over_what_changed(exercise, capsys):
    now = clock.now() - timedelta(minutes=1)  # a deed's time is to the second
    span = ["--from", now.isoformat(), "--to", (now + timedelta(hours=8)).isoformat()]
    assert run(["duty", "plan", "county_duty", "county_duty-1", *span, *BY]) == GOOD
    assert run(["duty", "take", *BY]) == GOOD
    assert "open: nothing" in capsys.readouterr().out
    order = ["order", "hekou", "--tier", "red", "--reason", "water at the bridge", *BY]
    assert run(order) == GOOD
    capsys.readouterr()
    assert run(["duty", "handover", *BY]) == GOOD
    said = capsys.readouterr().out
    assert "hekou: order by county_duty-1: water at the bridge" in said
    assert "hekou: told at red" in said
    assert "hekou: red since" in said
    assert run(["duty", "handover", "--by", "county_duty-2"]) == REFUSED
