"""From the file of a feed to the tier: a burst that nobody saw raises no one, a core does."""

import json

import pytest

from alerts.cli.app import run
from tests.valley import copied

HOUR = "2024-07-11T12:00Z"
SPAN = ["--from", "2024-07-11T10:00Z", "--to", "2024-07-11T20:00Z"]
BURST = {"R03": 150.0}
CORE = {"R03": 150.0, "R04": 30.0}


@pytest.fixture
def raised(tmp_path, monkeypatch):
    """Write rain of an hour into the valley's record and return whom a replay would have told."""
    monkeypatch.delenv("FLOODWARN_MODE", raising=False)

    def highest(said: dict[str, float], *, rules: bool = True) -> int:
        folder = tmp_path / f"{len(said)}{rules}"
        folder.mkdir()
        site, answer = copied(folder), folder / "replay.json"
        record = site / "recordings" / "rain.csv"
        head, *rows = record.read_text(encoding="utf-8").splitlines()
        rows = [_said(row, said) for row in rows]
        record.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
        if not rules:
            (site / "quality.toml").unlink()
        where = ["--site", str(site), "--home", str(folder / "home"), "--json", str(answer)]
        assert run(["replay", *SPAN, *where]) == 0
        changes = json.loads(answer.read_text(encoding="utf-8"))["changes"]
        return max((change["level"] for change in changes), default=0)

    return highest


def _said(row: str, said: dict[str, float]) -> str:
    station, variable, valid, _, known = row.split(",")
    if station in said and valid == HOUR:
        return f"{station},{variable},{valid},{said[station]},{known}"
    return row


def test_a_lone_impossible_burst_among_dry_neighbours_raises_no_village(raised):
    assert raised(BURST, rules=False) == 4
    assert raised(BURST) < 2


def test_a_core_that_a_neighbour_felt_raises_them_as_if_there_were_no_rule(raised):
    assert raised(CORE) == raised(CORE, rules=False) == 4
