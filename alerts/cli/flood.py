"""Commands about the flood itself: check, cycle, replay, explain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from alerts.cli.findings import tell_findings
from alerts.tier import Officer
from pipeline.commands.options import (
    From,
    Home,
    Json,
    Site,
    Slot,
    To,
    say,
    settings_of,
    write_bytes,
)
from pipeline.world import KnownAs


def check(site: Site = None, home: Home = None, where: Json = None) -> None:
    """Validate the site, its plans and its contacts: every fault with file, row and field."""
    from alerts.readiness import findings_of
    from alerts.terminal import Terminal
    from pipeline import clock

    with Terminal.on_stderr().bars() as bar:
        findings = findings_of(settings_of(site, home), clock.now(), bar)
    tell_findings(findings, "floodwarn.check/1", where)


def cycle(site: Site = None, home: Home = None, slot: Slot = None) -> None:
    """Run one full cycle in the deployment's mode: observe, assess, warn, deliver."""
    from alerts.cycle import one_cycle
    from pipeline import clock

    for line in one_cycle(settings_of(site, home), slot, present=clock.now):
        say(line)


Known = Annotated[KnownAs, typer.Option(help="Which rows may be read.")]
Lowering = Annotated[Officer, typer.Option(help="When assumed officers lower red and orange.")]
Thresholds = Annotated[Path | None, typer.Option(help="Other rain thresholds than the site's.")]
ReplayId = Annotated[str | None, typer.Option("--id", help="Of an Airflow backfill; with --fold.")]
Table = Annotated[bool, typer.Option("--orders", help="Who was told to leave, and was it in time.")]
Walk = Annotated[float, typer.Option(min=0.1, help="What if every way took so many times as long.")]
Fold = Annotated[bool, typer.Option("--fold", help="With --id: the tiers over its bulletins.")]


def replay(  # noqa: PLR0913, PLR0917 - a command's options
    start: From = None,
    end: To = None,
    known: Known = KnownAs.DECLARED,
    officer: Lowering = Officer.EARLIEST,
    thresholds: Thresholds = None,
    replay_id: ReplayId = None,
    fold: Fold = False,  # noqa: FBT002 - a flag
    table: Table = False,  # noqa: FBT002 - a flag
    walk: Walk = 1.0,
    site: Site = None,
    home: Home = None,
    where: Json = None,
) -> None:
    """Judge past cycles again, and report what would have been sent; nothing is sent."""
    from alerts import past
    from alerts.terminal import Terminal

    if (replay_id is not None) != fold or (start is None or end is None) != fold:
        raise typer.BadParameter("give --from and --to, or --id with --fold")
    settings, assumed = settings_of(site, home), past.Assumed(officer, walk)
    with Terminal.on_stderr().bars() as bar, past.recorded(settings, bar) as own:
        pack = own.pack if thresholds is None else past.with_thresholds(own.pack, thresholds)
        seen = (
            past.replayed(
                replace(own, pack=pack),
                start=start,
                end=end,
                known=known,
                assumed=assumed,
                progress=bar("replay"),
            )
            if start is not None and end is not None
            else past.folded(own, str(replay_id), assumed=assumed)
        )
        told = past.orders_of(own, seen) if table else ()
    if table:
        Terminal().orders(told)
    if where is not None or not table:
        write_bytes(seen.to_json(), where or Path("-"))


COMMANDS = (check, cycle, replay)
