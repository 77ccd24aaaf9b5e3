"""The `floodwarn` command: exit 0 good, 1 a finding or refusal, 2 wrong usage, 3 could not run."""

from __future__ import annotations

import sys

import click
import typer

from alerts.cli import flood, people, stack
from alerts.cli.options import SAID, complain
from alerts.deployment import NothingToDo
from alerts.errors import AlertError, Refused
from alerts.supervisor import StopAsked
from pipeline import commands
from pipeline.errors import PipelineError
from pipeline.world import ModeRefused

REFUSED = 1
USAGE = 2
COULD_NOT_RUN = 3

app = typer.Typer(
    help="Turns rain and river feeds into each village's own order.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for room in (flood, commands, people, stack):
    for command in room.COMMANDS:
        app.command()(command)


def main() -> None:
    """Run the command, and end with the exit code that scripts depend on."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command and return its exit code."""
    command = typer.main.get_command(app)
    try:
        code = command.main(arguments, prog_name="floodwarn", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt, StopAsked):
        return 0
    except (Refused, ModeRefused, NothingToDo) as error:
        complain(str(error))
        return REFUSED
    except (PipelineError, AlertError, OSError) as error:
        complain(str(error))
        return COULD_NOT_RUN
    return code if isinstance(code, int) else SAID
