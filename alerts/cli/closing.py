"""Commands of what is closed: `route close`, `bridge out`, `shelter full`, and open again."""

from __future__ import annotations

from typing import Annotated

import typer

from alerts.cli.people import By, Reason, VillageId, at_desk, send, tell
from pipeline.commands.options import Home, Site, say

RouteId = Annotated[str, typer.Argument(help="The route's id in the village's plan.")]
ShelterId = Annotated[str, typer.Argument(help="The shelter's id in the village's plan.")]
BridgeId = Annotated[str, typer.Argument(help="The crossing's id, as every plan writes it.")]

route = typer.Typer(help="Ways of a village's plan.", no_args_is_help=True)
bridge = typer.Typer(help="Bridges, fords and gullies, in every plan.", no_args_is_help=True)
shelter = typer.Typer(help="Shelters of a village's plan.", no_args_is_help=True)
GROUPS = {"route": route, "bridge": bridge, "shelter": shelter}


@route.command("close")
def close_route(
    village: VillageId, ident: RouteId, reason: Reason, by: By, site: Site = None, home: Home = None
) -> None:
    """Close a way: who is to go by it is told another one at once."""
    _report((village, "route", ident), (reason, by), site, home, closed=True)


@route.command("open")
def open_route(
    village: VillageId, ident: RouteId, reason: Reason, by: By, site: Site = None, home: Home = None
) -> None:
    """Say that a way can be used again."""
    _report((village, "route", ident), (reason, by), site, home, closed=False)


@bridge.command("out")
def bridge_out(
    ident: BridgeId, reason: Reason, by: By, site: Site = None, home: Home = None
) -> None:
    """Close every way that crosses it, in every village."""
    _report((None, "crossing", ident), (reason, by), site, home, closed=True)


@bridge.command("back")
def bridge_back(
    ident: BridgeId, reason: Reason, by: By, site: Site = None, home: Home = None
) -> None:
    """Say that it can be crossed again."""
    _report((None, "crossing", ident), (reason, by), site, home, closed=False)


@shelter.command("full")
def shelter_full(
    village: VillageId,
    ident: ShelterId,
    by: By,
    reason: Reason = "full",
    site: Site = None,
    home: Home = None,
) -> None:
    """Send nobody there any more: it is full."""
    _report((village, "shelter", ident), (reason, by), site, home, closed=True)


@shelter.command("flooded")
def shelter_flooded(
    village: VillageId,
    ident: ShelterId,
    by: By,
    reason: Reason = "flooded",
    site: Site = None,
    home: Home = None,
) -> None:
    """Send nobody there any more: the water is there."""
    _report((village, "shelter", ident), (reason, by), site, home, closed=True)


@shelter.command("open")
def shelter_open(
    village: VillageId,
    ident: ShelterId,
    reason: Reason,
    by: By,
    site: Site = None,
    home: Home = None,
) -> None:
    """Say that it takes people again."""
    _report((village, "shelter", ident), (reason, by), site, home, closed=False)


def _report(
    subject: tuple[str | None, str, str],
    word: tuple[str, str],
    site: Site,
    home: Home,
    *,
    closed: bool,
) -> None:
    """Report one village's way or shelter, or (of no one village) a crossing in every plan."""
    from alerts.closing import Closing, report
    from alerts.ledger.actions import EVERY_VILLAGE

    (village, kind, ident), (reason, by) = subject, word
    where = EVERY_VILLAGE if village is None else village
    closing = Closing(where, kind, ident, closed=closed, reason=reason, by=by)
    with at_desk(site, home) as (deployment, desk, minute):
        told = report(desk, closing, minute)
        if not told:
            say("Recorded. No order that stands is another one by it.")
        for issued in told:
            tell(issued)
        send(deployment, desk, minute)
