"""The content of a village's page of acts: how it stands, and what this person can do there now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from alerts.board.act_words import ActWords, colour_in
from alerts.board.acts import MINUTES_TO_AGREE
from alerts.board.facts import Facts
from alerts.board.home_view import Home, home_view
from alerts.board.plan_names import part_name, place_names
from alerts.board.possible import Part, Possible, Record, parts
from alerts.board.tier_view import TierView, tier_view
from alerts.board.view import Banner, banner
from alerts.board.words import clock
from alerts.instead import PLACES, places_of
from alerts.ledger.actions import Deed, Verb
from alerts.plan.ways import Closures
from alerts.seen import report_of
from pipeline.site.model import Village
from pipeline.site.risk_settings import ReportSettings

MOST_DEEDS = 8
OF_TIER = frozenset({Verb.ORDER, Verb.LOWER_REQUEST, Verb.LOWER_CONFIRM})


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list to choose from."""

    value: str
    name: str


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits for an approver, whether this person is one, and may hold it back."""

    text: str
    judge: bool
    refuse: bool


@dataclass(frozen=True, slots=True)
class Shut:
    """What is reported closed, and whether this person can report it open."""

    subject: str
    name: str
    reopen: bool


@dataclass(frozen=True, slots=True)
class DeedLine:
    """One deed of the village's log."""

    when: str
    who: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Sitting:
    """Who looks at the page.

    Attributes
    ----------
    reports : what a sighting brings
    ref : roster reference; empty for one who can only look
    token : what the forms bear
    why : one can only look
    note : what the act before brought
    refuse_minutes : how long a refusal holds
    """

    say: ActWords
    refuse_minutes: int
    reports: ReportSettings
    ref: str = ""
    token: str = ""
    why: str = ""
    note: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActsView:
    """A village's page of acts."""

    banner: Banner
    village_id: str
    name: str
    tier: int
    colour: str
    as_of: str
    sitting: Sitting
    agree_minutes: int
    waits: Waits | None
    moves: TierView
    shut: tuple[Shut, ...]
    ways: tuple[Choice, ...]
    shelters: tuple[Choice, ...]
    home: Home
    deeds: tuple[DeedLine, ...]
    refresh_s: int = 0
    """Never: it would wipe out what is half written."""


@dataclass(frozen=True, slots=True)
class RefusedView:
    """The page of an act that was refused."""

    banner: Banner
    village_id: str
    why: str
    say: ActWords
    refresh_s: int = 0


def acts_view(
    facts: Facts, village: Village, record: Record, can: Possible, sitting: Sitting
) -> ActsView:
    """Return the page.

    Parameters
    ----------
    can : what the person can do; nothing for one who can only look
    """
    say, tier = sitting.say, record.tier
    return ActsView(
        banner=banner(facts),
        village_id=village.village_id,
        name=village.name,
        tier=int(tier),
        colour=colour_in(tier.colour, say),
        as_of=say.as_of.format(time=f"{facts.now.astimezone(facts.zone):%H:%M:%S}"),
        sitting=sitting,
        agree_minutes=MINUTES_TO_AGREE,
        waits=_waits(record, can, facts.zone, say),
        moves=tier_view(record, can, sitting.reports, facts.zone, say),
        shut=_shut(record, can, say),
        ways=_choices((p for p in can.close if p.kind != "shelter"), say),
        shelters=_choices((p for p in can.close if p.kind == "shelter"), say),
        home=home_view(facts, record, can, say),
        deeds=tuple(_deed(d, record, facts.zone, say) for d in _newest(record)),
    )


def _newest(record: Record) -> Sequence[Deed]:
    return record.deeds[: -MOST_DEEDS - 1 : -1]


def _waits(record: Record, can: Possible, zone: ZoneInfo, say: ActWords) -> Waits | None:
    waiting = record.waiting
    if waiting is None:
        return None
    text = say.waits.format(count=waiting.deliveries, time=clock(waiting.until, zone))
    return Waits(text, can.judge, can.refuse)


def _shut(record: Record, can: Possible, say: ActWords) -> tuple[Shut, ...]:
    """Return what is closed; what the plan no longer knows by its id, for nobody can open it."""
    known = {part.subject: part for part in parts(record.plan)}
    may = {part.subject for part in can.reopen}
    return tuple(
        Shut(s, part_name(known[s], say) if s in known else s, s in may)
        for s in _subjects(record.closed)
    )


def _subjects(closed: Closures) -> tuple[str, ...]:
    kinds = {"route": closed.routes, "crossing": closed.crossings, "shelter": closed.shelters}
    return tuple(f"{kind}:{ident}" for kind, idents in kinds.items() for ident in idents)


def _choices(wanted: Iterable[Part], say: ActWords) -> tuple[Choice, ...]:
    return tuple(Choice(part.subject, part_name(part, say)) for part in wanted)


def _deed(deed: Deed, record: Record, zone: ZoneInfo, say: ActWords) -> DeedLine:
    what = say.verbs[deed.verb]
    about = _about(deed, record, say)
    return DeedLine(
        clock(deed.at, zone, with_date=True),
        deed.by_ref,
        f"{what}: {about}" if about else what,
        deed.reason if deed.override is None else f"{deed.reason}; {deed.override}",
    )


def _about(deed: Deed, record: Record, say: ActWords) -> str:
    subject = deed.subject or ""
    if subject.startswith(PLACES):
        return place_names(record, places_of(deed), say)
    if deed.verb in OF_TIER:
        return colour_in(deed.tier.colour, say)
    if deed.verb is Verb.REPORT:
        return say.tiers.saw[report_of(deed).saw]
    part = {part.subject: part for part in parts(record.plan)}.get(subject)
    return subject if part is None else part_name(part, say)
