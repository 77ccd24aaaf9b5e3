"""The command `ingest`: fetch a feed, or take a file, by hand."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from pipeline import clock, instants
from pipeline.commands.options import Home, Json, Site, instant, opened, settings_of, write_json
from pipeline.errors import NotConfirmed
from pipeline.observation import KnownBasis
from pipeline.world import Mode, World, live

if TYPE_CHECKING:
    from pipeline.database import Engine
    from pipeline.hand_feed import Preview
    from pipeline.observation import Fault
    from pipeline.observe import Observed
    from pipeline.settings import Settings
    from pipeline.site.model import FeedSpec
    from pipeline.site.pack import SitePack

FINDING: Final = 1
INGEST_WORLD: Final = "ingest"
NOT_SAID: Final = ("", "")
UNCONFIRMED: Final = "nothing is stored without --confirm, --reason and --by"
SHOWN: Final = 20


def ingest(  # noqa: PLR0913 - a command's options
    *,
    feed: Annotated[str, typer.Option("--feed", help="Which feed of feeds.toml.")],
    site: Site = None,
    home: Home = None,
    start: Annotated[
        datetime | None, typer.Option("--from", parser=instant, metavar="TIME")
    ] = None,
    end: Annotated[datetime | None, typer.Option("--to", parser=instant, metavar="TIME")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Take this file instead.")] = None,
    basis: Annotated[KnownBasis | None, typer.Option(help="How known_at is told.")] = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Store a file of the last days, as was shown.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why it is fed by hand.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who feeds it: a role, or a reference.")] = "",
    json: Json = None,
) -> None:
    """Fetch a feed, or take a file: archive, decode, append. Pages nobody.

    Without --from and --to an archive is taken whole. A file that reaches into the days that live
    cycles still read is shown first, with what it does to the present cycle, and stored with
    --confirm, --reason and --by. It may raise a village, and lowers none.

    Raises
    ------
    Exit
        With 1 where something could not be used, or a file is shown and not stored.
    """
    from pipeline.hand_feed import preview, take_file
    from pipeline.observe import ObserveFailed

    settings, now = settings_of(site, home), clock.now()
    with opened(settings) as (engine, pack):
        spec, world = pack.feed(feed), _world(settings, pack)
        try:
            if file is None:
                span = _span(spec, start, end)
                observed = _observe(engine, pack, world, feed, span, now=now, basis=basis)
            else:
                _show_file(preview(engine, pack, feed, file, now=now, basis=basis), file, json)
                word = (by, reason) if confirm else NOT_SAID
                observed = take_file(engine, pack, world, feed, file, word, now=now, basis=basis)
        except NotConfirmed as refusal:
            typer.echo(f"{UNCONFIRMED}: {refusal}", err=True)
            raise typer.Exit(FINDING) from refusal
        except ObserveFailed as failed:
            observed = failed.observed
    _tell(observed, pack, basis or spec.basis, json)
    if observed.faults:
        raise typer.Exit(FINDING)


def _world(settings: Settings, pack: SitePack) -> World:
    """Return whose fetch log the attempt belongs to: a hand's work is no exercise's."""
    if settings.mode is Mode.LIVE:
        return live(pack.site_id)
    return World(pack.site_id, Mode.REPLAY, INGEST_WORLD)


def _span(
    spec: FeedSpec, start: datetime | None, end: datetime | None
) -> tuple[datetime, datetime]:
    if start is None and spec.archive_from is not None:
        start = instants.parse(spec.archive_from)
    if end is None and spec.archive_to is not None:
        end = instants.parse(spec.archive_to)
    if start is None or end is None:
        raise typer.BadParameter("state --from and --to: this feed is no archive with a range")
    if end < start:
        raise typer.BadParameter("--to lies before --from")
    return start, end


def _observe(
    engine: Engine,
    pack: SitePack,
    world: World,
    feed: str,
    span: tuple[datetime, datetime],
    **told: Any,  # noqa: ANN401 - handed on
) -> Observed:
    from rich.console import Console
    from rich.progress import Progress

    from pipeline.observe import observe

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(feed, total=None)

        def step(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        start, end = span
        return observe(engine, pack, world, feed, start=start, end=end, progress=step, **told)


def _show_file(found: Preview, file: Path, json: Path | None) -> None:
    """Tell of a file that live cycles would read what it holds, and what it would do."""
    effect = found.effect
    if effect is None or found.first is None or found.last is None:
        return
    tell = partial(typer.echo, err=json is not None)
    tell(
        f"{file}: {found.rows} readings, {instants.text(found.first)} to"
        f" {instants.text(found.last)}, {len(found.faults)} faults"
    )
    _show(found.faults)
    tell(
        f"in the present cycle ({instants.text(effect.slot)}) {len(effect.rise)} rise,"
        f" {len(effect.fall)} fall"
    )
    for name, villages in (("rise", effect.rise), ("fall, and are held", effect.fall)):
        if villages:
            tell(f"  {name}: {', '.join(villages)}")
    if effect.doubted:
        tell(f"{len(effect.doubted)} readings in doubt: are unit and time right?")
        _show(effect.doubted)


def _tell(observed: Observed, pack: SitePack, basis: KnownBasis, json: Path | None) -> None:
    if json is None:
        typer.echo(
            f"{observed.feed_id} {observed.status}: {observed.payloads} payloads,"
            f" {observed.readings} new readings, {observed.repeated} repeated,"
            f" {observed.absent} absent, {observed.faults} faults"
        )
        _show(observed.first_faults)
        return
    answer = {
        "schema": "floodwarn.ingest/1",
        "site": pack.site_id,
        "basis": basis,
        **asdict(observed),
    }
    write_json(answer, json)


def _show(faults: tuple[Fault, ...]) -> None:
    for fault in faults[:SHOWN]:
        row = "" if fault.row is None else f":{fault.row}"
        field = "" if fault.field is None else f" {fault.field}:"
        typer.echo(f"  {fault.where}{row}:{field} {fault.message}", err=True)
