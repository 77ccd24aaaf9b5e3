"""Write each order of each plan as an SMS and as a call before a night does; find what is too long.

Names are long where nobody read them as part of a text. The finding is the plan's, and says which
name to shorten. Source: users.md 9 and 10; alerting.md 3.2 C8 and C9.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby, product
from typing import Final, Literal
from zoneinfo import ZoneInfo

from alerts.decide_by import Delays, decide_by
from alerts.forms import SPEECH, Form, around, form_words, written
from alerts.limits import forbidden, limits, seconds, size, variable_max
from alerts.message import Text, Voice, one_line, passage, refuse, villager
from alerts.order import DecideBy, LocalText, PlaceOrder
from alerts.orders import WHOLE_VILLAGE, village_name
from alerts.plan.helped import helped_in, is_helped
from alerts.plan.model import Plan
from alerts.plan.places import Place, SpecialSite, Zone
from alerts.progress import Progress, followed
from alerts.template_lint import colours
from alerts.tier import Action, Tier
from alerts.warning_pack import MESSAGES, PLANS, WarningPack
from alerts.without_word import with_last_word
from pipeline.site.finding import Finding
from pipeline.site.model import Village, VillageKind
from pipeline.world import Mode

VILLAGES: Final = "villages.csv"
VILLAGE_NAME: Final = "name"
NIGHT: Final = datetime(2024, 7, 15, 1, 5)  # noqa: DTZ001 - local, of whatever zone the site has
"""A minute whose clock takes many words: past midnight, to be there at 03:25."""
ONSET: Final = timedelta(minutes=145)
SPENT: Final = Delays(data_age=5, cycle=60, approval=0, call=5, gather=15, walk=20, help=10)
SAID: Final = ("zones", "special_sites", "routes", "shelters")
"""Parts of a plan whose names an SMS or a call says."""
MODES: Final = (Mode.LIVE, Mode.EXERCISE)
ALONE: Final = "write a name alone: what is no name is left out of the texts"


@dataclass(frozen=True, slots=True)
class _Told:
    """One order that a plan can give, and the plan's field of each name in it.

    Attributes
    ----------
    closed : the fields of `order.changed`
    detour : by a way, or to a shelter, that is not the first of the place's choice
    """

    order: PlaceOrder
    fields: Mapping[str, str]
    closed: tuple[str, ...] = ()
    detour: bool = False

    @property
    def names(self) -> Iterator[tuple[str, LocalText | None]]:
        """Yield each name that a text says, with its field."""
        order = self.order
        said = {"place": order.place, "to": order.to, "way": order.way, "avoid": order.avoid}
        yield from ((field, said[word]) for word, field in self.fields.items())
        yield from zip(self.closed, order.changed or (), strict=True)


@dataclass(frozen=True, slots=True)
class _Case:
    """What a text is made of: who is told what, by whom, when, in which form."""

    told: _Told
    village: LocalText
    voice: Voice
    at: datetime
    form: Form


@dataclass(frozen=True, slots=True)
class _Fault:
    """A name for which a text does not fit.

    Attributes
    ----------
    field : of the plan, or `VILLAGE_NAME`
    why : of a village's texts that do not fit for the same reason, the worst is told
    """

    severity: Literal["error", "warning"]
    field: str
    why: tuple[str, str]
    excess: float
    message: str
    cure: str

    @property
    def weight(self) -> tuple[bool, float]:
        return self.severity == "error", self.excess


def fits(
    pack: WarningPack, files: Mapping[str, str], progress: Progress | None = None
) -> Iterator[Finding]:
    """Yield what a telephone would not bring of a site's orders as they stand.

    An ``error`` cannot be sent as it is: its end is cut, a provider refuses it, or plain words go
    out instead. Of a village's texts that are too long in one form and language, the worst is told:
    what is shortened for it is shorter in the others.

    Parameters
    ----------
    files : of the plans, below the site folder, by village id
    progress : told of each village whose orders were written, and how many there are
    """
    voices = [Voice(Mode.EXERCISE, words, pack.config) for words in pack.templates.values()]
    at = NIGHT.replace(tzinfo=ZoneInfo(pack.zone)).astimezone(UTC)
    broken: dict[tuple[str, str], Finding] = {}
    for village in followed(pack.villages, progress):
        if village.kind is VillageKind.RIVER_POINT:
            continue
        plan = pack.plans.get(village.village_id)
        file = VILLAGES if plan is None else files.get(village.village_id, f"{PLANS}/")
        faults = [*_names(village, plan, voices), *_headlines(village, voices)]
        for case in _cases(village, plan, voices, at):
            faults += _of_case(case, broken)
        yield from _worst(faults, file)
    yield from broken.values()
    yield from (absent for voice in voices for absent in _absent(voice))


def _worst(faults: list[_Fault], file: str) -> Iterator[Finding]:
    ordered = sorted(faults, key=lambda fault: fault.why)
    for _, alike in groupby(ordered, key=lambda fault: fault.why):
        several = list(alike)
        fault = max(several, key=lambda fault: fault.weight)
        more = len(several) - 1
        whose = VILLAGES if fault.field == VILLAGE_NAME else file
        message = f"{fault.message}; {more} more are too long" if more else fault.message
        yield Finding(fault.severity, whose, None, fault.field, message, fault.cure)


def _absent(voice: Voice) -> Iterator[Finding]:
    for form in SPEECH:
        if not getattr(voice.templates, form):
            message = f"no text in [{form}.<action>]: nothing leaves in that form"
            cure = "write one for each action"
            yield Finding("warning", _file(voice), None, form, message, cure)


def _file(voice: Voice) -> str:
    return f"{MESSAGES}/{voice.language}.toml"


def _cases(
    village: Village, plan: Plan | None, voices: list[Voice], at: datetime
) -> Iterator[_Case]:
    limit = decide_by(at + ONSET, SPENT, now=at)
    told = list(_all_told(village, plan, limit))
    for voice, one, form in product(voices, told, Form):
        # what a mail says of a detour it has said of the first way
        silent = one.detour if form is Form.MAIL else not getattr(voice.templates, form)
        if not silent:
            yield _Case(one, village_name(village), voice, at, form)


def _all_told(village: Village, plan: Plan | None, limit: DecideBy) -> Iterator[_Told]:
    """Yield each order that a village can be given."""
    actions: tuple[Action, ...] = (Action.STAND_BY, Action.STAND_DOWN, Action.RETRACT)
    whole = PlaceOrder(
        village_id=village.village_id,
        place_id=WHOLE_VILLAGE,
        place=village_name(village),
        action=Action.STAND_BY,
        tier=Tier.RED,
        to=None,
        way=None,
        avoid=None,
        signal=None,
        people=None,
        decide_by=limit,
        recipients=(),
    )
    if plan is None:
        actions = (*actions, Action.PREPARE, Action.MOVE, Action.RETURN)
    for action in actions:
        yield from _with_last_word(plan, _Told(replace(whole, action=action), {}))
    for field, place in () if plan is None else plan.places():
        helped = isinstance(place, Zone) and plan is not None and plan.helped_at(place)
        for place_id in (place.id, helped_in(place.id)) if helped else (place.id,):
            order = replace(whole, place_id=place_id, place=place.name)
            yield from _to_place(plan, place, _Told(order, {"place": f"{field}.name"}))


def _to_place(plan: Plan | None, place: Place, told: _Told) -> Iterator[_Told]:
    """Yield each order to one place: to its refuge, home, and by every way to every shelter."""
    yield replace(told, order=replace(told.order, action=Action.RETURN))
    if place.refuge is not None:
        order = replace(told.order, action=Action.REFUGE, to=place.refuge.name)
        field = told.fields["place"].removesuffix("name") + "refuge"
        yield _Told(order, {**told.fields, "to": field})
    now = isinstance(place, SpecialSite) or place.cannot_wait or is_helped(told.order.place_id)
    # who was told to get ready reads that as well: of two texts to leave it is the longer one
    acts = [(Action.MOVE, None)] if now else [(Action.PREPARE, None), (Action.MOVE, Action.PREPARE)]
    for action, was in acts:
        for way in () if plan is None else _ways(plan, place, told):
            order = replace(way.order, action=action, was=was)
            yield from _with_last_word(plan, replace(way, order=order))


def _with_last_word(plan: Plan | None, told: _Told) -> Iterator[_Told]:
    """Yield an order, and once more as the last word to those who wait for the next."""
    yield told
    if not told.detour:
        yield from (replace(told, order=last) for last in with_last_word(plan, (told.order,)))


def _ways(plan: Plan, place: Place, told: _Told) -> Iterator[_Told]:
    """Yield every way and shelter that a place may use; a detour also as the way that changed."""
    routes = {route.id: (number, route) for number, route in enumerate(plan.routes)}
    shelters = {shelter.id: (number, shelter) for number, shelter in enumerate(plan.shelters)}
    ways = [routes[ident] for ident in place.routes]
    ends = [shelters[ident] for ident in place.shelters]
    for (tried, (r, route)), (full, (s, shelter)) in product(enumerate(ways), enumerate(ends)):
        order = replace(told.order, to=shelter.name, way=route.name, avoid=route.avoid)
        fields = {
            **told.fields,
            "to": f"shelters.{s}.name",
            "way": f"routes.{r}.name",
            "avoid": f"routes.{r}.avoid",
        }
        closed = {f"routes.{number}.name": way.name for number, way in ways[:tried]}
        closed |= {f"shelters.{number}.name": end.name for number, end in ends[:full]}
        yield _Told(order, fields, detour=bool(closed))
        if closed:
            changed = replace(order, changed=tuple(closed.values()))
            yield _Told(changed, fields, tuple(closed), detour=True)


def _of_case(case: _Case, broken: dict[tuple[str, str], Finding]) -> Iterator[_Fault]:
    """Yield how a text does not fit; a template that fails is told once, for the first of them."""
    order, voice, form = case.told.order, case.voice, case.form
    if form is Form.MAIL:
        fault = villager(order, case.village, voice, at=case.at).fault
    else:
        words = form_words(order, case.village, voice, at=case.at, form=form)
        inner, fault = written(order.action, words, voice, form)
        if fault is None:
            measure = _sms if form is Form.SMS else _call
            yield from measure(case, inner)
    if fault is not None and not _by_its_names(order):
        field = f"{'villager' if form is Form.MAIL else form}.{order.action}"
        message = f"cannot be filled for {order.village_id} {order.place_id}: {fault}"
        finding = Finding("error", _file(voice), None, field, message, "correct the template")
        broken.setdefault((voice.language, field), finding)


def _by_its_names(order: PlaceOrder) -> bool:
    """Tell whether a plan's own name is refused; `_names` says so of that name."""
    texts = (order.place, order.to, order.way, order.avoid)
    return any(_is_refused(said) for text in texts if text for said in text.values())


