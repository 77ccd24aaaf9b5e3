"""From a tier and the village's own plan to one order for each place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from zoneinfo import ZoneInfo

from alerts.approval import wait
from alerts.decide_by import NEVER_IN_TIME, Delays, decide_by
from alerts.order import DecideBy, LocalText, PlaceOrder
from alerts.plan.helped import helped_in, home_of, is_helped
from alerts.plan.model import Plan
from alerts.plan.people import NeedsHelp
from alerts.plan.places import Place, SpecialSite, Zone
from alerts.plan.ways import OPEN, Closures, Way
from alerts.tier import LEAVING, Action, Tier
from alerts.warning_config import WarningConfig
from pipeline.bulletin import Indicator, VillageRisk
from pipeline.site.model import Village, VillageKind

WHOLE_VILLAGE = "village"
NEED = 10_000_000
"""More than the people of any one place."""
AGE_IS_NO_DELAY = frozenset(
    {
        Indicator.STAGE,
        Indicator.DISCHARGE,
        Indicator.UPSTREAM,
        Indicator.GAUGE_LOST,
        Indicator.FORECAST,
        Indicator.REPORT,
    }
)
"""A river's water is expected from its reading's own time (`risk.onset`): its age is in the onset
already, as are the hour that a forecast is about and the minute of a sighting. A loss is the
absence of a reading: hours of silence make no flood come sooner."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What all orders of one village at one cutoff share.

    Attributes
    ----------
    at : the cutoff, or the minute of a person's order; UTC (flood time)
    night : whether the night's walking times count
    approval_min : that an order may wait for an approver
    closures : what is reported closed, of the village's plan
    """

    village: Village
    tier: Tier
    risk: VillageRisk
    at: datetime
    night: bool
    cycle_min: int
    approval_min: int = 0
    closures: Closures = OPEN


def moment_of(
    village: Village,
    tier: Tier,
    risk: VillageRisk,
    *,
    at: datetime,
    config: WarningConfig,
    closures: Closures = OPEN,
) -> Moment:
    """Return what a village's orders at one instant share."""
    waits = ceil(wait(tier, risk, config).total_seconds() / 60)
    night = is_night(at, config)
    return Moment(village, tier, risk, at, night, config.cycle_minutes, waits, closures)


def orders(plan: Plan | None, moment: Moment) -> tuple[PlaceOrder, ...]:
    """Return the order to each place of a village; none for blue, nor for a river point.

    Yellow asks the responsible persons to stand by. At orange the zones prepare; the special
    sites, those of a zone who need help, and a zone that floods often and has no refuge move; at
    red all move, each by the way that the flood and its reports leave open. Past its decide-by, or
    with no way left, a place is told its named refuge; where the plan names none it is told to
    move, and `lint` has said so before. Without a usable plan the village is ordered as a whole.

    Source: DESIGN section 7; users.md 6 to 8.
    """
    tier = moment.tier
    if moment.village.kind is VillageKind.RIVER_POINT or tier < Tier.YELLOW:
        return ()
    if tier is Tier.YELLOW:
        return (_whole(moment, Action.STAND_BY, plan),)
    if plan is None:
        return (_whole(moment, Action.MOVE if tier is Tier.RED else Action.PREPARE, None),)
    return tuple(order for _, place in plan.places() for order in _at_place(moment, plan, place))


def risen(plan: Plan | None, moment: Moment, *, before: Tier) -> tuple[PlaceOrder, ...]:
    """Return the orders of a village whose tier has risen, with what each place was told before.

    Source: alerting.md 3.2 (C7): an update says what changed.
    """
    old = {o.place_id: o.action for o in orders(plan, replace(moment, tier=before))}
    return tuple(replace(o, was=old.get(o.place_id)) for o in orders(plan, moment))


def rerouted(plan: Plan | None, moment: Moment, *, before: Closures) -> tuple[PlaceOrder, ...]:
    """Return the orders that are other ones than with what was closed before, and why.

    Source: users.md 6: one "route changed" to each who has not moved.
    """
    if plan is None:
        return ()
    old = {o.place_id: o for o in orders(plan, replace(moment, closures=before))}
    closed = closed_names(plan, moment.closures.without(before))
    return tuple(
        replace(order, changed=closed)
        for order in orders(plan, moment)
        if _goes(order) != _goes(old[order.place_id])
    )


