"""`bench store`: exit 1 where a reach is missed, machine output, and nothing left behind."""

import json
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from alerts.cli.app import REFUSED, run
from pipeline.bench import shapes
from tests.services import POSTGRES, require

USAGE = 2


@pytest.fixture
def bench(tmp_path: Path, capfdbinary, monkeypatch):
    """Run the command in an empty home; return (exit code, standard output)."""
    monkeypatch.delenv("FLOODWARN_DATABASE_URL", raising=False)
    monkeypatch.setattr(shapes, "SMALL", shapes.Sizes(national=50, two_hours=3, reads=1))

    def command(*arguments: str) -> tuple[int, bytes]:
        code = run(["bench", "store", "--small", "--home", str(tmp_path), *arguments])
        return code, capfdbinary.readouterr().out

    return command


def left_behind() -> set[str]:
    engine = create_engine(POSTGRES)
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'floodwarn_bench_%'")
        )
        names = set(found.scalars())
    engine.dispose()
    return names


def test_both_databases_are_measured_and_left_as_they_were(bench, tmp_path: Path) -> None:
    require("postgresql")
    before = left_behind()
    code, out = bench("--shape", "national", "--database-url", POSTGRES, "--json", "-")
    answer = json.loads(out)
    assert answer["schema"] == "floodwarn.bench-store/1"
    assert [line["database"] for line in answer["lines"]] == ["sqlite"] * 2 + ["postgresql"] * 3
    assert code == (0 if all(line["reached"] for line in answer["lines"]) else REFUSED)
    assert [*tmp_path.iterdir()] == []
    assert left_behind() <= before


@pytest.mark.parametrize(("reach", "code"), [(0.0, 0), (1e9, REFUSED)])
def test_a_missed_reach_is_a_finding(bench, monkeypatch, reach: float, code: int) -> None:
    def shape(*_: object):
        yield shapes.Timed("window", 1, reach, shapes.by_turns([(list, list)] * 3))

    monkeypatch.setattr(shapes, "SHAPES", {"window": shape})
    monkeypatch.setattr("pipeline.bench.comparison.SHAPES", {"window": shape})
    found, out = bench()
    assert found == code
    assert (b"NOT REACHED" in out) is (code == REFUSED)


def test_an_unknown_shape_is_wrong_usage(bench) -> None:
    assert bench("--shape", "octagon")[0] == USAGE
