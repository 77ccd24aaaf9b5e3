"""Commands about one station under doubt: check, suspend, resume."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import typer

from alerts.cli.people import By, Reason, at_desk
from pipeline.commands.options import Home, Json, Site, say, settings_of, time_option, write_json

app: Final = typer.Typer(help="A station under doubt.", no_args_is_help=True)

StationId = Annotated[str, typer.Argument(help="A station_id of stations.csv.")]


@app.callback()
def _group() -> None:
    """Check a station under doubt, suspend it, or resume it."""


@app.command()
def check(
    station: StationId,
    at: Annotated[
        datetime | None, time_option("--at", "As known then; default: now, of an exercise its own.")
    ] = None,
    site: Site = None,
    home: Home = None,
    json: Json = None,
) -> None:
    """Print what is known of a station: raw, decoded, neighbours, and villages affected.

    Raises
    ------
    Refused
        There is no such station.
    """
    from alerts.cli.station_text import answer, lines
    from alerts.deployment import opened
    from alerts.errors import Refused
    from pipeline import clock
    from pipeline.site.derive import risk_config
    from pipeline.station_check import station_check

    with opened(settings_of(site, home)) as deployment:
        pack = deployment.pack
        asked = next((s for s in pack.stations if s.station_id == station), None)
        if asked is None:
            raise Refused(f"there is no station {station}")
        now = deployment.flood_time(clock.now()) if at is None else at
        found = station_check(deployment.engine, pack, risk_config(pack), asked, at=now)
    if json is not None:
        write_json(answer(pack.site_id, found), json)
        return
    for line in lines(found):
        say(line)


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
