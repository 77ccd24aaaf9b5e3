"""What people read at night, case by case; run as a program it writes the golden files anew.

.venv/bin/python -m tests.golden.texts
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from lxml import etree

from alerts.by_person import release, restate, retract
from alerts.cap import CapAlert
from alerts.compose import compose
from alerts.forms import SPEECH, Form, render
from alerts.limits import seconds, size
from alerts.message import Voice
from alerts.notice_facts import notice_text
from alerts.occasion import ByHand, Occasion, Release, Retraction
from alerts.order import PlaceOrder
from alerts.orders import village_name
from alerts.outage import Kind, Notice, Source, Word
from alerts.plan.ways import OPEN, Closures
from alerts.tier import Action, Tier
from alerts.warning_message import WarningMessage
from alerts.warning_pack import WarningPack
from alerts.without_word import as_last_word, with_last_word
from pipeline.bulletin import DataState, VillageRisk
from pipeline.world import Mode, World, live
from tests.golden.samples import HOUR, MINUTE, SLOT, occasion, risk, shipped

FOLDER = Path(__file__).parent
MODES = (Mode.EXERCISE, Mode.LIVE)


@dataclass(frozen=True, slots=True)
class Night:
    """The hour past midnight at which a site's cases begin, and the places that they are about."""

    site: str
    slot: datetime
    planned: str
    unplanned: str
    river_point: str

    def world(self, mode: Mode) -> World:
        return live(self.site) if mode is Mode.LIVE else World(self.site, mode, "x1")


VALLEY = Night("valley", SLOT, planned="hekou", unplanned="songlin", river_point="rp-lower")
CANCE = Night(
    "cance",
    datetime(2014, 11, 4, 0, tzinfo=UTC),
    planned="FR07-annonay",
    unplanned="FR38-le-peage-de-roussillon",
    river_point="CAN00",
)
NIGHTS = {"en": VALLEY, "zh": VALLEY, "fr": CANCE}
"""Where each language is read."""


def cases(night: Night) -> dict[str, tuple[VillageRisk, ...]]:
    """Return what the bulletins say, hour after hour; the last of them is what people read of."""

    def seen(level: int = 0, lead_min: int | None = None, **more) -> VillageRisk:
        place = {"village": night.planned, "slot": night.slot} | more
        return risk(level, lead_min=lead_min, **place)

    return {
        "stand_by": (seen(2, 150),),
        "stand_down": (seen(2, 150), seen(), seen()),
        "prepare": (seen(3, 150),),
        "asked": (seen(3, 150),),
        "move": (seen(4, 150),),
        "raised": (seen(3, 150), seen(4, 150)),
        "refuge": (seen(4, 30, state=DataState.DEGRADED),),
        "without_plan": (seen(4, 60, village=night.unplanned),),
        "river_point": (seen(4, 60, village=night.river_point),),
    }


DEEDS = ("rerouted", "return", "retract")
"""What persons do on the night of the move, an hour later."""
CASES = (*cases(VALLEY), *DEEDS, "last_word")


def page(case: str, mode: Mode, language: str) -> str:
    """Return every text that one case sends in one language, one below the other."""
    night = NIGHTS[language]
    pack = shipped(night.site)
    told = _told_of(case, mode, night)
    composed = compose(told, asking(pack) if case == "asked" else pack)
    assert composed.faults == ()
    said = [message for message in composed.messages if message.language == language]
    return "\n".join(_shown(message) for message in said)


def _told_of(case: str, mode: Mode, night: Night) -> Occasion:
    if case == "last_word":
        ready = _last("prepare", mode, night)
        step = as_last_word(restate(ready.step.episode, "its battery falls"))
        return replace(
            ready, at=ready.at + HOUR, before=ready.step.episode, step=step, last_word=True
        )
    return (_deed if case in DEEDS else _last)(case, mode, night)


def asking(pack: WarningPack) -> WarningPack:
    """Return a pack whose orders wait for its duty officers, the township's first."""
    asks = {"send_orange": "approve", "approvers": ("township_duty", "county_duty")}
    return replace(pack, config=pack.config.model_copy(update=asks))


def _last(case: str, mode: Mode, night: Night) -> Occasion:
    told, before, world = [], None, night.world(mode)
    for hour, seen in enumerate(cases(night)[case]):
        told.append(occasion(seen, world=world, before=before, slot=night.slot + hour * HOUR))
        before = told[-1].step.episode
    return told[-1]


def _deed(case: str, mode: Mode, night: Night) -> Occasion:
    ordered = _last("move", mode, night)
    moved, at = ordered.step.episode, ordered.at + HOUR
    pack = shipped(night.site)
    plan = pack.plans[night.planned]
    away = tuple(order.place_id for order in compose(ordered, pack).orders)
    people = (plan.people.responsible[0], *plan.people.transfer)
    by_hand = ByHand("deed-1", ("county_duty-1",), "seen at the place")
    told = replace(ordered, at=at, before=moved, by_hand=by_hand)
    match case:
        case "rerouted":
            shut = Closures(routes=plan.zones[0].routes[:1])
            return replace(told, step=restate(moved, "closed"), closures=shut, closures_before=OPEN)
        case "return":
            home = replace(moved, tier=Tier.NONE, sheltered=away)
            step = release(home, away, slot=at)
            freed = Release(away, dict.fromkeys(away, people))
            return replace(told, before=home, step=step, instead=freed)
        case _:
            step = retract(moved, by=("county_duty-1", "county_duty-2"), slot=at)
            return replace(told, step=step, instead=Retraction(people, in_village=True))


