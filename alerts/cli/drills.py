"""Commands `drill` and `phones`: a recorded flood for people or telephones, and its report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alerts.cli.findings import FINDING
from pipeline.commands.options import (
    From,
    Home,
    Json,
    Site,
    To,
    complain,
    opened,
    say,
    settings_of,
    write_json,
)

if TYPE_CHECKING:
    from alerts.drill import Asked
    from alerts.drill_report import Played
    from alerts.drill_score import Score
    from pipeline.database import Engine
    from pipeline.settings import Settings
    from pipeline.site.pack import SitePack
    from pipeline.world import Exercise

app = typer.Typer(help="Play a recorded flood to people who are marked for exercises.")

Speed = Annotated[int | None, typer.Option("--speed", min=1, help="Default: the site's.")]
Only = Annotated[
    list[str] | None, typer.Option("--only", help="Of the marked contacts these; again for more.")
]
SirenRef = Annotated[
    list[str] | None, typer.Option("--siren", help="A siren that sounds; every other is silent.")
]
ReceiverId = Annotated[
    list[str] | None,
    typer.Option("--receiver", help="A receiver of CAP alerts; every other is pushed nothing."),
]
After = Annotated[
    int, typer.Option("--after", min=0, max=240, help="Minutes to wait for answers at its end.")
]
Port = Annotated[int, typer.Option("--port", help="Of the page for answers, on 127.0.0.1.")]
Url = Annotated[
    str | None, typer.Option("--answers-url", help="At which people reach that page; a proxy's.")
]
AnswersTo = Annotated[str, typer.Option("--answers-to", help="Our own page for answers.")]
Confirm = Annotated[bool, typer.Option("--confirm", help="Ring people; without, they are listed.")]
Simulated = Annotated[
    bool, typer.Option("--simulated", help="To telephones that answer by themselves; no people.")
]
Seed = Annotated[int, typer.Option("--seed", help="By which the telephones' manners are drawn.")]
Hasten = Annotated[
    float, typer.Option("--hasten", min=1, max=60, help="Times faster than people they answer.")
]
Which = Annotated[str | None, typer.Option("--exercise", help="Its id; default: the last.")]
Html = Annotated[Path | None, typer.Option("--html", help="Write the report as a page.")]
Propose = Annotated[
    bool, typer.Option("--propose", help="Show what it measured as changes to plans; none is made.")
]


@app.callback(invoke_without_command=True)
def drill(  # noqa: PLR0913, PLR0917 - a command's options
    context: typer.Context,
    start: From = None,
    end: To = None,
    speed: Speed = None,
    only: Only = None,
    siren: SirenRef = None,
    receiver: ReceiverId = None,
    after: After = 30,
    port: Port = 0,
    url: Url = None,
    confirm: Confirm = False,  # noqa: FBT002 - a flag
    simulated: Simulated = False,  # noqa: FBT002 - a flag
    seed: Seed = 1,
    site: Site = None,
    home: Home = None,
) -> None:
    """Play a recorded flood, beside what is live, to contacts that are marked for exercises.

    Raises
    ------
    Exit
        With 1 where people would be rung and --confirm is absent; they are listed.
    """
    from alerts.drill import Asked

    if context.invoked_subcommand is not None:
        return
    settings = settings_of(site, home)
    asked = Asked(
        flood=_flood(start, end, speed),
        only=tuple(only or ()),
        sirens=tuple(siren or ()),
        receivers=tuple(receiver or ()),
        after=timedelta(minutes=after),
        port=port,
        url=url,
    )
    if simulated:
        _by_telephones(settings, asked, seed)
    elif _listed(settings, asked) and confirm:
        _by_people(settings, asked)
    else:
        complain("nobody was told anything: --confirm rings them")
        raise typer.Exit(FINDING)


@app.command("report")
def report(
    exercise: Which = None,
    where: Json = None,
    html: Html = None,
    propose: Propose = False,  # noqa: FBT002 - a flag
    site: Site = None,
    home: Home = None,
) -> None:
    """Say whom a drill reached and when, and how far each order came.

    Raises
    ------
    Exit
        With 1 where the telephones' log and ours do not agree.
    """
    from alerts import drill_report
    from pipeline.site.pack import load

    settings = settings_of(site, home)
    with opened(settings) as (engine, pack):
        played, score = _scored(settings, engine, pack, exercise)
    if html is not None:
        names = {
            v.village_id: v.name_en for v in load(settings.site_folder, settings.home).villages
        }
        html.write_text(drill_report.page(played, score, names), encoding="utf-8")
    if where is not None:
        write_json(drill_report.answer(played, score), where)
    elif not propose:
        for line in drill_report.summary(played, score):
            say(line)
    if propose:
        _propose(settings, played, score)
    if played.agreed is not None and played.agreed.differences:
        raise typer.Exit(FINDING)


def phones(
    port: Port = 8093,
    answers_to: AnswersTo = "http://127.0.0.1:8091",
    seed: Seed = 1,
    hasten: Hasten = 1.0,
    site: Site = None,
    home: Home = None,
) -> None:
    """Serve telephones that answer by themselves, as the gateway of an exercise; no people."""
    from alerts.phones.home import serve_phones

    serve_phones(settings_of(site, home), port, answers_to, seed=seed, hasten=hasten)


def _flood(start: datetime | None, end: datetime | None, speed: int | None) -> dict[str, str | int]:
    from pipeline.instants import text

    given = {
        "flood_start": None if start is None else text(start),
        "flood_end": None if end is None else text(end),
        "speed": speed,
    }
    return {name: value for name, value in given.items() if value is not None}


def _by_telephones(settings: Settings, asked: Asked, seed: int) -> None:
    from alerts.simulated_drill import simulate
    from alerts.terminal import Terminal

    with Terminal.on_stderr().bars() as bars:
        exercise = simulate(settings, asked, seed=seed, bars=bars)
    say(f"EXERCISE {exercise.world_id} is over, by simulated telephones: floodwarn drill report")


def _listed(settings: Settings, asked: Asked) -> bool:
    """Say who would be told, by reference and role; an exercise says that it is one."""
    from alerts.drill import who

    left = who(settings, asked)
    say(f"EXERCISE at {settings.site_folder.name}: these {len(left.contacts)} are told, no others")
    for contact in left.contacts:
        say(f"  {contact.ref} ({contact.role}): {', '.join(contact.channels)}")
    for name in asked.receivers:
        say(f"  {name}: receives CAP alerts, marked as an exercise's")
    return True


def _by_people(settings: Settings, asked: Asked) -> None:
    from alerts.deliver import stop_on_signals
    from alerts.drill import play
    from alerts.terminal import Terminal

    def begun(exercise: Exercise, url: str) -> None:
        say(f"EXERCISE {exercise.world_id} has begun; people answer at {url}")

    with Terminal.on_stderr().bars() as bars:
        exercise = play(settings, asked, bars=bars, stop=stop_on_signals(), begun=begun)
    say(f"EXERCISE {exercise.world_id} is over: floodwarn drill report")


def _scored(
    settings: Settings, engine: Engine, pack: SitePack, which: str | None
) -> tuple[Played, Score]:
    from alerts.drill import scored
    from alerts.phones.home import HOME
    from alerts.phones.server import LOG

    logs = (settings.home / HOME / LOG, settings.home / LOG)
    return scored(engine, pack.site_id, which, logs)


def _propose(settings: Settings, played: Played, score: Score) -> None:
    """Write what was measured as a difference of plan files to standard output; change none."""
    by = ", SIMULATED telephones" if played.is_simulated else ""
    for line in _differences(settings, score, f"drill {played.world_id}{by}"):
        typer.echo(line, nl=False)
    if by:
        complain("these are times of simulated telephones, and of nobody: do not apply them")


def _differences(settings: Settings, score: Score, why: str) -> Iterator[str]:
    from alerts.cli.plan_files import read_plans
    from alerts.drill_times import difference, proposed

    paths = read_plans(settings.site_folder).paths
    for call in score.calls:
        path = paths.get(call.village_id)
        text = "" if path is None else path.read_text(encoding="utf-8")
        new = proposed(text, call, why)
        if path is not None and new is not None:
            yield from difference(text, new, path.relative_to(settings.site_folder).as_posix())


COMMANDS = (phones,)
GROUPS = {"drill": app}
