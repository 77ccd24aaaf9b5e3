"""Fill every template once, before a night does: a template that fails is a finding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

from alerts.by_person import order_by_person
from alerts.cap import alert
from alerts.decide_by import NEVER_IN_TIME
from alerts.episode import Change, Step
from alerts.forms import SPEECH, Form, form_words, render
from alerts.limits import forbidden
from alerts.message import Text, Voice, ask, fill, officer, villager
from alerts.notice_facts import notice_text
from alerts.officer_facts import Case, officer_facts
from alerts.order import Alone, DecideBy, PlaceOrder
from alerts.outage import Kind, Notice, Source, Word
from alerts.plan.helped import helped_in
from alerts.templates import SPOKEN, SPOKEN_LATER, WITHOUT_PLAN, LastWord, Templates
from alerts.tier import WAITING, Action, Tier
from alerts.warning_config import WarningConfig
from pipeline.bulletin import (
    Confidence,
    DataState,
    Evidence,
    Indicator,
    Onset,
    RiskLevel,
    Sighting,
    Signal,
    StationEvent,
    StationEventKind,
    VillageRisk,
)
from pipeline.site.finding import Finding
from pipeline.site.model import Village, VillageKind
from pipeline.world import Mode, World

AT = datetime(2024, 7, 14, 18, 5, tzinfo=UTC)
MEASURED = re.compile(r"\d\s?(?:mm|毫米|m3|m³|立方米)", re.IGNORECASE)
BRACKETED = re.compile(r"【[^【】]+】|[^【】]*")
ENGLISH = "en"
ONLY_HERE = "@at the sample mark@"
ALONE = Alone(mark={"en": ONLY_HERE}, bucket=True, to=None)
WORLD = World("sample", Mode.EXERCISE, "x1")


def lint(templates: Templates, *, file: str) -> list[Finding]:
    """Return a finding for each text that cannot be filled or says what no villager should read."""
    voice = Voice(Mode.EXERCISE, templates, _config(templates.language))
    faults = [
        *(*_villagers(voice), *_forms(voice), *_last_word(voice), *_officers(voice)),
        *(*_notices(voice), *_cap(voice)),
    ]
    return [
        Finding("error", file, None, field, message, "correct the template")
        for field, message in faults
    ]


def _villagers(voice: Voice) -> Iterator[tuple[str, str]]:
    spoken = (*SPOKEN, *SPOKEN_LATER)
    for group, actions in (("villager", spoken), ("without_plan", WITHOUT_PLAN)):
        for action in actions:
            if action not in getattr(voice.templates, group):
                yield f"{group}.{action}", "there is no such text: plain English would be sent"
                continue
            for order in _samples(action, planned=group == "villager"):
                text = villager(order, {"en": "Village"}, voice, at=AT)
                for fault in _faults(text, voice):
                    yield f"{group}.{action}", fault


def _faults(text: Text, voice: Voice) -> Iterator[str]:
    if text.fault is not None:
        yield f"cannot be filled: {text.fault}"
    said = f"{text.subject} {text.body}"
    for colour in colours(said, voice.templates):
        yield f"a villager's text names the colour {colour}"
    if MEASURED.search(said):
        yield "a villager's text gives a measured number"


def colours(said: str, templates: Templates) -> Iterator[str]:
    """Yield each colour of a tier that a text names, in the language of the templates."""
    for code, colour in templates.words.tier.items():
        if code != Tier.NONE.colour and _names(said.casefold(), colour.casefold()):
            yield colour


def _forms(voice: Voice) -> Iterator[tuple[str, str]]:
    """Find what fails in the texts of an SMS or a call; a site need not have either yet."""
    yield from _signature(voice.templates.signature or "")
    for form in SPEECH:
        texts = getattr(voice.templates, form)
        for action in (*SPOKEN, *SPOKEN_LATER) if texts else ():
            if action not in texts:
                yield f"{form}.{action}", "there is no such text: plain words would be sent"
                continue
            for order in (*_samples(action, planned=True), *_samples(action, planned=False)):
                for fault in _form_faults(order, voice, form):
                    yield f"{form}.{action}", fault


def _form_faults(order: PlaceOrder, voice: Voice, form: Form) -> Iterator[str]:
    village = {"en": "Village"}
    source = getattr(voice.templates, form)[order.action].text
    for replies in (True, False):
        text = render(order, village, voice, at=AT, form=form, replies=replies)
        yield from _faults(text, voice)
        if text.fault is None:
            words = form_words(order, village, voice, at=AT, form=form, replies=replies)
            for what in forbidden(fill(source, words)):
                yield f"a villager's text holds {what}"


def _last_word(voice: Voice) -> Iterator[tuple[str, str]]:
    """Find where those who wait for word would not read that none may come."""
    if voice.templates.last_word == LastWord() and voice.language != ENGLISH:
        yield "last_word", "there is no such text: plain English would be sent"
    for action, form in product(sorted(WAITING), Form):
        for planned in (True, False):
            if form in SPEECH and action not in getattr(voice.templates, form):
                continue
            order = replace(next(_samples(action, planned=planned)), alone=ALONE)
            said = render(order, {"en": "Village"}, voice, at=AT, form=form).body
            if ONLY_HERE not in said:
                group = "villager" if form is Form.MAIL else form.value
                yield f"{group}.{action}", "it leaves out {{ alone }}, the last word"


def _signature(signature: str) -> Iterator[tuple[str, str]]:
    if BRACKETED.fullmatch(signature) is None:
        yield "signature", "one name, in one pair of 【】 or in none"
    for what in forbidden(signature):
        yield "signature", f"it holds {what}"


def _names(said: str, word: str) -> bool:
    pattern = rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word)
    return re.search(pattern, said) is not None


def _officers(voice: Voice) -> Iterator[tuple[str, str]]:
    if missing := [saw.value for saw in Sighting if saw not in voice.templates.words.saw]:
        yield "words.saw", f"no word for {', '.join(missing)}: plain English would be sent"
    for case in _cases():
        text = officer(officer_facts(case, voice), voice)
        if text.fault is not None:
            yield "officer", f"cannot be filled: {text.fault}"
    for case in _cases():
        text = ask(officer_facts(replace(case, waits=timedelta(minutes=5)), voice), voice)
        if text.fault is not None:
            yield "ask", f"cannot be filled: {text.fault}"


def _notices(voice: Voice) -> Iterator[tuple[str, str]]:
    """Find what fails in the texts of a silence; without them English is sent, which some read."""
    if voice.templates.notice is None and voice.language != ENGLISH:
        yield "notice", "there is no such text: plain English would be sent"
    for kind, word in product(Kind, Word):
        silence = Notice(
            source=Source(kind, "sample"),
            word=word,
            slot=AT,
            since=AT,
            grave=False,
            stations=("S1",),
            villages=("sample",),
            blind=1,
            degraded=0,
        )
        text = notice_text(silence, voice, at=AT)
        if text.fault is not None:
            yield f"notice.{word}", f"cannot be filled: {text.fault}"


def _cap(voice: Voice) -> Iterator[tuple[str, str]]:
    for case in _cases():
        for fault in alert(case, (voice,), world=WORLD).faults:
            yield "cap", fault


def _samples(action: Action, *, planned: bool) -> Iterator[PlaceOrder]:
    """Yield orders: with every field, with no optional one, with no way left, to who needs help."""
    text = {"en": "somewhere"}
    full = PlaceOrder(
        village_id="sample",
        place_id="zone",
        place={"en": "Lower houses"},
        action=action,
        tier=Tier.RED,
        to=text if planned else None,
        way=text if planned else None,
        avoid=text if planned else None,
        signal=text,
        mark=text,
        people=20,
        decide_by=DecideBy(AT + timedelta(hours=1), _MINUTES, passed=False),
        recipients=("sample/responsible",),
    )
    yield full
    unknown = DecideBy(None, (), passed=False)
    yield replace(full, avoid=None, signal=None, mark=None, people=None, decide_by=unknown)
    yield replace(full, way=None, avoid=None, decide_by=NEVER_IN_TIME)
    yield replace(full, place_id=helped_in(full.place_id))


_MINUTES = (
    *(("data_age", 5), ("cycle", 60), ("approval", 0)),
    *(("call", 5), ("gather", 10), ("walk", 20), ("help", 0)),
)


def _cases() -> Iterator[Case]:
    village = Village(
        village_id="sample",
        kind=VillageKind.VILLAGE,
        name="样村",
        name_en="Sample",
        township="Township",
        position_basis="none",
    )
    opened = order_by_person(None, "sample", Tier.RED, world=WORLD, slot=AT)
    full = Case(
        village=village,
        plan=None,
        risk=_risk(),
        before=None,
        step=opened,
        orders=tuple(order for action in SPOKEN for order in _samples(action, planned=True)),
        pressing=tuple(_samples(Action.MOVE, planned=True)),
        at=AT,
        known_at=AT,
        station_names={},
        events=tuple(StationEvent(kind, "S1", AT, "sample") for kind in StationEventKind),
        by=("sample/duty",),
        reason="sample",
    )
    yield full
    bare = replace(_risk(), onset=None, evidence=(), data_state=DataState.COMPLETE)
    yield replace(full, risk=bare, orders=(), by=(), reason="", before=opened.episode, events=())
    fallen = opened.episode and replace(opened.episode, tier=Tier.NONE, closed=AT)
    yield replace(full, step=Step(fallen, Change.CLOSED, "sample"), orders=())


def _risk() -> VillageRisk:
    full = Evidence(Indicator.RAIN, "S1", 3.0, 60.0, 50.0, "mm", AT, 300, "rule", RiskLevel.RED)
    fed = replace(full, station_id="S3", fed_by="sample", lowered_by="sample")
    river = replace(full, indicator=Indicator.STAGE, unit="m", rise_per_h=-0.4)
    foreseen = replace(full, indicator=Indicator.FORECAST, probability=0.6, spread=(40.0, 70.0))
    lost = Evidence(
        Indicator.GAUGE_LOST, "S2", None, None, None, "", None, None, "rule", RiskLevel.YELLOW
    )
    seen = replace(lost, indicator=Indicator.REPORT, saw=Sighting.OVER)
    return VillageRisk(
        village_id="sample",
        level=RiskLevel.RED,
        signal=Signal.MOVE,
        onset=Onset(*(AT + timedelta(hours=hours) for hours in (1, 2, 3))),
        confidence=Confidence.LOW,
        data_state=DataState.BLIND,
        cause="sample",
        evidence=(full, fed, river, foreseen, lost, seen),
    )


def _config(language: str) -> WarningConfig:
    return WarningConfig(
        site="sample", site_name="Sample", zone="UTC", languages=(language,), cycle_minutes=60
    )