def closed_names(plan: Plan, closures: Closures) -> tuple[LocalText, ...]:
    """Return the names of what is closed, as the plan writes them; of nothing, none."""
    crossings = (crossing for route in plan.routes for crossing in route.crossings)
    return (
        *(route.name for route in plan.routes if route.id in closures.routes),
        *{c.id: c.name for c in crossings if c.id in closures.crossings}.values(),
        *(shelter.name for shelter in plan.shelters if shelter.id in closures.shelters),
    )


def _goes(order: PlaceOrder) -> tuple[object, ...]:
    return order.action, order.to, order.way


def pressing(plan: Plan | None, moment: Moment) -> tuple[PlaceOrder, ...]:
    """Return the orders to leave that a village does not give yet, and cannot a cycle later.

    Where the decide-by of a place's move has come, waiting for more certainty is itself the
    decision that its people stay. Whoever leaves one tier below presses nobody.

    Parameters
    ----------
    moment : at the tier above the one at which the village is

    Source: DESIGN section 7: tiers rise on decide-by.
    """
    if plan is None:
        return ()
    now = orders(plan, replace(moment, tier=Tier(moment.tier - 1)))
    leave = {order.place_id for order in now if order.action in LEAVING}
    return tuple(
        order
        for order in orders(plan, moment)
        if order.action in LEAVING
        and order.place_id not in leave
        and order.decide_by.at is not None
        and order.decide_by.at < moment.at
    )


def stand_down(
    village: Village, plan: Plan | None, risk: VillageRisk, *, at: datetime
) -> PlaceOrder:
    """Return the word to those who only stood by that they need not any more."""
    calm = Moment(village, Tier.NONE, risk, at, night=False, cycle_min=0)
    return _whole(calm, Action.STAND_DOWN, plan)


def let_home(
    plan: Plan | None,
    moment: Moment,
    places: tuple[str, ...],
    *,
    told: Mapping[str, tuple[str, ...]],
) -> tuple[PlaceOrder, ...]:
    """Return the word to each released place that its people may go home.

    A place that an edit has since taken out of the plan is called by its id, and a person who was
    taken out of it is told as well: whoever was sent from there waits for the word as others do.

    Parameters
    ----------
    told : roster references of those to whom an order went, by place
    """
    word = _whole(moment, Action.RETURN, plan)
    return tuple(
        word
        if place_id == WHOLE_VILLAGE
        else _home(plan, replace(word, place_id=place_id), told.get(place_id, ()), moment)
        for place_id in places
    )


def _home(plan: Plan | None, word: PlaceOrder, told: tuple[str, ...], moment: Moment) -> PlaceOrder:
    """Return the word that lets a place's people home, as that place's own."""
    home = home_of(word.place_id)
    places = () if plan is None else plan.places()
    place = next((place for _, place in places if place.id == home), None)
    if plan is None or place is None:
        recipients = told if plan is None else (*_movers(plan, None), *told)
        return replace(word, place={"*": home}, people=None, recipients=_once(recipients))
    alone = not is_helped(word.place_id)
    helped = () if alone else plan.helped_at(place)
    return replace(
        word,
        place=place.name,
        people=_people(place, night=moment.night) if alone else len(helped),
        recipients=_once((*_movers(plan, place, helped), *told)),
    )


def take_back(plan: Plan | None, moment: Moment, told: tuple[str, ...]) -> PlaceOrder:
    """Return the word to all who were told that it was sent in error.

    Parameters
    ----------
    told : roster references of everyone to whom an order of the episode went
    """
    return replace(_whole(moment, Action.RETRACT, plan), recipients=told)


def ranks(plan: Plan | None, told: Iterable[PlaceOrder]) -> dict[str, int]:
    """Return by place who is told first of those with one decide-by: the highest.

    Who does not get away alone goes first, then the more people.

    Source: alerting.md D6.
    """
    sites = frozenset() if plan is None else frozenset(site.id for site in plan.special_sites)
    return {
        order.place_id: (NEED if is_helped(order.place_id) or order.place_id in sites else 0)
        + (order.people or 0)
        for order in told
    }


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


def _whole(moment: Moment, action: Action, plan: Plan | None) -> PlaceOrder:
    return PlaceOrder(
        village_id=moment.village.village_id,
        place_id=WHOLE_VILLAGE,
        place=village_name(moment.village),
        action=action,
        tier=moment.tier,
        to=None,
        way=None,
        avoid=None,
        signal=_signal(plan, action, moment.tier),
        people=moment.village.people,
        decide_by=DecideBy(at=None, minutes=(), passed=False),
        recipients=() if plan is None else plan.people.responsible,
    )


