"""From a tier and the village's own plan to one order for each place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from zoneinfo import ZoneInfo

from alerts.decide_by import Delays, decide_by
from alerts.order import DecideBy, LocalText, PlaceOrder
from alerts.plan.model import Plan, SpecialSite, Zone
from alerts.tier import Action, Tier
from alerts.warning_config import WarningConfig
from pipeline.bulletin import Indicator, VillageRisk
from pipeline.site.model import Village, VillageKind

WHOLE_VILLAGE = "village"
APPROVAL_MIN = 0
AGE_IS_NO_DELAY = frozenset(
    {
        Indicator.STAGE,
        Indicator.DISCHARGE,
        Indicator.UPSTREAM,
        Indicator.GAUGE_LOST,
        Indicator.FORECAST,
    }
)
"""A river's water is expected from its reading's own time (`risk.onset`): its age is in the onset
already, as is the hour that a forecast is about. A loss is the absence of a reading: hours of
silence make no flood come sooner."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What all orders of one village at one cutoff share.

    Attributes
    ----------
    at : the cutoff, or the minute of a person's order; UTC (flood time)
    night : whether the night's walking times count
    """

    village: Village
    tier: Tier
    risk: VillageRisk
    at: datetime
    night: bool
    cycle_min: int


def orders(
    plan: Plan | None,
    village: Village,
    tier: Tier,
    risk: VillageRisk,
    *,
    at: datetime,
    config: WarningConfig,
) -> tuple[PlaceOrder, ...]:
    """Return the order to each place of a village; none for blue, nor for a river point.

    Yellow asks the responsible persons to stand by. At orange the zones prepare and the special
    sites, whose people need help, move; at red all move. Past its decide-by a place is told its
    named refuge; where the plan names none it is told to move, and `lint` has said so before.
    Without a usable plan the village is ordered as a whole.

    Source: DESIGN section 7; users.md 7 and 8.
    """
    if village.kind is VillageKind.RIVER_POINT or tier < Tier.YELLOW:
        return ()
    night = is_night(at, config)
    moment = Moment(village, tier, risk, at, night, config.cycle_minutes)
    if tier is Tier.YELLOW:
        return (_whole(moment, Action.STAND_BY, plan),)
    if plan is None:
        return (_whole(moment, _zone_action(tier), None),)
    return (
        *(_to_site(moment, plan, site) for site in plan.special_sites),
        *(_to_zone(moment, plan, zone) for zone in plan.zones),
    )


def stand_down(
    village: Village, plan: Plan | None, risk: VillageRisk, *, at: datetime
) -> PlaceOrder:
    """Return the word to those who only stood by that they need not any more."""
    moment = Moment(village, Tier.NONE, risk, at, night=False, cycle_min=0)
    return _whole(moment, Action.STAND_DOWN, plan)


def is_night(at: datetime, config: WarningConfig) -> bool:
    """Tell whether an instant lies in the site's night hours."""
    hour = at.astimezone(ZoneInfo(config.zone)).hour
    first, last = config.night_from, config.night_to
    return first <= hour < last if first < last else hour >= first or hour < last


def data_age_min(risk: VillageRisk) -> int:
    """Return the age in minutes of the oldest reading that an onset from the slot rests on.

    Those of the village's level count, or, where a loss or a river alone raised it so far, those
    of the next level that is supported; 0 where there are none. Every age is counted once: that
    of a river is in the onset.
    """
    ages = [
        (e.level, e.age_s)
        for e in risk.evidence
        if e.indicator not in AGE_IS_NO_DELAY and e.age_s is not None
    ]
    supported = min(risk.level, max((level for level, _ in ages), default=risk.level))
    oldest = max((age_s for level, age_s in ages if level >= supported), default=0)
    return max(0, ceil(oldest / 60))


def village_name(village: Village) -> LocalText:
    """Return the village's name as each language writes it."""
    return {"en": village.name_en, "*": village.name}


def _zone_action(tier: Tier) -> Action:
    return Action.MOVE if tier is Tier.RED else Action.PREPARE


def _whole(moment: Moment, action: Action, plan: Plan | None) -> PlaceOrder:
    signals = None if plan is None or plan.signals is None else plan.signals
    return PlaceOrder(
        village_id=moment.village.village_id,
        place_id=WHOLE_VILLAGE,
        place=village_name(moment.village),
        action=action,
        tier=moment.tier,
        to=None,
        way=None,
        avoid=None,
        signal=None if signals is None else _signal(plan, action),
        people=moment.village.people,
        decide_by=DecideBy(at=None, minutes=(), passed=False),
        recipients=() if plan is None else plan.people.responsible,
    )


def _to_zone(moment: Moment, plan: Plan, zone: Zone) -> PlaceOrder:
    action = _zone_action(moment.tier)
    return _to_place(moment, plan, zone, action, people=zone.people, help_min=plan.times.help)


def _to_site(moment: Moment, plan: Plan, site: SpecialSite) -> PlaceOrder:
    inside = site.people_night + site.staff_night if moment.night else site.people_day
    return _to_place(moment, plan, site, Action.MOVE, people=inside, help_min=site.times_help)


def _to_place(
    moment: Moment,
    plan: Plan,
    place: Zone | SpecialSite,
    action: Action,
    *,
    people: int,
    help_min: int,
) -> PlaceOrder:
    route = plan.route(place.routes[0])
    limit = _limit(
        moment,
        plan,
        walk=route.minutes_night if moment.night else route.minutes_day,
        helped=help_min,
    )
    refuge = place.refuge if action is Action.MOVE and limit.passed else None
    action = action if refuge is None else Action.REFUGE
    return PlaceOrder(
        village_id=plan.village_id,
        place_id=place.id,
        place=place.name,
        action=action,
        tier=moment.tier,
        to=plan.shelter(place.shelters[0]).name if refuge is None else refuge.name,
        way=route.name if refuge is None else None,
        avoid=route.avoid if refuge is None else None,
        signal=_signal(plan, action),
        people=people,
        decide_by=limit,
        recipients=_movers(plan),
    )


def _limit(moment: Moment, plan: Plan, *, walk: int, helped: int) -> DecideBy:
    onset = moment.risk.onset
    delays = Delays(
        data_age=data_age_min(moment.risk),
        cycle=moment.cycle_min,
        approval=APPROVAL_MIN,
        call=plan.times.call,
        gather=plan.times.gather,
        walk=walk,
        help=helped,
    )
    return decide_by(None if onset is None else onset.earliest, delays, now=moment.at)


def _signal(plan: Plan | None, action: Action) -> LocalText | None:
    if plan is None or plan.signals is None:
        return None
    match action:
        case Action.PREPARE:
            return plan.signals.prepare
        case Action.MOVE | Action.REFUGE:
            return plan.signals.move
        case Action.STAND_BY | Action.STAND_DOWN | Action.RETURN:
            return None


def _movers(plan: Plan) -> tuple[str, ...]:
    """Return who leads a move, each once, in the plan's order."""
    people = plan.people
    return tuple(dict.fromkeys((*people.responsible, *people.warning, *people.transfer)))
