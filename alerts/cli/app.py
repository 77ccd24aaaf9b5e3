"""The `floodwarn` command: exit 0 good, 1 a finding or refusal, 2 wrong usage, 3 could not run."""

from __future__ import annotations

import inspect
import re
import sys
from typing import Final

import typer

from alerts.cli import (
    bench,
    bench_night,
    closing,
    contacts,
    drills,
    duty,
    flood,
    outbox,
    people,
    plans,
    record,
    sirens,
    stack,
    station,
    upkeep,
    watch,
)
from alerts.errors import AlertError, NothingToDo, Refused
from pipeline import commands
from pipeline.commands.options import SAID, complain
from pipeline.errors import PipelineError
from pipeline.world import ModeRefused

REFUSED = 1
COULD_NOT_RUN = 3
SECTION: Final = re.compile(r"^\w+\n-+$", re.MULTILINE)

app = typer.Typer(
    help="Turns rain and river feeds into each village's own order.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for room in (flood, commands, record, people, contacts, sirens, stack, drills, upkeep, watch):
    for command in room.COMMANDS:
        app.command()(command)
for name, group in {**commands.GROUPS, **closing.GROUPS, **drills.GROUPS}.items():
    app.add_typer(group, name=name)
for command in (bench.orders, bench_night.night):
    commands.GROUPS["bench"].command()(command)
app.add_typer(station.app, name="station")
app.add_typer(plans.app, name="plans")
app.add_typer(contacts.app, name="contacts")
app.add_typer(duty.app, name="duty")
app.add_typer(outbox.app, name="outbox")


def _in_a_readers_words(of: typer.Typer) -> None:
    """Let help end where a docstring's sections begin: they are for those who read the code."""
    for each in of.registered_commands:
        words = inspect.getdoc(each.callback) or ""
        each.help = SECTION.split(words, maxsplit=1)[0].strip()
    for room in of.registered_groups:
        if room.typer_instance is not None:
            _in_a_readers_words(room.typer_instance)


_in_a_readers_words(app)


def main() -> None:
    """Run the command, and end with the exit code that scripts depend on."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command and return its exit code."""
    try:
        app(arguments, prog_name="floodwarn")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else SAID
    except (Refused, ModeRefused, NothingToDo) as error:
        complain(str(error))
        return REFUSED
    except (PipelineError, AlertError, OSError) as error:
        complain(str(error))
        return COULD_NOT_RUN
    return SAID