def _is_refused(said: str) -> bool:
    try:
        refuse(one_line(said))
    except ValueError:
        return True
    return False


def _sms(case: _Case, inner: str) -> Iterator[_Fault]:
    for mode in MODES:
        text = around(inner, replace(case.voice, mode=mode), Form.SMS)
        used = size(text.body)
        limit = limits().sms[used.alphabet]
        # what also says what is closed, or that it is the last, may take the room of a message
        order = case.told.order
        longer = order.changed is not None or order.alone is not None
        wanted = limit.max_parts if longer else limit.wanted_parts
        if text.fault is not None or used.parts > wanted:
            yield _long_sms(case, text, mode)


def _long_sms(case: _Case, text: Text, mode: Mode) -> _Fault:
    used = size(text.body)
    limit = limits().sms[used.alphabet]
    room = limit.single if limit.wanted_parts == 1 else limit.part * limit.wanted_parts
    cut = text.fault is not None
    end = ", and even so its end is cut" if cut else ""
    said = f"{used.units} of {room} characters, {used.parts} parts"
    return _Fault(
        severity="error" if cut else "warning",
        field=_longest(case),
        why=(case.form, case.voice.language),
        excess=used.units - room,
        message=f"{_whose(case, mode)}: {said}{end}",
        cure=f"shorten this name, or another of the text, by {used.units - room}",
    )


