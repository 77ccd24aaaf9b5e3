"""Commands of the outbox: whose turn it is to send, and what was held at a restore or takeover."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from alerts.cli.findings import FINDING
from alerts.cli.people import By
from pipeline.commands.options import Home, Json, Site, say, settings_of, write_json

if TYPE_CHECKING:
    from alerts.takeover import Host, Listed

app = typer.Typer(help="Whose turn it is to send, and what was held.", no_args_is_help=True)

STOPPED = "Every other host is stopped by the fence."
NOT_STOPPED = "No fence was claimed: switch the other host off, for it may still send."

Keys = Annotated[
    list[str] | None, typer.Argument(help="Keys of the list, or their beginnings; none: none goes.")
]
Everything = Annotated[bool, typer.Option("--all", help="All that is on the list.")]
Unfenced = Annotated[
    bool, typer.Option("--unfenced", help="The fence cannot be seen, and the other host is off.")
]


@app.command("list")
def show(site: Site = None, home: Home = None, where: Json = None) -> None:
    """Show whether this host may send, and what waits for a person to let it go.

    Raises
    ------
    Exit
        With 1 where it may not, or something waits.
    """
    from alerts.takeover import listed
    from pipeline import clock

    with _host(site, home) as host:
        found = listed(host, now=clock.now())
    if where is None:
        _tell(found)
    else:
        epoch = {"epoch": found.turn.epoch.number, "refused": found.refused}
        held = [asdict(each) | {"tier": each.tier.colour} for each in found.deliveries]
        write_json({"schema": "floodwarn.outbox-list/1", **epoch, "held": held}, where)
    if found.refused is not None or found.deliveries:
        raise typer.Exit(FINDING)


@app.command()
def release(
    by: By,
    keys: Keys = None,
    everything: Everything = False,  # noqa: FBT002 - a flag
    unfenced: Unfenced = False,  # noqa: FBT002 - a flag
    site: Site = None,
    home: Home = None,
) -> None:
    """Send again from now on, and let those deliveries of the list go; the rest stays uncertain.

    Raises
    ------
    BadParameter
        Both keys and --all.
    """
    from alerts.takeover import release as door
    from pipeline import clock

    if keys and everything:
        raise typer.BadParameter("give keys or --all")
    chosen = None if everything else (keys or ())
    with _host(site, home) as host:
        done = door(host, by, chosen, now=clock.now(), unfenced=unfenced)
    say(f"{done.gone} deliveries go now; {done.left} stay uncertain, on the list")


@app.command()
def takeover(by: By, site: Site = None, home: Home = None) -> None:
    """Send from this host, of which every other host of this database is told; held at first."""
    from alerts.takeover import take_over
    from pipeline import clock

    with _host(site, home) as host:
        begun, fenced = take_over(host, by, now=clock.now())
    say(f"Epoch {begun.epoch.number} has begun; {begun.held} deliveries are held.")
    say("read `floodwarn outbox list`, then `floodwarn outbox release`")
    say(STOPPED if fenced else NOT_STOPPED)


@contextmanager
def _host(site: Site, home: Home) -> Iterator[Host]:
    from alerts.deployment import opened
    from alerts.roster import Roster
    from alerts.takeover import Host

    settings = settings_of(site, home)
    with opened(settings) as deployment:
        roster = Roster.load(settings.home)
        yield Host(deployment.engine, settings, deployment.paging_world(), roster)


def _tell(found: Listed) -> None:
    from alerts.takeover import SHOWN

    say(found.refused or f"This host sends, in epoch {found.turn.epoch.number}.")
    for each in found.deliveries:
        at = each.created_at.isoformat(timespec="minutes")
        who = f"{each.village_id or '-'} {each.contact_ref} {each.channel}"
        say(f"{each.key[:SHOWN]} {each.tier.colour:6} {who} {at}")
