"""The command `quality`: what the checks of the data find."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from pipeline import instants
from pipeline.commands.options import Home, Json, Site, instant, opened, settings_of, write_json

if TYPE_CHECKING:
    from rich.table import Table

    from pipeline.quality_report import SeriesReport

HUNDRED: Final = 100.0
WIDTH: Final = 150
MINUTE_S: Final = 60
FALSE: Final = (
    ("as recorded, doubted", "readings", "suspect"),
    ("as recorded, rejected", "readings", "fail"),
    ("its peaks, doubted", "peaks", "peaks_suspect"),
    ("its peaks, rejected", "peaks", "peaks_fail"),
)


def quality(  # noqa: PLR0913 - a command's options
    *,
    report: Annotated[
        bool, typer.Option("--report", help="Put faults into the record; count what is found.")
    ] = False,
    start: Annotated[
        datetime | None, typer.Option("--from", parser=instant, metavar="TIME")
    ] = None,
    end: Annotated[datetime | None, typer.Option("--to", parser=instant, metavar="TIME")] = None,
    draws: Annotated[int, typer.Option(min=1, help="How often each fault is put in.")] = 40,
    seed: Annotated[int, typer.Option(min=0, help="Of the faults; equal seeds, equal table.")] = 1,
    site: Site = None,
    home: Home = None,
    json: Json = None,
) -> None:
    """Measure what the quality checks find, and what they take for wrong that is right.

    Faults are put into the site's own record and into a synthetic field.

    Raises
    ------
    BadParameter
        Without --report: there is nothing else to do yet.
    """
    from pipeline.quality_report import quality_report

    if not report:
        raise typer.BadParameter("say --report")
    with opened(settings_of(site, home)) as (engine, pack):
        found = quality_report(engine, pack, span=(start, end), draws=draws, seed=seed)
    if json is not None:
        write_json(_answer(pack.site_id, found, draws, seed), json)
        return
    _show(found)


def _answer(site: str, found: tuple[SeriesReport, ...], draws: int, seed: int) -> dict[str, Any]:
    series = [asdict(each) | {"variable": str(each.variable)} for each in found]
    return {
        "schema": "floodwarn.quality/1",
        "site": site,
        "draws": draws,
        "seed": seed,
        "series": series,
    }


def _show(found: tuple[SeriesReport, ...]) -> None:
    """Write a table for each series to standard output."""
    from rich.console import Console

    console = Console(highlight=False)
    if console.width < WIDTH and not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    for each in found:
        console.print(_table(each))


def _table(each: SeriesReport) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    checks = [alarm.check for alarm in each.false_alarms]
    step = f"every {each.interval_s // MINUTE_S} min" if each.interval_s else "instant"
    span = f"{instants.text(each.first)} to {instants.text(each.last)}"
    table = Table(
        title=f"{each.name}: {each.variable}, {each.stations} stations, {step}, {span}",
        box=SIMPLE,
        title_justify="left",
    )
    table.add_column("fault", no_wrap=True)
    table.add_column("put in", justify="right")
    for check in checks:
        table.add_column(check.replace("_", " "), justify="right")
    for fault in dict.fromkeys(one.fault for one in each.detections):
        own = {one.check: one for one in each.detections if one.fault == fault}
        put_in = max(one.injected for one in own.values())
        found = [_share(own[check].detected, own[check].injected) for check in checks]
        table.add_row(fault, str(put_in), *found)
    table.add_section()
    for name, of_all, of_them in FALSE:
        shares = [_share(getattr(a, of_them), getattr(a, of_all)) for a in each.false_alarms]
        table.add_row(name, str(getattr(each.false_alarms[0], of_all)), *shares)
    return table


def _share(part: int, whole: int) -> str:
    """Return a count with its percentage; the place stays empty where there is nothing."""
    return f"{part} {HUNDRED * part / whole:3.0f} %" if whole else ""
