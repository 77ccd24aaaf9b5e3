"""The command `bench orders`: how fast orders are written and plans are linted."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from pipeline.commands.bench import OnlyWorks, tell_works
from pipeline.commands.options import Home, Json, Site, settings_of


def orders(
    *,
    work: OnlyWorks = None,
    small: Annotated[
        bool, typer.Option("--small", help="A fiftieth of the work, to see that it runs.")
    ] = False,
    site: Site = None,
    home: Home = None,
    where: Json = None,
) -> None:
    """Time a site's orders in words, and the lint of its plans, against the plain loop.

    Raises
    ------
    Exit
        With 1 where a work was not as many times faster as it must be.
    """
    from alerts.order_works import SMALL, Sizes, works
    from pipeline.site.pack import load

    settings = settings_of(site, home)
    pack = load(settings.site_folder, settings.home)
    sizes = SMALL if small else Sizes()
    head = {"schema": "floodwarn.bench-orders/1", "sizes": asdict(sizes)}
    tell_works(works(pack), work, sizes, head=head, where=where)
