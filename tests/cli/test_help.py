"""Help is for those who run a command, and speaks of nothing that only its code knows."""

import subprocess
import sys

import pytest
import typer.main
from typer.core import TyperGroup

from alerts.cli.app import app
from tests.services import ROOT

OF_THE_CODE = ("Raises", "Returns", "Parameters", "----", "BadParameter")


def commands(of, name: str = "floodwarn"):
    if isinstance(of, TyperGroup):
        for part, command in of.commands.items():
            yield from commands(command, f"{name} {part}")
    else:
        yield pytest.param(of, id=name)


@pytest.mark.parametrize("command", list(commands(typer.main.get_command(app))))
def test_every_command_says_what_it_does_in_words_of_its_reader(command):
    assert command.help
    assert not [word for word in OF_THE_CODE if word in command.help]


def test_no_command_waits_for_what_only_another_runs():
    heavy = ("alembic", "lxml", "numba", "pandas", "pyarrow", "rasterio", "scipy", "sqlalchemy")
    program = f"import sys, alerts.cli.app; print([m for m in {heavy} if m in sys.modules])"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
