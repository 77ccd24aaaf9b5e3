"""Commands about one station under doubt: suspend, resume."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import typer

from alerts.cli.people import By, Reason, at_desk
from pipeline.commands.options import Home, Site, say, time_option

app: Final = typer.Typer(help="A station under doubt.", no_args_is_help=True)

StationId = Annotated[str, typer.Argument(help="A station_id of stations.csv.")]


@app.callback()
def _group() -> None:
    """Suspend a station under doubt, or resume it."""


@app.command()
def suspend(
    station: StationId,
    until: Annotated[
        datetime, time_option("--until", "12 hours at most; ISO 8601 with an offset.")
    ],
    reason: Reason,
    by: By,
    site: Site = None,
    home: Home = None,
) -> None:
    """Leave a station out of the bulletins until an instant; its villages are never calm then."""
    from alerts.stations import suspend_station
    from pipeline.site.derive import risk_config
    from pipeline.suspensions import Suspension

    with at_desk(site, home) as (deployment, desk, minute):
        config = risk_config(deployment.pack)
        word = Suspension(station, minute.flood, until, reason, by)
        found = suspend_station(desk, config, word, minute)
        say(f"{station} is suspended; it speaks for: {', '.join(found) or 'no village'}")


@app.command()
def resume(
    station: StationId, reason: Reason, by: By, site: Site = None, home: Home = None
) -> None:
    """Use a suspended station again, before its suspension ends."""
    from alerts.stations import resume_station
    from pipeline.site.derive import risk_config
    from pipeline.suspensions import Suspension

    with at_desk(site, home) as (deployment, desk, minute):
        config = risk_config(deployment.pack)
        word = Suspension(station, minute.flood, None, reason, by)
        found = resume_station(desk, config, word, minute)
        say(f"{station} is used again; it speaks for: {', '.join(found) or 'no village'}")
