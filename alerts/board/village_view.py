"""The content of a village's page: rain, rivers, thresholds, orders and the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from alerts.board.charts import Chart, hydrograph, hyetograph
from alerts.board.facts import Facts, Sent
from alerts.board.view import REFRESH_S, Banner, Row, banner, village_row
from alerts.board.words import clock, in_language, sent_count
from alerts.handing_out import HandedOut
from alerts.plan.model import Plan
from alerts.plan.places import Place, Refuge
from pipeline.bulletin import RiskLevel
from pipeline.series import Accumulation, VillageSeries
from pipeline.site.model import Village
from pipeline.village_case import ForecastCase, Guidance

LANGUAGE = "en"
"""The board speaks English until it has a language switch; orders are shown as they were sent."""

LEVELS = (RiskLevel.BLUE, RiskLevel.YELLOW, RiskLevel.ORANGE, RiskLevel.RED)


@dataclass(frozen=True, slots=True)
class Cell:
    """One threshold in the accumulation table."""

    level: int
    text: str
    reached: bool


@dataclass(frozen=True, slots=True)
class AccumulationRow:
    """One duration: what fell, how much of it was seen, and the thresholds on today's wetness."""

    duration: str
    value: str
    coverage: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class GuidanceRow:
    """One duration: how much more rain would bring the flow of each level."""

    duration: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForecastView:
    """What a forecast foresees for the village.

    Attributes
    ----------
    rows : what is foreseen; what members agree on, the least and the most of them
    odds : by level, the share of the members that bring it
    """

    title: str
    rows: tuple[tuple[str, str, str, str], ...]
    odds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RiverChart:
    """One linked river station."""

    station_id: str
    variable: str
    chart: Chart


@dataclass(frozen=True, slots=True)
class MessageItem:
    """One order as it was sent, and what became of it."""

    when: str
    audience: str
    language: str
    place: str
    body: str
    sms: str | None
    voice: str | None
    deliveries: str
    acked: str
    ack_class: str


@dataclass(frozen=True, slots=True)
class AlertItem:
    """One CAP alert of the episode, by which it can be fetched, and where its pushes stand."""

    when: str
    identifier: str
    pushed: str


@dataclass(frozen=True, slots=True)
class PlanPlace:
    """One zone or special site of the plan, first route and shelter."""

    name: str
    people: str
    route: str
    shelter: str
    refuge: str


@dataclass(frozen=True, slots=True)
class PlanView:
    """The plan in short."""

    note: str
    places: tuple[PlanPlace, ...]
    responsible: tuple[str, ...]
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VillageView:
    """A village's page."""

    banner: Banner
    name: str
    township: str
    zone: str
    area: str
    row: Row
    confidence: str
    wetness: str
    rain: Chart
    rivers: tuple[RiverChart, ...]
    accumulations: tuple[AccumulationRow, ...]
    guidance: tuple[GuidanceRow, ...]
    forecast: ForecastView | None
    messages: tuple[MessageItem, ...]
    alerts: tuple[AlertItem, ...]
    plan: PlanView | None
    refresh_s: int = REFRESH_S


def village_view(
    facts: Facts,
    village: Village,
    series: VillageSeries,
    plan: Plan | None,
    alerts: tuple[HandedOut, ...] = (),
) -> VillageView:
    """Return the page of one village.

    Parameters
    ----------
    series : read at the same cutoff as the newest bulletin, so page and decision agree
    plan : None where there is none, or none that could be read
    alerts : its episode's in CAP that may be handed out, newest first
    """
    risk = facts.risk(village.village_id)
    mine = [s for s in facts.sent if s.village_id == village.village_id]
    return VillageView(
        banner=banner(facts),
        name=village.name,
        township=village.township,
        zone=str(facts.zone),
        area="area unknown" if village.area_km2 is None else f"{village.area_km2:g} km2",
        row=village_row(facts, village),
        confidence=risk.confidence.value,
        wetness=_wetness(series),
        rain=hyetograph(series.times, series.rain_mm, facts.zone),
        rivers=tuple(_rivers(series, facts)),
        accumulations=tuple(_accumulation(a) for a in series.accumulations),
        guidance=tuple(_guidance(g) for g in series.guidance),
        forecast=None if series.forecast is None else _forecast(series.forecast, facts),
        messages=tuple(_message(s, facts) for s in reversed(mine)),
        alerts=tuple(_alert(alert, facts) for alert in alerts),
        plan=None if plan is None else plan_view(plan),
    )


