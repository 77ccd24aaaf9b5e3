"""Gather what the duty officers' text shows: orders with their evidence, in a language's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.episode import Step, TierEpisode
from alerts.message import Voice, place_name
from alerts.order import PlaceOrder
from alerts.orders import village_name
from alerts.plan.hazard import HazardZone
from alerts.plan.model import Plan
from alerts.templates import SAW, Words
from alerts.tier import Action, Tier
from pipeline.bulletin import Evidence, Indicator, Onset, RiskLevel, StationEvent, VillageRisk
from pipeline.site.model import Village

Fact = str | int | bool | None
Facts = dict[str, object]
SHOWN_EVIDENCE = 8


@dataclass(frozen=True, slots=True)
class Case:
    """One village's change, as officers must be able to judge it.

    Attributes
    ----------
    at : UTC (flood time) at which people are told
    known_at : the bulletin's cutoff, or the minute of a person's order
    station_names : by station id; an unknown id stands for itself
    events : of the stations that speak for the village
    by, reason : of a person's order or lowering, else empty
    restated : nothing has changed but what is closed, or how long the village can be heard
    instead : people go home, or what was told is taken back
    pressing : at yellow, the orders to leave that orange would give, and give too late
    waits : how long the village's texts wait for an approver
    approvers : roster references, or roles, in the order in which they are asked
    hazards : the hazard zones that are the village's
    """

    village: Village
    plan: Plan | None
    risk: VillageRisk
    before: TierEpisode | None
    step: Step
    orders: tuple[PlaceOrder, ...]
    at: datetime
    known_at: datetime
    station_names: dict[str, str]
    events: tuple[StationEvent, ...] = ()
    by: tuple[str, ...] = ()
    reason: str = ""
    restated: bool = False
    instead: bool = False
    pressing: tuple[PlaceOrder, ...] = ()
    waits: timedelta = timedelta(0)
    approvers: tuple[str, ...] = ()
    hazards: tuple[HazardZone, ...] = ()


def officer_facts(case: Case, voice: Voice) -> Facts:
    """Return what an officer's template may name; every code as a word, every time local."""
    words, risk = voice.templates.words, case.risk
    tier = Tier.NONE if case.step.episode is None else case.step.episode.tier
    before = (
        case.before.tier if case.before is not None and case.before.closed is None else Tier.NONE
    )
    return {
        "source": voice.source,
        "contact": voice.contact,
        "village": voice.say(village_name(case.village)),
        "township": case.village.township,
        "tier": words.tier[tier.colour],
        "previous": words.tier[before.colour],
        "change": words.change[case.step.change],
        "at": voice.minute(case.known_at),
        "goes_at": voice.minute(case.at + case.waits) if case.waits else None,
        "level": words.tier[risk.level.name.lower()],
        "signal": words.signal[risk.signal],
        "confidence": words.confidence[risk.confidence],
        "data_state": words.data_state[risk.data_state],
        "cause": risk.cause,
        "complete": risk.data_state == "complete",
        "onset": _onset(risk.onset, voice),
        "decide_by": voice.minute(earliest_decide_by(case.orders)),
        "orders": [_order(order, voice) for order in case.orders],
        "pressing": [_order(order, voice) for order in case.pressing],
        "evidence": [
            _evidence(e, case.station_names, voice) for e in weightiest(risk)[:SHOWN_EVIDENCE]
        ],
        "events": [_event(e, case.station_names, voice) for e in case.events],
        "planned": case.plan is not None,
        "exercise_plan": case.plan is not None and case.plan.exercise,
        "officers_only": not case.orders,
        "by": ", ".join(case.by),
        "reason": case.reason,
    }


def earliest_decide_by(orders: tuple[PlaceOrder, ...]) -> datetime | None:
    """Return the first decide-by of a village's orders; None where none could be given."""
    return min((o.decide_by.at for o in orders if o.decide_by.at is not None), default=None)