def _call(case: _Case, inner: str) -> Iterator[_Fault]:
    most = limits().voice.max_seconds
    # the mark of an exercise is not counted: nobody loses time by it
    spent = seconds(inner, case.voice.language)
    if spent > most:
        yield _Fault(
            severity="warning",
            field=_longest(case),
            why=(case.form, case.voice.language),
            excess=spent - most,
            message=f"{_whose(case, Mode.LIVE)}: {spent:.0f} seconds a pass, {most} are wanted",
            cure="shorten this name, or another of the text",
        )


def _whose(case: _Case, mode: Mode) -> str:
    order = case.told.order
    of = "" if mode is Mode.LIVE else ", exercise"
    return f"{case.form} to {order.place_id}, {order.action}, {case.voice.language}{of}"


def _longest(case: _Case) -> str:
    """Return the field of the longest name in a text, in the language that it is said in."""
    said = {field: len(case.voice.say(name) or "") for field, name in case.told.names}
    if not said:
        return VILLAGE_NAME
    return f"{max(said, key=said.__getitem__)}.{case.voice.language}"


def _names(village: Village, plan: Plan | None, voices: list[Voice]) -> Iterator[_Fault]:
    """Find names that no text may hold, wherever it would be said."""
    texts = [(VILLAGE_NAME, village_name(village))]
    texts += () if plan is None else [t for t in plan.texts() if t[0].split(".")[0] in SAID]
    for field, text in texts:
        for voice in voices:
            said = voice.say(text) or ""
            whole = field if field == VILLAGE_NAME else f"{field}.{voice.language}"
            yield from _of_name(whole, said, voice)