def _rivers(series: VillageSeries, facts: Facts) -> Iterator[RiverChart]:
    for r in series.rivers:
        unit = r.variable.unit
        chart = hydrograph(r.times, r.values, r.levels, facts.zone, unit=unit, hours=series.times)
        yield RiverChart(r.station_id, r.variable.value, chart)


def _wetness(series: VillageSeries) -> str:
    amount = "unknown amount" if series.wetness_mm is None else f"{series.wetness_mm:.1f} mm"
    return f"{series.wetness_class.value} ({amount})"


def _accumulation(row: Accumulation) -> AccumulationRow:
    return AccumulationRow(
        duration=f"{row.duration_h:g} h",
        value="not seen" if row.value is None else f"{row.value:.1f}",
        coverage=f"{row.coverage:.0%}",
        cells=tuple(_cell(level, row.value, row.thresholds.get(level)) for level in LEVELS),
    )


def _cell(level: RiskLevel, value: float | None, threshold: float | None) -> Cell:
    if threshold is None:
        return Cell(int(level), "-", reached=False)
    return Cell(int(level), f"{threshold:.1f}", value is not None and value >= threshold)


def _guidance(row: Guidance) -> GuidanceRow:
    return GuidanceRow(
        duration=f"{row.duration_h:g} h", cells=tuple(_more(row.mm.get(level)) for level in LEVELS)
    )


def _more(mm: float | None) -> str:
    if mm is None:
        return "none known"
    return f"{mm:.0f}" if mm else "none needed"


def _forecast(case: ForecastCase, facts: Facts) -> ForecastView:
    many = f"{case.members} members" if case.members > 1 else "one run"
    run = clock(case.run, facts.zone, with_date=True)
    rows = [(f"most rain of {hours} h, mm", mm) for hours, mm in case.mm.items()]
    rows += [] if case.peak_m3s is None else [("highest flow, m3/s", case.peak_m3s)]
    return ForecastView(
        title=f"{case.feed_id}, run of {run}, {many}",
        rows=tuple(
            (what, f"{agreed:.1f}", f"{least:.1f}", f"{most:.1f}")
            for what, (least, agreed, most) in rows
        ),
        odds=tuple(f"{case.probability[level]:.0%}" for level in LEVELS),
    )


def _message(sent: Sent, facts: Facts) -> MessageItem:
    answers = ", ".join(f"{ref} at {clock(at, facts.zone)}" for ref, at in sent.acked)
    return MessageItem(
        when=clock(sent.slot, facts.zone, with_date=True),
        audience=sent.audience,
        language=sent.language,
        place=sent.place_id or f"{sent.audience}s",
        body=sent.body,
        sms=sent.sms,
        voice=sent.voice,
        deliveries=sent_count((sent,)),
        acked=f"acknowledged by {answers}" if answers else "no answer yet",
        ack_class="ok" if answers else "no",
    )


def _alert(alert: HandedOut, facts: Facts) -> AlertItem:
    sent = datetime.fromisoformat(alert.reference.sent)
    pushed = ", ".join(f"{each.receiver} {each.state}" for each in alert.pushed)
    at = clock(sent, facts.zone, with_date=True)
    return AlertItem(at, alert.reference.identifier, pushed)


def plan_view(plan: Plan) -> PlanView:
    """Return a plan in short, in the board's language where the plan has it."""
    signals = plan.signals
    return PlanView(
        note=plan.note,
        places=(
            *(_place(plan, zone) for zone in plan.zones),
            *(_place(plan, site) for site in plan.special_sites),
        ),
        responsible=plan.people.responsible,
        signals=()
        if signals is None
        else (f"prepare: {_said(signals.prepare)}", f"move: {_said(signals.move)}"),
    )


def _place(plan: Plan, place: Place) -> PlanPlace:
    route = next(route for route in plan.routes if route.id == place.routes[0])
    shelter = plan.shelter(place.shelters[0])
    return PlanPlace(
        name=_said(place.name),
        people=str(place.most_inside),
        route=f"{_said(route.name)} ({route.minutes_day} min, at night {route.minutes_night})",
        shelter=f"{_said(shelter.name)} (for {shelter.capacity})",
        refuge=_refuge(place.refuge),
    )


def _refuge(refuge: Refuge | None) -> str:
    return "none named" if refuge is None else _said(refuge.name)


def _said(words: Mapping[str, str]) -> str:
    return in_language(words, LANGUAGE)
