"""Who may import whom: the contracts hold, and a breach planted against each is caught."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.house import BIN, PACKAGES, ROOT, contracts, sources

# Contract -> (file in a copy of the tree, what is written at its end).
BREACHES = [
    ("house", "pipeline/units.py", "import alerts.tier"),
    ("house", "alerts/tier.py", "import dags"),
    ("pipeline", "pipeline/units.py", "import pipeline.settings"),
    ("pipeline", "pipeline/catchment/__init__.py", "import pipeline.risk"),
    ("pipeline", "pipeline/feeds/planted.py", "import pipeline.store"),
    ("pipeline", "pipeline/newcomer.py", "'''A module that has been given no place.'''"),
    ("alerts", "alerts/tier.py", "import alerts.channels"),
    ("alerts", "alerts/newcomer.py", "'''A module that has been given no place.'''"),
    ("doors", "alerts/planted_door.py", "import pipeline.store.tables"),
    ("doors", "dags/planted.py", "import pipeline.feeds"),
    ("airflow", "pipeline/settings.py", "import airflow.sdk"),
    ("airflow", "alerts/board/planted.py", "from airflow.sdk import DAG"),
    ("science", "pipeline/risk/planted.py", "import requests"),
    ("science", "pipeline/runoff/planted.py", "from pathlib import Path"),
    ("judgement", "alerts/plan/planted.py", "import sqlalchemy"),
    ("judgement", "alerts/tier.py", "import pipeline.clock"),
    ("channels", "alerts/channels/planted_a.py", "import alerts.channels.planted_b"),
    ("cycles", "pipeline/risk/planted_a.py", "import pipeline.risk.planted_b"),
]


def broken(folder: Path) -> set[str]:
    """Return the names of the contracts that import-linter finds broken in a tree."""
    command = [BIN / "lint-imports", "--no-cache"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert re.search(r"Contracts: \d+ kept, \d+ broken", run.stdout), run.stdout + run.stderr
    return set(re.findall(r"^(.+) BROKEN", run.stdout, re.MULTILINE))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Give a copy of the tree's modules and contracts to break."""
    for path in [*sources(*PACKAGES), Path(".importlinter")]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, tmp_path / path)
    for name in ("alerts/channels/planted_b.py", "pipeline/risk/planted_b.py"):
        (tmp_path / name).write_text("")
    (tmp_path / "pipeline/risk/planted_b.py").write_text("import pipeline.risk.planted_a\n")
    (tmp_path / "pipeline/risk/planted_a.py").write_text("")
    return tmp_path


def test_every_contract_holds():
    assert broken(ROOT) == set()


def test_every_contract_is_broken_on_purpose_below():
    assert {contract for contract, _, _ in BREACHES} == set(contracts())


@pytest.mark.parametrize(("contract", "name", "line"), BREACHES)
def test_a_planted_breach_is_caught(copy, contract, name, line):
    with (copy / name).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    assert contracts()[contract]["name"][0] in broken(copy)


def test_every_room_of_pipeline_is_a_door_or_behind_one():
    """A new module of pipeline is closed to alerts until someone opens it here."""
    opened = {
        "assess", "backup", "bulletin", "clock", "code_version", "commands", "compaction",
        "database", "errors", "explain", "export", "feed_health", "gaps", "hand_feed", "holdings",
        "instants", "late", "observe", "outbound", "quality_report", "replay", "reports",
        "retention", "rivers", "runs", "series", "settings", "site", "source_health",
        "station_check", "suspensions", "units", "upstream", "verification", "village_case",
        "world",
    }  # fmt: skip
    closed = {name.removeprefix("pipeline.") for name in contracts()["doors"]["protected_modules"]}
    there = {path.parts[1].removesuffix(".py") for path in sources("pipeline")} - {"__init__"}
    assert there <= opened | closed
    assert not opened & closed