def _of_name(field: str, said: str, voice: Voice) -> Iterator[_Fault]:
    for what in forbidden(said):
        yield _Fault("error", field, (what, field), 1, f"holds {what}", ALONE)
    if _is_refused(said):
        message = "says that it is no exercise: plain words would be sent"
        yield _Fault("error", field, ("refused", field), 1, message, ALONE)
    for colour in colours(said, voice.templates):
        message = f"names {colour}, which is also a level's colour"
        yield _Fault("warning", field, ("colour", field), 1, message, "name the place otherwise")
    most = variable_max(voice.language)
    if most is not None and len(said) > most:
        message = f"{len(said)} characters; a provider takes {most} in one name"
        cure = f"shorten it by {len(said) - most}"
        yield _Fault("error", field, ("variable", field), len(said) - most, message, cure)


def _headlines(village: Village, voices: list[Voice]) -> Iterator[_Fault]:
    """Find CAP headlines whose end is cut for the village's name."""
    most = limits().line["cap_headline"]
    for voice in voices:
        word = max(voice.templates.words.action.values(), key=len)
        name = voice.say(village_name(village))
        named = {"source": voice.source, "village": name, "township": village.township}
        facts = named | {"signal_word": word}
        text = passage(voice.templates.cap.headline, facts, voice)
        said = one_line(text.body)
        if text.fault is None and len(said) > most:
            message = f"CAP headline, {voice.language}: {len(said)} of {most} characters"
            cure = "shorten the name, or the template's headline"
            yield _Fault(
                "warning", VILLAGE_NAME, ("cap", voice.language), len(said) - most, message, cure
            )
