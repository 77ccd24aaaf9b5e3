"""What can be done about a village's tier: raise it by a report or an order, lower, take back."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from alerts.board.act_words import ActWords, colour_in
from alerts.board.plan_names import place_names
from alerts.board.possible import OpenRequest, Possible, Record
from alerts.board.words import clock
from alerts.instead import places_of
from alerts.ledger.actions import Deed, Verb
from alerts.tier import tier_for
from pipeline.bulletin import Sighting
from pipeline.site.risk_settings import ReportSettings

NO_DEED = "-"
"""What a form bears for the newest deed where its page knew none."""

WORST_FIRST = (
    Sighting.DEBRIS,
    Sighting.IN_HOUSES,
    Sighting.OVER,
    Sighting.AT_BRIDGE,
    Sighting.RISING,
    Sighting.CALM,
)


@dataclass(frozen=True, slots=True)
class Press:
    """A button that says what it brings; `tier` gives its colour."""

    value: str
    name: str
    brings: str
    tier: int


@dataclass(frozen=True, slots=True)
class Fall:
    """A tier that can be asked for."""

    value: str
    name: str


@dataclass(frozen=True, slots=True)
class Request:
    """What waits for a second person, with what stands against it in the door's own words."""

    action_id: str
    text: str
    reason: str
    override: str
    agree: bool
    against: str


@dataclass(frozen=True, slots=True)
class TierView:
    """What this person can do about the tier.

    Attributes
    ----------
    after : the newest deed that the page knows
    must_override : a rule holds every tier that could be asked for
    """

    sightings: tuple[Press, ...]
    orders: tuple[Press, ...]
    after: str
    falls: tuple[Fall, ...]
    must_override: bool
    may_override: bool
    retract: bool
    requests: tuple[Request, ...]


def tier_view(
    record: Record, can: Possible, settings: ReportSettings, zone: ZoneInfo, say: ActWords
) -> TierView:
    """Return what a person can do about the tier."""
    held = [target.held for target in can.lower]
    return TierView(
        sightings=tuple(_sighting(saw, settings, say) for saw in WORST_FIRST if can.report),
        orders=tuple(_orders(record, can, say)),
        after=record.deeds[-1].action_id if record.deeds else NO_DEED,
        falls=tuple(_falls(can, say)),
        must_override=bool(held) and all(held),
        may_override=any(held),
        retract=can.retract,
        requests=tuple(_request(r, record, zone, say) for r in can.requests),
    )


def _sighting(saw: Sighting, settings: ReportSettings, say: ActWords) -> Press:
    tier = tier_for(settings.level_of(saw))
    colour = colour_in(tier.colour, say)
    brings = say.tiers.brings.format(colour=colour) if tier else say.tiers.brings_none
    return Press(saw, say.tiers.saw[saw], brings, int(tier))


def _orders(record: Record, can: Possible, say: ActWords) -> list[Press]:
    return [
        Press(
            tier.colour,
            say.tiers.orders[tier],
            say.tiers.again if tier is record.tier else "",
            int(tier),
        )
        for tier in can.order
    ]


def _falls(can: Possible, say: ActWords) -> list[Fall]:
    return [
        Fall(
            target.tier.colour,
            colour_in(target.tier.colour, say) + (f" ({say.tiers.held})" if target.held else ""),
        )
        for target in can.lower
    ]


def _request(request: OpenRequest, record: Record, zone: ZoneInfo, say: ActWords) -> Request:
    deed = request.deed
    return Request(
        deed.action_id,
        _asks(deed, record, zone, say),
        deed.reason,
        deed.override or "",
        agree=request.agree,
        against=request.against,
    )


def _asks(deed: Deed, record: Record, zone: ZoneInfo, say: ActWords) -> str:
    who, when = deed.by_ref, clock(deed.at, zone)
    match deed.verb:
        case Verb.LOWER_REQUEST:
            colour = colour_in(deed.tier.colour, say)
            return say.tiers.asks_lower.format(ref=who, time=when, colour=colour)
        case Verb.RETRACT_REQUEST:
            return say.tiers.asks_retract.format(ref=who, time=when)
        case _:
            places = place_names(record, places_of(deed), say)
            return say.asks.format(ref=who, time=when, places=places)