def _shown(message: WarningMessage) -> str:
    to = ", ".join((*message.recipients, *(f"all {role}" for role in message.roles)))
    head = f"=== {message.audience}, {message.place_id or 'board'}; to: {to}"
    return f"{head}\n{message.subject}\n\n{message.body}\n"


def spoken(mode: Mode, language: str) -> str:
    """Return each order of a night as an SMS and as a call, with how long it is."""
    night = NIGHTS[language]
    return "\n".join(_spoken(order, mode, language) for order in _told(night, mode))


def _told(night: Night, mode: Mode) -> Iterator[PlaceOrder]:
    pack = shipped(night.site)
    for case in ("stand_by", "prepare", "raised", "move", "refuge", "without_plan"):
        yield from compose(_last(case, mode, night), pack).orders
    (first, *_) = compose(_last("move", mode, night), pack).orders
    for later in (Action.STAND_DOWN, Action.RETURN, Action.RETRACT):
        yield replace(first, action=later)
    plan = pack.plans[night.planned]
    closed = (plan.routes[0].name, plan.shelters[0].name)
    yield replace(first, changed=closed)
    yield replace(first, changed=())
    for case in ("stand_by", "prepare"):
        yield from with_last_word(plan, compose(_last(case, mode, night), pack).orders)


def _spoken(order: PlaceOrder, mode: Mode, language: str) -> str:
    night = NIGHTS[language]
    pack = shipped(night.site)
    voice = Voice(mode, pack.templates[language], pack.config)
    name = village_name(pack.village(order.village_id))
    told = [f"=== {order.action}, {order.place_id}"]
    for form in SPEECH:
        text = render(order, name, voice, at=night.slot + 5 * MINUTE, form=form)
        assert text.fault is None
        told.append(f"--- {form}, {_length(text.body, form, language)}\n{text.body}")
    return "\n".join(told) + "\n"


def _length(body: str, form: Form, language: str) -> str:
    if form is Form.SMS:
        used = size(body)
        return f"{used.units} of {used.alphabet}, parts: {used.parts}"
    one_pass, *_ = (line for line in body.split("\n") if len(line) > len("EXERCISE"))
    return f"{seconds(one_pass, language):.0f} s a pass"


def silence(mode: Mode, language: str) -> str:
    """Return what officers are told when a feed or a township falls silent, and is heard again."""
    pack = shipped(NIGHTS[language].site)
    voice = Voice(mode, pack.templates[language], pack.config)
    return "\n".join(_silence(kind, word, voice) for kind, word in product(Kind, Word))


def _silence(kind: Kind, word: Word, voice: Voice) -> str:
    told = Notice(
        source=Source(kind, "gauges"),
        word=word,
        slot=SLOT,
        since=SLOT - 2 * HOUR,
        grave=False,
        stations=("R03", "R07"),
        villages=("hekou", "baishi"),
        blind=1,
        degraded=1,
    )
    text = notice_text(told, voice, at=SLOT + 5 * MINUTE)
    assert text.fault is None
    return f"=== {kind}, {word}\n{text.subject}\n\n{text.body}\n"


def cap(mode: Mode, language: str) -> str:
    """Return what a CAP alert says in words: at its beginning and at its end."""
    night, moved = NIGHTS[language], _last("move", mode, NIGHTS[language])
    pack = shipped(night.site)
    begun = compose(moved, pack).cap
    over = retract(moved.step.episode, by=("county_duty-1", "county_duty-2"), slot=moved.at + HOUR)
    ended = replace(
        moved, at=moved.at + HOUR, before=moved.step.episode, step=over, earlier=(begun.reference,)
    )
    alerts = (begun, compose(ended, pack).cap)
    return "\n".join(_said(alert, language) for alert in alerts)


def _said(alert: CapAlert, language: str) -> str:
    assert alert.faults == ()
    root = etree.fromstring(alert.content)
    found = [f"=== {alert.msg_type}", root.findtext("{*}note") or "no note"]
    for info in root.iterfind("{*}info"):
        if info.findtext("{*}language").startswith(language):
            names = ("event", "headline", "description", "instruction")
            found += [f"{name}: {info.findtext(f'{{*}}{name}')}" for name in names]
    return "\n".join(found) + "\n"


PAGES = {"spoken": spoken, "silence": silence, "cap": cap}
"""What is read besides the messages of a step."""


def golden(case: str, mode: Mode, language: str) -> Path:
    return FOLDER / f"{case}.{mode}.{language}.txt"


def write_all() -> None:
    for case in CASES:
        for mode in MODES:
            for language in NIGHTS:
                text = page(case, mode, language)
                golden(case, mode, language).write_text(text, encoding="utf-8")
    for name, write in PAGES.items():
        for mode in MODES:
            for language in NIGHTS:
                golden(name, mode, language).write_text(write(mode, language), encoding="utf-8")


if __name__ == "__main__":
    write_all()
