"""The command `verify`: what the warnings are worth, beside what a county would else use."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline import instants
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

if TYPE_CHECKING:
    from rich.table import Table

    from pipeline.verification.skill import Interval
    from pipeline.verification.verify import Row, Verified

WIDTH = 170


def verify(  # noqa: PLR0913, PLR0917 - a command's options
    start: Annotated[datetime, time_option("--from", "The first slot; ISO 8601 with an offset.")],
    end: Annotated[datetime, time_option("--to", "The last slot.")],
    split: Annotated[
        list[datetime] | None,
        time_option(
            "--split", "Where a fold begins, may be said again; default: after fitted.csv."
        ),
    ] = None,
    peers: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--peers/--no-peers", help="Run SMASH too, where it is installed.")
    ] = True,
    site: Site = None,
    home: Home = None,
    json: Json = None,
) -> None:
    """Measure POD, FAR, CSI and lead time on the floods that the site's store remembers."""
    from pipeline.site.derive import risk_config
    from pipeline.verification.smash_peer import SmashPeer
    from pipeline.verification.verify import splits_of
    from pipeline.verification.verify import verify as judged

    with opened(settings_of(site, home)) as (engine, pack):
        config = risk_config(pack)
        found = judged(
            engine,
            config,
            pack.fitted,
            span=(start, end),
            splits=split or splits_of(pack.fitted, start, end),
            settings=pack.runoff,
            peers=[SmashPeer(engine, pack, config)] if peers else [],
            progress=_progress,
        )
    if json is not None:
        write_json(answer(found), json)
        return
    _show(found)


def _progress(what: str, done: int, of: int) -> None:
    if done == of:
        complain(f"{what}: {of} cycles replayed")


def answer(found: Verified) -> dict[str, Any]:
    """Return what was measured as JSON has it."""
    return {
        "schema": "floodwarn.verify/1",
        "site": found.site,
        "from": found.first,
        "to": found.last,
        "gauges": found.gauges,
        "folds": [{"fold": f.name, "from": f.first, "to": f.last} for f in found.folds],
        "not_run": [{"method": one.method, "why": one.why} for one in found.not_run],
        "rows": [_row(row) for row in found.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    of = row.skill
    return {
        "method": row.method,
        "level": row.level,
        "latency_h": row.latency_h,
        "raw": row.raw,
        "fold": row.fold,
        "in_sample": row.in_sample,
        "headline": row.headline,
        "fitted": row.fitted,
        "n": of.n,
        "storms": of.storms,
        "hits": of.hits,
        "late": of.late,
        "missed": of.missed,
        "false": of.false,
        "pod": of.pod,
        "far": of.far,
        "csi": of.csi,
        "interval": {"pod": of.pod_interval, "csi": of.csi_interval},
        "lead_h": {
            "median": of.median_h,
            "p10": of.p10_h,
            "to_peak": of.median_to_peak_h,
        },
        "always_on_h": of.outside_h,
        "floods": [
            {"station_id": one.station_id, "at": one.at, "lead_h": one.lead_h} for one in row.floods
        ],
    }


def _leads(row: Row) -> str:
    of: dict[str, list[str]] = {}
    for one in row.floods:
        lead = "late" if one.lead_h is None else f"{one.lead_h:g}"
        of.setdefault(one.station_id, []).append(f"{one.at:%d %b} {lead}")
    return "; ".join(f"{station} {', '.join(leads)}" for station, leads in of.items())


def _show(found: Verified) -> None:
    """Write the tables to standard output: the headline first, then all else."""
    from rich.console import Console

    from pipeline.verification.refitted import GAUGED, UNGAUGED
    from pipeline.verification.verify import LATENCY_H, OUT_OF_FOLD

    console = Console(highlight=False)
    if console.width < WIDTH and not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    say(
        f"{found.site}, {instants.text(found.first)} to {instants.text(found.last)},"
        f" stations {', '.join(found.gauges)}"
    )
    for fold in found.folds:
        say(f"  fold {fold.name}: {instants.text(fold.first)} to {instants.text(fold.last)}")
    for one in found.not_run:
        say(f"  not run: {one.method}: {one.why}")
    # What each fold chose for a baseline is in the JSON; pooled it is as honest and shorter.
    shown = [row for row in found.rows if not row.fitted or row.fold == OUT_OF_FOLD]
    headline = [row for row in shown if row.headline]
    beside = [row for row in shown if not row.headline]
    console.print(_table(f"Headline: {LATENCY_H} h of latency, nothing fitted on it", headline))
    console.print(_table("Beside it: no latency, raw discharge, in sample", beside))
    for row in headline:
        if row.fold == OUT_OF_FOLD and row.method in {GAUGED, UNGAUGED}:
            say(f"{row.method}, {row.level}, hours before each flood: {_leads(row)}")
    for artefact in sorted({name for row in shown for name in row.in_sample}):
        say(f"IN SAMPLE: {artefact} was tuned on a part of what the row is judged on")


def _table(title: str, rows: list[Row]) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(title=title, box=SIMPLE, title_justify="left", padding=(0, 1, 0, 0))
    for name in ("method", "level", "latency", "fold"):
        table.add_column(name, no_wrap=True)
    for name in (
        "n (storms)", "hit late miss", "false", "POD (95 %)", "FAR", "CSI (95 %)",
        "lead h", "p10", "peak", "on h",
    ):  # fmt: skip
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: Row) -> list[str]:
    of = row.skill
    return [
        row.method,
        row.level,
        f"{row.latency_h} h{' raw' if row.raw else ''}",
        row.fold,
        f"{of.n} ({of.storms})",
        f"{of.hits:3d} {of.late:3d} {of.missed:3d}",
        f"{of.false}",
        _share(of.pod, of.pod_interval),
        _share(of.far, None),
        _share(of.csi, of.csi_interval),
        *(_hours(h) for h in (of.median_h, of.p10_h, of.median_to_peak_h)),
        f"{of.outside_h:.0f}",
        "IN SAMPLE" if row.in_sample else "",
    ]


def _share(value: float | None, interval: Interval | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" + (f" {interval[0]:.2f}-{interval[1]:.2f}" if interval else "")


def _hours(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
