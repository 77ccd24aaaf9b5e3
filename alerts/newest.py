"""The newest bulletin that a person's deed can rest on, and the minute of the deed."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.issue import Desk, Minute
from pipeline.assess import bulletins, last_slot
from pipeline.bulletin import RiskBulletin
from pipeline.instants import floor_to

SECOND = timedelta(seconds=1)


def whole(minute: Minute) -> Minute:
    """Return the instant to the second, as texts and hashes have it."""
    return Minute(floor_to(minute.wall, SECOND), floor_to(minute.flood, SECOND))


def newest_bulletin(desk: Desk, at: datetime) -> RiskBulletin | None:
    """Return the world's newest bulletin, unless it knows more than the flood's instant `at`."""
    last = last_slot(desk.engine, desk.world)
    if last is None:
        return None
    newest = bulletins(desk.engine, desk.world, after=last - SECOND, upto=last)
    return newest[0] if newest and newest[0].cutoff <= at else None
