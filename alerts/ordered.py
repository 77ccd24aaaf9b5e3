"""Who was told to leave in a storm, and whether they could be away before the water came; pure.

Two clocks are held against each order. By the plan's, an order works that was given by its
decide-by, which counts to the early edge of what was expected then. By the river's, it worked if
the last person was there before the water stood at level 3 at the village: known only where a
station lies there or above, and only afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.decide_by import MINUTE, ON_FOOT
from alerts.order import PlaceOrder
from alerts.orders import moment_of, orders
from alerts.rehearsal import VillageChange
from alerts.storms import BEFORE
from alerts.tier import LEAVING, Action, Tier
from alerts.warning_pack import WarningPack
from pipeline.bulletin import Onset
from pipeline.site.model import Village


@dataclass(frozen=True, slots=True)
class Ordered:
    """The first order to leave that a place got in an episode.

    Attributes
    ----------
    at : when the bulletin that brought it could be known; it goes then, or after its approval
    there_by : when the last person of it is there; of a refuge, when the last one is called. None
        where no plan says what that takes
    on_foot : when the last person would be there by the way; of a refuge, the way not taken
    onset : what was expected then
    crossed : when the river stood at level 3 at the village; None where no station tells, or never
    """

    village: Village
    order: PlaceOrder
    at: datetime
    there_by: datetime | None
    on_foot: datetime | None
    onset: Onset | None
    crossed: datetime | None = None

    @property
    def by_plan(self) -> bool:
        """Whether it was given by its decide-by."""
        return self.order.decide_by.at is not None and self.at <= self.order.decide_by.at

    @property
    def margin(self) -> timedelta | None:
        """Time between the last person's arrival and the water; negative where they were late."""
        return _between(self.there_by, self.crossed)

    @property
    def margin_on_foot(self) -> timedelta | None:
        """The same, had everyone gone by the way."""
        return _between(self.on_foot, self.crossed)


def _between(arrival: datetime | None, water: datetime | None) -> timedelta | None:
    return None if arrival is None or water is None else water - arrival


def first_orders(changes: Iterable[VillageChange], pack: WarningPack) -> tuple[Ordered, ...]:
    """Return the first order to leave of each place and episode, in the order of their time."""
    told: set[tuple[str, str]] = set()
    found = []
    for change in changes:
        village_id = change.risk.village_id
        if change.tier is Tier.NONE:
            told = {place for place in told if place[0] != village_id}
        for ordered in _leaving(change, pack):
            place = (village_id, ordered.order.place_id)
            if place not in told:
                told.add(place)
                found.append(ordered)
    return tuple(found)


def against_rivers(
    ordered: Iterable[Ordered], crossings: Mapping[str, Sequence[datetime]]
) -> tuple[Ordered, ...]:
    """Return the orders with when the water came.

    Parameters
    ----------
    crossings : by village id, when each storm first stood at level 3 there, oldest first
    """
    return tuple(
        replace(one, crossed=_came(crossings.get(one.village.village_id, ()), one.at))
        for one in ordered
    )


def _leaving(change: VillageChange, pack: WarningPack) -> Iterator[Ordered]:
    village = pack.village(change.risk.village_id)
    if village is None or change.tier <= change.previous_tier or change.tier < Tier.ORANGE:
        return
    moment = moment_of(village, change.tier, change.risk, at=change.known_at, config=pack.config)
    for order in orders(pack.plans.get(village.village_id), moment):
        if order.action in LEAVING:
            called = _after(change.known_at, order, ("approval", "call"))
            walked = _after(change.known_at, order, ("approval", *ON_FOOT))
            there_by = called if order.action is Action.REFUGE else walked
            yield Ordered(village, order, change.known_at, there_by, walked, change.risk.onset)


def _after(told: datetime, order: PlaceOrder, delays: tuple[str, ...]) -> datetime | None:
    """Return when those delays of an order are over; None where no plan states them."""
    spent = dict(order.decide_by.minutes)
    return told + sum(spent[name] for name in delays) * MINUTE if spent else None


def _came(crossings: Sequence[datetime], told: datetime) -> datetime | None:
    """Return the crossing that an order was of: the next, or one so shortly before that it came."""
    return next((at for at in crossings if at >= told - BEFORE), None)
