"""The shipped systemd units: they run commands that there are, and systemd takes them."""

import configparser
import shlex
import shutil
import subprocess

import pytest
import typer

from alerts.cli.app import app
from tests.services import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
HARD = ("NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp", "RestrictNamespaces")


def unit(path):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(path)
    return parser


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_runs_a_command_of_ours_that_loops_and_comes_back(path):
    service = unit(path)["Service"]
    _, program, name, *options = shlex.split(service["ExecStart"])
    assert program == "floodwarn"
    assert options == ["--loop"]
    command = typer.main.get_command(app).commands[name]
    assert "--loop" in {opt for param in command.params for opt in param.opts}
    assert service["Restart"] == "always"
    assert service["UMask"] == "0077"
    assert all(service[key] in {"yes", "strict"} for key in HARD)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_has_nothing_against_a_unit(path):
    if shutil.which("systemd-analyze") is None:
        return  # no machine of ours needs it: the test above holds all the same
    verify = ["systemd-analyze", "verify", str(path)]
    run = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


def test_both_loops_that_go_on_without_airflow_are_shipped():
    assert [path.stem for path in UNITS] == ["floodwarn-deliver", "floodwarn-watch"]
