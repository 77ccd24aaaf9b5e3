"""`station check` prints a station from its raw bytes to its villages, and writes nothing."""

import json

import pytest
from sqlalchemy import func, select

from alerts.cli.app import REFUSED, run
from pipeline.database import connect, reading
from pipeline.settings import from_environment
from pipeline.store.tables import metadata
from tests.valley import VALLEY

PEAK = "2024-07-15T12:00Z"


@pytest.fixture
def floodwarn(tmp_path, capfdbinary, monkeypatch):
    """Run a command on the valley with its past; return (exit code, standard output)."""
    monkeypatch.setenv("FLOODWARN_SITE", str(VALLEY))
    monkeypatch.setenv("FLOODWARN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FLOODWARN_MODE", raising=False)
    assert run(["replay", "--from", PEAK, "--to", PEAK, "--json", str(tmp_path / "replay")]) == 0
    capfdbinary.readouterr()

    def command(*arguments: str) -> tuple[int, bytes]:
        code = run(list(arguments))
        return code, capfdbinary.readouterr().out

    return command


def rows() -> dict[str, int]:
    with reading(connect(from_environment().database_url)) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def test_a_person_reads_raw_bytes_readings_neighbours_and_villages(floodwarn):
    code, out = floodwarn("station", "check", "R03", "--at", PEAK)
    text = out.decode()
    assert code == 0
    assert "R03" in text.partition("readings, newest first:")[0].split("raw: feed")[1]
    for part in ("probation: none", "R04 河口雨量站", "-175 m", ", weight "):
        assert part in text


def test_a_program_reads_the_same_bytes_twice_and_nothing_was_written(floodwarn):
    before = rows()
    code, out = floodwarn("station", "check", "H01", "--at", PEAK, "--json", "-")
    answer = json.loads(out)
    assert (code, answer["schema"]) == (0, "floodwarn.station-check/1")
    assert answer["at"] == "2024-07-15T12:00:00Z"
    assert len(answer["raw"][0]["sha256"]) == 64
    assert {level["station_id"] for level in answer["levels"]} == {"H01"}
    assert all(r["known_at"] <= answer["at"] for r in answer["readings"])
    assert floodwarn("station", "check", "H01", "--at", PEAK, "--json", "-")[1] == out
    assert rows() == before


def test_a_station_that_is_not_there_is_refused(floodwarn):
    assert floodwarn("station", "check", "R99") == (REFUSED, b"")


def test_on_a_machine_that_nothing_was_fed_yet_it_says_so(tmp_path, capsys):
    home = str(tmp_path / "new" / "home")
    asked = ["station", "check", "R03", "--site", str(VALLEY), "--home", home, "--at", PEAK]
    assert run(asked) == 0
    assert "days: 0 of the last 14 were clean" in capsys.readouterr().out