def gravest(orders: tuple[PlaceOrder, ...]) -> Action:
    """Return the gravest action among the orders, by which officers' messages are sorted."""
    named = {order.action for order in orders}
    grave = (
        *(Action.REFUGE, Action.MOVE, Action.PREPARE, Action.STAND_BY),
        *(Action.RETRACT, Action.RETURN),
    )
    return next((action for action in grave if action in named), Action.STAND_DOWN)


def _onset(onset: Onset | None, voice: Voice) -> dict[str, Fact] | None:
    if onset is None:
        return None
    return {
        "earliest": voice.minute(onset.earliest),
        "likely": voice.minute(onset.likely),
        "latest": voice.minute(onset.latest),
    }


def _order(order: PlaceOrder, voice: Voice) -> dict[str, Fact]:
    return {
        "place": place_name(order, voice),
        "people": order.people,
        "action": voice.templates.words.action[order.action],
        "to": voice.say(order.to),
        "way": voice.say(order.way),
        "avoid": voice.say(order.avoid),
        "decide_by": voice.minute(order.decide_by.at),
        "passed": order.decide_by.passed,
    }


def weightiest(risk: VillageRisk) -> list[Evidence]:
    """Return the evidence by the level it supports, then by how far over its threshold it is."""
    return sorted(risk.evidence, key=lambda e: (-e.level, -(_share(e) or 0.0)))


def _share(evidence: Evidence) -> float | None:
    if evidence.value is None or not evidence.threshold:
        return None
    return evidence.value / evidence.threshold


def _evidence(evidence: Evidence, names: dict[str, str], voice: Voice) -> dict[str, Fact]:
    share, words = _share(evidence), voice.templates.words
    return {
        "indicator": _indicator(evidence, words),
        "station": _station(evidence.station_id, evidence.indicator, names),
        "hours": None if evidence.duration_h is None else f"{evidence.duration_h:g}",
        "value": _value(evidence, words.tier),
        "threshold": _number(evidence.threshold),
        "unit": "" if evidence.indicator is Indicator.OFFICIAL else evidence.unit,
        "percent": None if share is None else f"{100 * share:.0f}",
        "age_min": None if evidence.age_s is None else evidence.age_s // 60,
        "valid": voice.minute(evidence.valid_time),
        "basis": words.basis.get(evidence.basis, evidence.basis),
        "fed_by": evidence.fed_by,
        "lowered_by": evidence.lowered_by,
        "rise_per_h": None if evidence.rise_per_h is None else f"{evidence.rise_per_h:+.2f}",
        **_odds(evidence),
        "level": words.tier[RiskLevel(evidence.level).name.lower()],
    }


def _indicator(evidence: Evidence, words: Words) -> str:
    """Return what kind of evidence it is; of a report, what was seen as well."""
    said = words.indicator[evidence.indicator]
    if evidence.saw is None:
        return said
    return f"{said} ({words.saw.get(evidence.saw, SAW[evidence.saw])})"


def _odds(evidence: Evidence) -> dict[str, Fact]:
    """Return how many of an ensemble agree, and between what nine and one in ten of them lie."""
    if evidence.probability is None or evidence.spread is None:
        return {"members_percent": None}
    low, high = evidence.spread
    return {
        "members_percent": f"{100 * evidence.probability:.0f}",
        "low": _number(low),
        "high": _number(high),
    }


def _event(event: StationEvent, names: dict[str, str], voice: Voice) -> dict[str, Fact]:
    return {
        "kind": voice.templates.words.event[event.kind],
        "station": _station(event.station_id, event.kind, names),
        "since": voice.minute(event.since),
        "detail": event.detail,
    }


def _station(ident: str, shown: str, names: dict[str, str]) -> str | None:
    """Return a station's id and name, each once; None for a grid named after what it shows."""
    if ident == shown:
        return None
    name = names.get(ident, ident)
    return name if ident in name else f"{ident} {name}"


def _value(evidence: Evidence, colours: Mapping[str, str]) -> str | None:
    """Return a number as a number, and the level of an official warning as its colour."""
    if evidence.indicator is Indicator.OFFICIAL and evidence.value is not None:
        return colours[RiskLevel(int(evidence.value)).name.lower()]
    return _number(evidence.value)


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"
