"""Whom a warning wakes at night; pure.

Blue pages nobody, orange and red ring at any hour. A yellow at night rings the township alone: who
else has a telephone to be called by is written to at once and rung when the night is over, or as
soon as the hour by which the village would have to leave is near. Nothing is ever left out.

Source: users.md 16; DESIGN section 7.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from alerts.tier import Tier

RINGS: Final = frozenset({"voice"})
"""Channels that wake: a text does not, and a siren is not called at yellow."""


class Waking(BaseModel):
    """Whom a yellow wakes in the quiet hours.

    Attributes
    ----------
    roles : who is rung all the same
    decide_by_minutes : everybody is rung once the first decide-by is nearer than this
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    roles: tuple[str, ...] = ("township_duty",)
    decide_by_minutes: Annotated[int, Field(ge=0, le=600)] = 90


def put_off(
    tier: Tier,
    leave_by: datetime | None,
    *,
    at: datetime,
    quiet_until: datetime | None,
    rule: Waking,
) -> datetime | None:
    """Return until when a warning rings nobody who sleeps; None where it rings at once.

    Parameters
    ----------
    leave_by : the first decide-by of the village's places, were it ordered to leave; None = no hour
        can be given
    at, quiet_until : flood time; None = these are no quiet hours
    """
    if tier is not Tier.YELLOW or quiet_until is None:
        return None
    if leave_by is None:
        return quiet_until
    near = leave_by - timedelta(minutes=rule.decide_by_minutes)
    return min(quiet_until, near) if near > at else None


def rings(role: str, channel: str, rule: Waking) -> bool:
    """Tell whether a channel rings somebody whom the quiet hours let sleep."""
    return channel in RINGS and role not in rule.roles
