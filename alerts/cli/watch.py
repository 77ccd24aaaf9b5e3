"""Command of the watch: is all going on that should, and who must know that it is not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alerts.cli.findings import FINDING
from pipeline.commands.options import Home, Json, Site, complain, say, settings_of, write_json

if TYPE_CHECKING:
    from alerts.watchdog.watching import Passed


def watch(
    loop: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--loop", help="Each minute, until TERM.")
    ] = False,
    site: Site = None,
    home: Home = None,
    where: Json = None,
) -> None:
    """Look whether all goes on that should; tell the watch's own list of what does not.

    Raises
    ------
    Exit
        With 1 where something does not.
    """
    from alerts.channels import channels
    from alerts.deliver import stop_on_signals
    from alerts.watchdog.watching import Watcher
    from pipeline import clock
    from pipeline.database import private_folder
    from pipeline.settings import ca_bundle

    settings = settings_of(site, home)
    private_folder(settings.home)
    watcher = Watcher(settings, channels(settings), clock.now, ca_bundle=ca_bundle())
    if loop:
        watcher.loop(stop_on_signals())
        return
    passed = watcher.once()
    _tell(passed, where)
    if passed.alarms:
        raise typer.Exit(FINDING)


def _tell(passed: Passed, where: Path | None) -> None:
    from alerts.watchdog.words import headline, todo

    told = [(alarm, headline(alarm, passed.reader)) for alarm in passed.alarms]
    if where is not None:
        answer = [
            {
                "id": alarm.id,
                "kind": alarm.kind.value,
                "about": alarm.about,
                "number": alarm.number,
                "severity": alarm.severity.value,
                "since": alarm.since,
                "text": text,
                "todo": todo(alarm, passed.reader),
            }
            for alarm, text in told
        ]
        write_json({"schema": "floodwarn.watch/1", "at": passed.at, "alarms": answer}, where)
    for alarm, text in told if where is None else ():
        since = alarm.since.astimezone(passed.reader.zone).strftime("%Y-%m-%d %H:%M")
        say(f"{alarm.severity}: {text}, since {since}: {todo(alarm, passed.reader)}")
    complain(f"{len(told)} alarms; {passed.told} told, {passed.untold} not reached")


COMMANDS = (watch,)