def _at_place(moment: Moment, plan: Plan, place: Place) -> Iterator[PlaceOrder]:
    """Yield the orders to one place; those of a zone who need help come first and leave first.

    Their order goes to who leads and to who comes for them. They are not told themselves: whoever
    cannot leave alone waits for the helper.
    """
    if isinstance(place, Zone) and (helped := plan.helped_at(place)):
        yield replace(
            _to_place(moment, plan, place, Action.MOVE),
            place_id=helped_in(place.id),
            people=len(helped),
            recipients=_movers(plan, place, helped),
        )
    yield _to_place(moment, plan, place, _action(moment.tier, place))


def _to_place(moment: Moment, plan: Plan, place: Place, action: Action) -> PlaceOrder:
    # whoever only prepares will walk at red, so the way must be open then
    flood = Tier.RED if action is Action.PREPARE else moment.tier
    way = plan.way_out(place, flood, night=moment.night, closures=moment.closures)
    limit = _limit(moment, plan, place, way)
    to_refuge = place.refuge is not None and (
        way is None or (action is Action.MOVE and limit.passed)
    )
    if to_refuge and action is Action.MOVE:
        action = Action.REFUGE
    route = None if way is None or to_refuge else way.route
    return PlaceOrder(
        village_id=plan.village_id,
        place_id=place.id,
        place=place.name,
        action=action,
        tier=moment.tier,
        to=_destination(place, way, to_refuge=to_refuge),
        way=None if route is None else route.name,
        avoid=None if route is None else route.avoid,
        signal=_signal(plan, action, moment.tier),
        mark=plan.offline.mark_move if action is Action.PREPARE and plan.offline else None,
        people=_people(place, night=moment.night),
        decide_by=limit,
        recipients=_movers(plan, place),
    )


def _action(tier: Tier, place: Place) -> Action:
    now = tier is Tier.RED or isinstance(place, SpecialSite) or place.cannot_wait
    return Action.MOVE if now else Action.PREPARE


def _destination(place: Place, way: Way | None, *, to_refuge: bool) -> LocalText | None:
    if to_refuge and place.refuge is not None:
        return place.refuge.name
    return None if way is None else way.shelter.name


def _people(place: Place, *, night: bool) -> int:
    return place.inside(night=night) if isinstance(place, SpecialSite) else place.people


def _limit(moment: Moment, plan: Plan, place: Place, way: Way | None) -> DecideBy:
    if way is None:
        return NEVER_IN_TIME
    onset, times = moment.risk.onset, plan.times
    gather = place.gather if isinstance(place, Zone) else None
    delays = Delays(
        data_age=data_age_min(moment.risk),
        cycle=moment.cycle_min,
        approval=moment.approval_min,
        call=times.call,
        gather=times.gather if gather is None else gather,
        walk=way.walk,
        help=place.times_help if isinstance(place, SpecialSite) else times.help,
    )
    return decide_by(None if onset is None else onset.earliest, delays, now=moment.at)


def _signal(plan: Plan | None, action: Action, tier: Tier) -> LocalText | None:
    """Return what is heard in the village with an order.

    Whoever leaves at orange leaves without one: to all others the signal to leave says "you too".
    """
    if plan is None or plan.signals is None:
        return None
    match action:
        case Action.PREPARE:
            return plan.signals.prepare
        case Action.MOVE | Action.REFUGE:
            return plan.signals.move if tier is Tier.RED else None
        case Action.RETURN:
            return plan.signals.all_clear
        case Action.STAND_BY | Action.STAND_DOWN | Action.RETRACT:
            return None


def _movers(plan: Plan, place: Place | None, helped: tuple[NeedsHelp, ...] = ()) -> tuple[str, ...]:
    """Return who leads a move, each once; of a special site also its keeper and who comes to help.

    Source: users.md 7: at orange a care home's text goes to a named team as well.
    """
    people = plan.people
    own: tuple[str | None, ...] = ()
    if isinstance(place, SpecialSite):
        own, helped = (place.keeper, place.team), plan.helped_at(place)
    helpers = (ref for person in helped for ref in (person.helper, person.deputy))
    return _once((*people.responsible, *people.warning, *people.transfer, *own, *helpers))


def _once(refs: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ref for ref in refs if ref is not None))
