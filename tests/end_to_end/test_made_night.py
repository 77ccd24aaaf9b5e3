"""`bench night --small`: a made county, a real Airflow, and every order timed from its sensor."""

import json
import os
import subprocess
import sys

import pytest

from tests.services import ROOT


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    told = folder / "night.json"
    command = (sys.executable, "-m", "alerts.cli", "bench", "night", "--small")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "FLOODWARN"))}
    done = subprocess.run(
        [*command, "--site", "config/beijing", "--json", str(told)],
        cwd=ROOT,
        env=clean | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert told.exists(), done.stderr
    return done, json.loads(told.read_text()), folder


def test_every_order_of_the_storm_is_sent_and_timed(night):
    _, answer, _ = night
    assert answer["orders"] > 20
    assert answer["never_taken"] == 0
    assert 0 < answer["sensor_to_sent"]["median"] <= answer["sensor_to_sent"]["worst"]


def test_its_parts_are_of_the_cycle_that_airflow_ran(night):
    _, answer, _ = night
    assert list(answer["parts"]) == sorted(["schedule", "ingest", "compute", "warn", "deliver"])
    assert all(part["worst"] >= 0 for part in answer["parts"].values())
    assert answer["parts"]["compute"]["median"] > 0


def test_the_exit_says_whether_the_reach_was_met(night):
    done, answer, _ = night
    assert done.returncode == (0 if answer["reached"] else 1), done.stderr


def test_it_leaves_nothing_behind(night):
    _, _, folder = night
    assert not [path for path in folder.iterdir() if path.name.startswith("floodwarn-night-")]
