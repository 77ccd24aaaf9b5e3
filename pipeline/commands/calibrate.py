"""The command `calibrate`: fits the site's rainfall-runoff model to the floods that are stored."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline import instants
from pipeline.commands.options import Home, Site, opened, say, settings_of, time_option

if TYPE_CHECKING:
    from pipeline.site.runoff_model import RunoffModel


def calibrate(
    start: Annotated[datetime, time_option("--from", "The first slot; ISO 8601 with an offset.")],
    end: Annotated[datetime, time_option("--to", "The last slot.")],
    latency_h: Annotated[
        int, typer.Option("--latency", min=0, max=24, help="Hours from data to decision.")
    ] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write it; default the site's folder.")
    ] = None,
    site: Site = None,
    home: Home = None,
) -> None:
    """Fit the rainfall-runoff model on the stored record, and write it to runoff.json.

    What `verify` says of it on the same record is in sample, and it will say so.
    """
    from pipeline.site.derive import risk_config
    from pipeline.site.runoff_model import RUNOFF_FILE
    from pipeline.verification.fitting import fit

    with opened(settings_of(site, home)) as (engine, pack):
        model = fit(engine, risk_config(pack), pack.runoff, span=(start, end), latency_h=latency_h)
        path = out or pack.folder / RUNOFF_FILE
    path.write_text(model.model_dump_json(indent=2) + "\n", encoding="utf-8")
    _show(model, path)


def _show(model: RunoffModel, path: Path) -> None:
    span = f"{instants.text(model.trained_from)} to {instants.text(model.trained_to)}"
    say(f"{path}: trained on {span}, stations {', '.join(model.stations)}")
    say(
        f"  X1 {model.x1_mm:g} mm, X3 {model.x3_mm:g} mm, X4 {model.a_h:g} A^{model.n:g} h;"
        f" efficiency {model.nse:g}"
    )
    for level, how in sorted(model.warns.items()):
        say(
            f"  level {level:d}: mean rain of {how.mean_of_h} h held for {how.held_h} h,"
            f" flow at least {how.trigger:g} times the level's"
        )
