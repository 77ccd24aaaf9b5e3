"""The commands of the store: what it holds, its backup, its compaction, its export."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from pipeline.commands.options import (
    Home,
    Json,
    Site,
    complain,
    opened,
    say,
    settings_of,
    time_option,
    write_json,
)
from pipeline.instants import text
from pipeline.world import Mode, World, live

if TYPE_CHECKING:
    from pipeline.database import Engine
    from pipeline.export import Form
    from pipeline.late import Review

app: Final = typer.Typer(help="What the store holds, and its upkeep.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The file to write.")]
Since = Annotated[datetime, time_option("--from", "The first valid time.")]
Until = Annotated[datetime, time_option("--to", "The last valid time.")]
KnownAt = Annotated[datetime | None, time_option("--known", "As known then; default: now.")]
Days = Annotated[int | None, typer.Option("--after-days", min=1, help="Default: site.toml.")]
Hours = Annotated[int | None, typer.Option("--horizon-h", min=1, help="Default: site.toml.")]


@app.callback()
def _group() -> None:
    """Say what the store holds, and keep it."""


@app.command()
def info(site: Site = None, home: Home = None, where: Json = None) -> None:
    """Count what is kept of this site, and of each feed its oldest and newest hour."""
    from pipeline.holdings import disk, holdings

    with opened(settings_of(site, home)) as (engine, pack):
        held, lies = asdict(holdings(engine, pack.site_id)), asdict(disk(engine))
    if where is not None:
        answer = {"schema": "floodwarn.store-info/1", "site": pack.site_id, **held, **lies}
        write_json(answer, where)
        return
    feeds = held.pop("feeds")
    for name, value in {**held, **lies}.items():
        say(f"{name:16} {value}")
    for feed in feeds:
        counts = f"{feed['rows']} rows in {feed['batches']} batches, {feed['segments']} segments"
        say(f"{feed['feed_id']:16} {counts}, {feed['quarantined']} refused{_extent(feed)}")


@app.command()
def backup(file: File, site: Site = None, home: Home = None, where: Json = None) -> None:
    """Write the whole database to one file, while others go on writing.

    Contacts and keys (contacts.toml, ack.key) are files of FLOODWARN_HOME and are not in it.
    """
    from pipeline import clock
    from pipeline.backup import back_up

    with opened(settings_of(site, home)) as (engine, _pack):
        manifest = back_up(engine, file, now=clock.now())
    if where is not None:
        write_json({"schema": "floodwarn.store-backup/1", **manifest.model_dump()}, where)
        return
    say(
        f"{file}: {manifest.rows} rows of {len(manifest.tables)} tables,"
        f" schema {manifest.revision}, read back and whole"
    )


@app.command()
def compact(
    after_days: Days = None, site: Site = None, home: Home = None, where: Json = None
) -> None:
    """Rewrite days that are over as segments; no reading changes."""
    from pipeline import clock
    from pipeline.compaction import compact as compacted

    now = clock.now()
    with opened(settings_of(site, home)) as (engine, pack):
        days = pack.store.compact_after_days if after_days is None else after_days
        done = compacted(engine, pack.site_id, before=now - timedelta(days=days), now=now)
    if where is not None:
        write_json({"schema": "floodwarn.store-compact/1", **asdict(done)}, where)
        return
    say(f"{done.batches} batches became {done.segments} segments")


@app.command()
def export(  # noqa: PLR0913, PLR0917 - a command's options
    file: File,
    start: Since,
    end: Until,
    form: Annotated[str, typer.Option("--format", help="parquet or netcdf.")] = "parquet",
    known: KnownAt = None,
    site: Site = None,
    home: Home = None,
    where: Json = None,
) -> None:
    """Write the observations of a span as they were known then, with units and flags.

    Raises
    ------
    BadParameter
        The format is unknown, or the span ends before it begins.
    """
    from pipeline.export import Span
    from pipeline.export import export as exported

    if end <= start:
        raise typer.BadParameter("--to does not lie after --from")
    with opened(settings_of(site, home)) as (engine, pack):
        done = exported(
            engine,
            pack.site_id,
            Span(start, end, known),
            file,
            form=_form(form),
            stations=pack.stations,
        )
    if where is not None:
        write_json({"schema": "floodwarn.store-export/1", **asdict(done)}, where)
        return
    say(f"{file}: {done.readings} readings, {done.grids} grids")
    if done.left_out:
        complain(f"{done.left_out} grids have no place in a long table; use --format netcdf")


@app.command()
def late(horizon_h: Hours = None, site: Site = None, home: Home = None, where: Json = None) -> None:
    """Judge lived slots again with what came late: what would have changed. Tells nobody.

    Raises
    ------
    Exit
        With 1 where a level would have been another.
    """
    from pipeline import clock
    from pipeline.late import review, reviews

    settings, now = settings_of(site, home), clock.now()
    with opened(settings) as (engine, pack):
        world = _lived(engine, pack.site_id, settings.mode)
        horizon = timedelta(hours=pack.store.late_horizon_h if horizon_h is None else horizon_h)
        review(engine, world, horizon=horizon, now=now)
        found = reviews(engine, world, after=now - horizon)
    changed = [one for one in found if one.changes]
    if where is not None:
        write_json(_late(world, now - horizon, found), where)
    else:
        say(f"late data would have changed {len(changed)} past cycles")
        for one in changed:
            for change in one.changes:
                levels = f"level {change.lived:d}, would have been {change.late:d}"
                say(f"  {text(one.slot)} {change.village_id}: {levels}")
    if changed:
        raise typer.Exit(1)


def _late(world: World, after: datetime, found: tuple[Review, ...]) -> dict[str, Any]:
    return {
        "schema": "floodwarn.store-late/1",
        "site": world.site,
        "mode": world.mode,
        "world_id": world.world_id,
        "after": after,
        "reviewed": len(found),
        "changed": sum(bool(one.changes) for one in found),
        "cycles": [asdict(one) for one in found if one.changes],
    }


def _lived(engine: Engine, site_id: str, mode: Mode) -> World:
    """Return the world that is lived through here: the open exercise's, or live."""
    from pipeline.runs import open_now

    exercise = open_now(engine, site_id) if mode is Mode.EXERCISE else None
    return live(site_id) if exercise is None else exercise.world


def _form(name: str) -> Form:
    from pipeline.export import Form

    try:
        return Form(name)
    except ValueError:
        raise typer.BadParameter(f"{name} is none of {', '.join(Form)}") from None


def _extent(feed: dict[str, Any]) -> str:
    if feed["first"] is None:
        return ""
    return f", {text(feed['first'])} to {text(feed['last'])}"
