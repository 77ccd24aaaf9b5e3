"""One order: who moves where, by which way, by what time, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.tier import Action, Tier

LocalText = dict[str, str]
"""One text in each of the site's languages, by language code."""


@dataclass(frozen=True, slots=True)
class DecideBy:
    """The latest minute at which an order still works, and what it was counted from.

    Attributes
    ----------
    at : UTC (flood time); None where no onset could be given
    minutes : every delay counted, by name, in minutes
    passed : the order can no longer work: the place's last refuge is ordered instead
    """

    at: datetime | None
    minutes: tuple[tuple[str, int], ...]
    passed: bool


@dataclass(frozen=True, slots=True)
class Alone:
    """What people do by themselves where no further word may reach them.

    Attributes
    ----------
    mark : how high the water stands when they leave; bucket : they have a rain bucket with a line
        for leaving; where there is neither, they watch the water
    to : None where their plan names no shelter
    """

    mark: LocalText | None
    bucket: bool
    to: LocalText | None


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """The order to one place (a zone or a special site) of a village.

    Attributes
    ----------
    place_id : zone or site id of the plan, or that of those of a zone who need help
        (`alerts.plan.helped`); ``village`` where there is no plan
    to, way, avoid : shelter or refuge, route, what to stay off; by language
    changed : where the order is another one than before only for that: the names of what has
        closed, none where something has opened again; None of every other order
    was : what the place was told to do before the tier rose; None where it had not
    mark : how high the water stands when whoever only prepares leaves without waiting for word
    alone : where this may be the last word that reaches the place; None of every other order
    """

    village_id: str
    place_id: str
    place: LocalText
    action: Action
    tier: Tier
    to: LocalText | None
    way: LocalText | None
    avoid: LocalText | None
    signal: LocalText | None
    people: int | None
    decide_by: DecideBy
    recipients: tuple[str, ...]
    changed: tuple[LocalText, ...] | None = None
    was: Action | None = None
    mark: LocalText | None = None
    alone: Alone | None = None
