"""Commands of the store in which the ledger has a say: `store restore` and `store prune`."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alerts.cli.findings import FINDING
from pipeline.commands.options import (
    Home,
    Json,
    Site,
    complain,
    opened,
    say,
    settings_of,
    write_json,
)
from pipeline.commands.store import app

if TYPE_CHECKING:
    from pipeline.retention import Pruned


File = Annotated[Path, typer.Argument(help="A file that `store backup` wrote.")]
Confirm = Annotated[bool, typer.Option("--confirm", help="Do it; without, it is only counted.")]
Decided = Annotated[
    bool, typer.Option("--also-decided", help="Also what kept orders were decided on.")
]
Rehearsal = Annotated[
    bool, typer.Option("--rehearsal", help="Only to try it: stop no other host by the fence.")
]


def _days(name: str, about: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(name, min=1, help=f"{about}; site.toml else.")
    return option


Raw = Annotated[int | None, _days("--raw-days", "Keep payloads as they came")]
Observations = Annotated[int | None, _days("--observation-days", "Keep observations")]
Fetches = Annotated[int | None, _days("--fetch-days", "Keep the fetch log")]
Refused = Annotated[int | None, _days("--quarantine-days", "Keep what was refused")]
Replays = Annotated[int | None, _days("--replay-days", "Keep bulletins of replays")]


@app.command()
def restore(
    file: File,
    rehearsal: Rehearsal = False,  # noqa: FBT002 - a flag
    site: Site = None,
    home: Home = None,
    where: Json = None,
) -> None:
    """Take a backup into an empty database; nothing is sent in it before `outbox release`.

    Raises
    ------
    Exit
        With 1 where the database is not empty.
    """
    from alerts.cli.outbox import NOT_STOPPED, STOPPED
    from alerts.upkeep import restore as restored
    from pipeline import clock
    from pipeline.database import connect
    from pipeline.errors import DatabaseInUse

    settings = settings_of(site, home)
    engine = connect(settings.database_url)
    try:
        done = restored(engine, file, settings, now=clock.now(), in_charge=not rehearsal)
    except DatabaseInUse as refusal:
        complain(str(refusal))
        raise typer.Exit(FINDING) from refusal
    finally:
        engine.dispose()
    if where is not None:
        manifest = done.manifest
        answer = {"held": done.held, "rows": manifest.rows, "revision": manifest.revision}
        answer |= {"fenced": done.fenced}
        write_json({"schema": "floodwarn.store-restore/1", **answer}, where)
        return
    say(f"{done.manifest.rows} rows of {done.manifest.taken_at.isoformat()} are back")
    say(f"{done.held} deliveries were waiting then; nothing is sent now:")
    say("read `floodwarn outbox list`, then `floodwarn outbox release`")
    say(STOPPED if done.fenced else NOT_STOPPED)


@app.command()
def prune(  # noqa: PLR0913, PLR0917 - a command's options
    raw_days: Raw = None,
    observation_days: Observations = None,
    fetch_days: Fetches = None,
    quarantine_days: Refused = None,
    replay_days: Replays = None,
    confirm: Confirm = False,  # noqa: FBT002 - a flag
    also_decided: Decided = False,  # noqa: FBT002 - a flag
    site: Site = None,
    home: Home = None,
    where: Json = None,
) -> None:
    """Delete what has had its time by site.toml or these options; shown first, done confirmed."""
    from alerts.upkeep import prune as pruned
    from pipeline import clock
    from pipeline.retention import Keep, give_back

    asked = _asked(
        raw=raw_days,
        observations=observation_days,
        fetches=fetch_days,
        quarantine=quarantine_days,
        replays=replay_days,
    )
    with opened(settings_of(site, home)) as (engine, pack):
        done = pruned(
            engine,
            pack.site_id,
            replace(Keep.of(pack.store), **asked),
            now=clock.now(),
            confirm=confirm,
            spare=not also_decided,
        )
        if confirm:
            give_back(engine)
    _tell(done, where, confirm=confirm)


def _tell(done: Pruned, where: Path | None, *, confirm: bool) -> None:
    if where is not None:
        write_json({"schema": "floodwarn.store-prune/1", "done": confirm, **asdict(done)}, where)
        return
    say(f"{'gone' if confirm else 'would go'}: {done}")
    if not confirm:
        say("nothing was deleted; say --confirm")


def _asked(**days: int | None) -> dict[str, timedelta]:
    return {name: timedelta(days=stated) for name, stated in days.items() if stated is not None}


COMMANDS = ()
"""None of the first level: these stand in the group `store`."""
