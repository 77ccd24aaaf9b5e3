"""The commands of the store: what is kept of a site."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

import typer

from pipeline.commands.options import Home, Json, Site, opened, say, settings_of, write_json

app: Final = typer.Typer(help="What the store holds.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Say what the store holds."""


@app.command()
def info(site: Site = None, home: Home = None, where: Json = None) -> None:
    """Count what is kept of this site."""
    from pipeline.holdings import holdings

    with opened(settings_of(site, home)) as (engine, pack):
        held = holdings(engine, pack.site_id)
    if where is not None:
        answer = {"schema": "floodwarn.store-info/1", "site": pack.site_id, **asdict(held)}
        write_json(answer, where)
        return
    for name, value in asdict(held).items():
        say(f"{name:14} {value}")
