"""Door: a person suspends a station that lies, or resumes it; bulletins leave it out meanwhile.

It lowers nothing that was sent: the villages of a suspended station are never complete, and a tier
falls on complete data alone (`episode`). It may hide a rise, so it is asked for with a right in
every village that the station speaks for, and ends by itself.

Source: users.md 14.
"""

from __future__ import annotations

from dataclasses import replace

from alerts.errors import Refused
from alerts.issue import Desk, Minute, refuse_replay
from alerts.roster import EVERYWHERE, Right
from pipeline.site.model import RiskConfig
from pipeline.suspensions import LONGEST, Suspension, keep, standing_at, villages_of


def suspend_station(
    desk: Desk, config: RiskConfig, word: Suspension, minute: Minute
) -> tuple[str, ...]:
    """Keep a suspension and return the villages that its station speaks for.

    Raises
    ------
    Refused
        The station is unknown, `until` is past or over 12 h away, no reason is given, the person
        has no right to in one of the villages, or the world is a replay.
    """
    if word.until is None or not word.known_at < word.until <= word.known_at + LONGEST:
        hours = LONGEST.total_seconds() // 3600
        raise Refused(f"a suspension ends within {hours:.0f} hours from now")
    return _said(desk, config, word, minute)


def resume_station(
    desk: Desk, config: RiskConfig, word: Suspension, minute: Minute
) -> tuple[str, ...]:
    """End a suspension early and return the villages that its station speaks for.

    Raises
    ------
    Refused
        The station is not suspended, or as in `suspend_station`.
    """
    standing = standing_at(desk.engine, desk.world, minute.flood)
    if word.station_id not in {s.station_id for s in standing}:
        raise Refused(f"station {word.station_id} is not suspended")
    return _said(desk, config, replace(word, until=None), minute)


def _said(desk: Desk, config: RiskConfig, word: Suspension, minute: Minute) -> tuple[str, ...]:
    refuse_replay(desk.world)
    if word.station_id not in {s.station_id for s in config.stations}:
        raise Refused(f"there is no station {word.station_id}")
    if not word.reason.strip():
        raise Refused("state a reason")
    villages = villages_of(config, word.station_id)
    for village_id in villages or (EVERYWHERE,):
        desk.roster.entitled(word.by_ref, Right.SUSPEND, village_id)
    with desk.engine.begin() as connection:
        keep(connection, desk.world, word, stored_at=minute.wall)
    return villages
