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
    newest = _of(desk, last_slot(desk.engine, desk.world))
    return newest if newest is not None and newest.cutoff <= at else None


def bulletin_at(desk: Desk, at: datetime) -> RiskBulletin | None:
    """Return the bulletin of the world's last slot up to the flood's instant `at`."""
    return _of(desk, last_slot(desk.engine, desk.world, upto=at))


def _of(desk: Desk, slot: datetime | None) -> RiskBulletin | None:
    if slot is None:
        return None
    found = bulletins(desk.engine, desk.world, after=slot - SECOND, upto=slot)
    return found[0] if found else None
