"""The command `bench night`: how long from a sensor's reading to the text that it brings about."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

import typer

from pipeline.commands.options import Json, Site, complain, say, settings_of, write_json

VILLAGES: Final = 2_000
SMALL: Final = 20
SHARE: Final = 50
"""Of so many villages one comes under the storm in each cycle: a quarter of them in an hour."""
CYCLE_MIN: Final = 5
PAST_H: Final = 24
PER_MINUTE: Final = 30_000

Villages = Annotated[int, typer.Option("--villages", min=2, help="That the county has.")]
Struck = Annotated[
    int | None,
    typer.Option("--struck", min=1, help="That rise in each cycle; default one in fifty."),
]
Cycles = Annotated[int, typer.Option("--cycles", min=1, help="In which villages rise.")]
Lag = Annotated[int, typer.Option("--lag-s", min=0, help="Seconds until the feed has a reading.")]
PerMinute = Annotated[
    int, typer.Option("--per-minute", min=1, max=60_000, help="Texts that the gateway takes.")
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option("--database-url", help="A PostgreSQL. A schema is made in it, and goes."),
]
Small = Annotated[
    bool, typer.Option("--small", help="20 villages in cycles of a minute, to see that it runs.")
]


def night(  # noqa: PLR0913 - a command's options
    *,
    villages: Villages = VILLAGES,
    struck: Struck = None,
    cycles: Cycles = 1,
    lag_s: Lag = 0,
    per_minute: PerMinute = PER_MINUTE,
    database_url: DatabaseUrl = None,
    small: Small = False,
    site: Site = None,
    where: Json = None,
) -> None:
    """Play a storm over 2,000 villages through a real Airflow, and time it from sensor to sent.

    The county says the site's villages and plans again under other names; its telephones are
    nobody's. It takes a quarter of an hour and leaves nothing behind.

    Raises
    ------
    Exit
        With 1 where 95 of 100 orders were not sent within a minute of their reading.
    """
    from alerts.made_night.county import Size
    from alerts.made_night.played import Asked, play
    from alerts.made_night.told import lines
    from alerts.supervisor import StopAsked
    from pipeline.site.pack import load

    minutes, past_h = (1, 1) if small else (CYCLE_MIN, PAST_H)
    villages = SMALL if small else villages
    asked = Asked(
        size=Size(villages, minutes, timedelta(seconds=lag_s)),
        struck=struck or max(2, villages // SHARE),
        groups=cycles,
        past=timedelta(hours=past_h),
        per_minute=per_minute,
        database_url=database_url,
    )
    settings = settings_of(site, None)
    try:
        found = play(load(settings.site_folder, settings.home), asked, complain).answer()
    except StopAsked:
        complain("stopped: nothing was measured, and nothing is left")
        raise typer.Exit(1) from None
    if where is not None:
        write_json(found, where)
    else:
        say("\n".join(lines(found)))
    raise typer.Exit(0 if found["reached"] else 1)
