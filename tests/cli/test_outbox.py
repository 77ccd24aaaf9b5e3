"""The commands of the outbox: who sends is taken over, read and released by a named person."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from alerts.cli.app import REFUSED, run
from pipeline import clock
from pipeline.database import connect, migrate
from pipeline.runs import open_exercise
from pipeline.settings import from_environment
from pipeline.world import Exercise
from tests.alerts.night import home_of
from tests.valley import VALLEY

GOOD, USAGE = 0, 2
BY = ("--by", "county_duty-1")


@pytest.fixture
def wall(monkeypatch):
    """A clock that stands: what is written bears its second, a takeover its instant."""
    at = [datetime.now(UTC).replace(microsecond=500_000)]
    monkeypatch.setattr(clock, "now", lambda: at[0])
    return at


@pytest.fixture
def outbox(tmp_path, capfdbinary, monkeypatch, wall):
    """Run a command at an exercise of the valley; return (exit code, standard output, error)."""
    fence = tmp_path / "fence"
    fence.touch()
    for name, value in {
        "FLOODWARN_SITE": VALLEY,
        "FLOODWARN_HOME": home_of(tmp_path / "home"),
        "FLOODWARN_MODE": "exercise",
        "FLOODWARN_FENCE": fence,
    }.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("FLOODWARN_DATABASE_URL", raising=False)
    engine = connect(from_environment().database_url)
    migrate(engine)
    now = clock.now()
    open_exercise(engine, Exercise("valley", "x1", now, now, now + timedelta(days=3), 1))
    engine.dispose()

    def command(*arguments):
        code = run(list(arguments))
        heard = capfdbinary.readouterr()
        return code, heard.out, heard.err.decode()

    return command


def test_what_is_taken_over_is_held_until_a_named_person_has_read_and_released_it(outbox):
    assert outbox("outbox", "list")[0] == GOOD
    county = ("--tier", "red", "--reason", "water at the bridge", *BY)
    code, out, _ = outbox("outbox", "takeover", *BY)
    assert (code, b"Epoch 1 has begun" in out) == (GOOD, True)
    code, _, said = outbox("order", "hekou", *county)
    assert (code, "nothing is sent since" in said) == (REFUSED, True)
    code, out, _ = outbox("outbox", "list", "--json", "-")
    listed = json.loads(out)
    assert code == REFUSED
    assert (listed["schema"], listed["epoch"]) == ("floodwarn.outbox-list/1", 1)
    keys = [each["key"] for each in listed["held"] if each["tier"] == "red"]
    code, out, _ = outbox("outbox", "list")
    assert keys[0][:12] in out.decode()
    code, out, _ = outbox("outbox", "release", *BY, keys[0][:12])
    assert (code, out.startswith(b"1 deliveries go now")) == (GOOD, True)
    assert outbox("deliver")[0] == GOOD
    assert outbox("outbox", "list")[0] == REFUSED
    assert outbox("outbox", "release", *BY, "--all")[0] == GOOD
    assert outbox("outbox", "list")[0] == GOOD


def test_what_is_ordered_after_a_takeover_goes_at_the_release_named_or_not(outbox, wall):
    outbox("outbox", "takeover", *BY)
    wall[0] += timedelta(minutes=1)
    outbox("order", "hekou", "--tier", "red", "--reason", "water at the bridge", *BY)
    keys = [each["key"] for each in json.loads(outbox("outbox", "list", "--json", "-")[1])["held"]]
    wall[0] += timedelta(minutes=1)
    out = outbox("outbox", "release", *BY, keys[0][:12])[1]
    assert out.startswith(b"1 deliveries go now; 0 stay uncertain")
    code, tried, _ = outbox("deliver")
    assert (code, bool(tried)) == (GOOD, True)


def test_keys_beside_all_are_wrong_usage_and_a_villager_releases_nothing(outbox):
    outbox("outbox", "takeover", *BY)
    assert outbox("outbox", "release", *BY, "abc", "--all")[0] == USAGE
    assert outbox("outbox", "release", "--by", "hekou/responsible", "--all")[0] == REFUSED


def test_the_check_tells_that_nothing_is_sent_and_that_the_fence_is_not_there(outbox, tmp_path):
    def found(text):
        return text in json.dumps(json.loads(outbox("check", "--json", "-")[1]))

    assert not found("nothing is sent")
    assert not found("the fence cannot be seen")
    outbox("outbox", "takeover", *BY)
    (tmp_path / "fence").unlink()
    assert found("nothing is sent")
    assert found("the fence cannot be seen")


def test_a_restore_says_whether_it_stopped_the_other_host(outbox, tmp_path):
    file = str(tmp_path / "backup.zip")
    assert outbox("store", "backup", file)[0] == GOOD
    tried = ("--home", str(home_of(tmp_path / "tried")), "--json", "-")
    assert json.loads(outbox("store", "restore", file, "--rehearsal", *tried)[1])["fenced"] is False
    assert outbox("deliver")[0] == GOOD
    there = ("--home", str(home_of(tmp_path / "there")), "--json", "-")
    assert json.loads(outbox("store", "restore", file, *there)[1])["fenced"] is True
    code, _, said = outbox("deliver")
    assert (code, "another host sends" in said) == (REFUSED, True)
