"""`ingest` fills the store by hand: an archive at once, a file of these days if confirmed."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from alerts.cli.app import app
from tests.valley import VALLEY

FIELDS = "station_id,variable,valid_time,value\n"


@pytest.fixture
def ingest(tmp_path, monkeypatch, database_url):
    monkeypatch.setenv("FLOODWARN_DATABASE_URL", database_url)
    monkeypatch.setenv("FLOODWARN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FLOODWARN_SITE", str(VALLEY))

    def run(*arguments: str):
        return CliRunner().invoke(app, ["ingest", "--feed", "rain", *arguments])

    return run


@pytest.fixture
def recent(tmp_path):
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    path = tmp_path / "fed.csv"
    path.write_text(FIELDS + f"R01,rain_mm,{at.isoformat()},3\nR02,rain_mm,{at.isoformat()},x\n")
    return path


def test_an_archive_without_a_span_is_taken_whole(ingest):
    answer = json.loads(ingest("--json", "-").stdout)
    assert answer["schema"] == "floodwarn.ingest/1"
    assert (answer["readings"], answer["faults"], answer["basis"]) == (2035, 0, "declared")
    again = json.loads(ingest("--json", "-").stdout)
    assert (again["readings"], again["repeated"]) == (0, 2035)


def test_a_span_takes_its_hours_only(ingest):
    result = ingest("--from", "2024-07-15T10:00Z", "--to", "2024-07-15T11:00+00:00")
    assert result.exit_code == 0
    assert "10 new readings" in result.stdout


def test_a_span_that_is_asked_for_may_be_older_than_any_scheduled_fetch(ingest):
    span = ("--from", "2024-07-15T10:00Z", "--to", "2024-07-15T11:00Z", "--basis", "received")
    answer = json.loads(ingest(*span, "--json", "-").stdout)
    assert (answer["readings"], answer["faults"], answer["basis"]) == (10, 0, "received")


CONFIRMED = ("--basis", "received", "--confirm", "--by", "role:duty", "--reason", "line down")


def test_a_file_of_these_days_is_shown_and_stored_only_when_confirmed(ingest, recent):
    shown = ingest("--file", str(recent), "--basis", "received")
    assert shown.exit_code == 1
    assert "0 rise, 0 fall" in shown.stdout
    assert "nothing is stored" in shown.output
    stored = ingest("--file", str(recent), *CONFIRMED)
    assert "rain@hand ok: 1 payloads, 1 new readings" in stored.stdout
    assert "fed.csv:3: value:" in stored.output


@pytest.mark.parametrize("left_out", ["--confirm", "--by", "--reason"])
def test_a_confirmation_without_a_name_and_a_reason_is_none(ingest, recent, left_out):
    given = [*CONFIRMED]
    at = given.index(left_out)
    del given[at : at + (1 if left_out == "--confirm" else 2)]
    refused = ingest("--file", str(recent), *given)
    assert refused.exit_code == 1
    assert "nothing is stored" in refused.output
    assert "0 repeated" in ingest("--file", str(recent), *CONFIRMED).stdout


def test_the_machine_answer_stays_clean_beside_what_is_shown(ingest, recent):
    result = ingest("--file", str(recent), *CONFIRMED, "--json", "-")
    assert json.loads(result.stdout)["readings"] == 1
    assert "0 rise, 0 fall" in result.stderr


def test_a_finding_ends_with_one(ingest, recent):
    assert ingest("--file", str(recent), *CONFIRMED).exit_code == 1


def test_an_old_file_needs_no_confirmation(ingest, tmp_path):
    path = tmp_path / "old.csv"
    path.write_text(FIELDS + "R01,rain_mm,2024-07-15T11:00Z,40\n")
    result = ingest("--file", str(path))
    assert (result.exit_code, "1 new readings" in result.stdout) == (0, True)


@pytest.mark.parametrize(
    "arguments",
    [("--from", "yesterday"), ("--from", "2024-07-15T10:00"), ("--from", "2024-07-20T00:00Z")],
    ids=["no time", "no offset", "ends before it begins"],
)
def test_a_wrong_span_is_wrong_usage(ingest, arguments):
    assert ingest(*arguments).exit_code == 2
