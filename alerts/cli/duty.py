"""Commands of the duty: plan a shift, take it over with what is open read, hand it over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final

import typer

from alerts.cli.contacts import Ref, act_of
from alerts.cli.people import By
from pipeline.commands.options import Home, Site, say, settings_of, time_option

app: Final = typer.Typer(help="Who has the duty.", no_args_is_help=True)

Role = Annotated[str, typer.Argument(help="The role whose duty it is: county_duty.")]
Begins = Annotated[datetime, time_option("--from", "ISO 8601 with an offset.")]
Ends = Annotated[datetime, time_option("--to", "When the next shift begins.")]
RoleOption = Annotated[
    str | None, typer.Option("--role", help="Whose duty, of one who stands in; default: your own.")
]


@app.callback()
def _group() -> None:
    """Say who has the duty, and take it over: a shift that nobody took is told."""


@app.command()
def plan(
    role: Role,
    ref: Ref,
    begins: Begins,
    ends: Ends,
    by: By,
    home: Home = None,
) -> None:
    """Say who is to have a role's duty, and when."""
    from alerts.contacts.rota import plan_shift
    from alerts.people.shift import Shift

    plan_shift(settings_of(None, home).home, Shift(role, begins, ends, ref), act_of(by))
    say(f"{ref} has the duty of {role} from {begins.isoformat()} to {ends.isoformat()}")


@app.command()
def take(by: By, role: RoleOption = None, site: Site = None, home: Home = None) -> None:
    """Take the duty over; what waits for somebody is printed, to be read at once."""
    from alerts.contacts.on_duty import open_items
    from alerts.contacts.rota import take_over
    from alerts.deployment import opened
    from alerts.errors import NothingToDo

    settings, act = settings_of(site, home), act_of(by)
    with opened(settings) as deployment:
        shift = take_over(settings.home, act, role)
        say(f"{by} has the duty of {shift.role} until {shift.ends.isoformat()}")
        try:
            world = deployment.paging_world()
        except NothingToDo as reason:  # and the duty is taken all the same
            say(f"open: nothing ({reason})")
        else:
            _print("open", open_items(deployment.engine, world, act.at))


@app.command()
def handover(by: By, role: RoleOption = None, site: Site = None, home: Home = None) -> None:
    """Print what changed since the shift began, and what is open: for whoever takes it over."""
    from alerts.contacts.on_duty import changed, open_items
    from alerts.contacts.rota import shift_of
    from alerts.deployment import opened

    settings, act = settings_of(site, home), act_of(by)
    with opened(settings) as deployment:
        shift = shift_of(settings.home, act, role)
        world = deployment.paging_world()
        _print("changed", changed(deployment.engine, world, shift.begins))
        _print("open", open_items(deployment.engine, world, act.at))


@app.command("list")
def list_shifts(home: Home = None) -> None:
    """Say who has the duty now and later, and what nobody took over."""
    from alerts.contacts.rota import shifts
    from alerts.people.shift import untaken
    from pipeline import clock

    now, known = clock.now(), shifts(settings_of(None, home).home)
    missed = untaken(known, now)
    for shift in (one for one in known if one.ends > now):
        by = "nobody took it over" if shift in missed else f"taken by {shift.taken_by}"
        told = f": {by}" if shift in missed or shift.taken_by is not None else ""
        say(f"{shift.begins.isoformat()} {shift.role}: {shift.ref}{told}")


def _print(what: str, lines: Iterable[str]) -> None:
    told = tuple(lines)
    say(f"{what}: {len(told) or 'nothing'}")
    for line in told:
        say(f"  {line}")
