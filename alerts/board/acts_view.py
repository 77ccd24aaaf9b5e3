"""The content of a village's page of acts: how it stands, and what this person can do there now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from alerts.board.act_words import ActWords, colour_in
from alerts.board.acts import MINUTES_TO_AGREE
from alerts.board.facts import Facts, Sent
from alerts.board.possible import Part, Possible, Record, away, parts
from alerts.board.view import Banner, banner
from alerts.board.words import clock, in_language
from alerts.instead import PLACES, places_of
from alerts.ledger.actions import Deed
from alerts.plan.places import Place, SpecialSite
from alerts.plan.ways import Closures
from alerts.release import CHECKLIST
from alerts.tier import Action, Tier
from pipeline.site.model import Village

MOST_DEEDS = 8
MOVED_BY = frozenset({Action.MOVE, Action.REFUGE})


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list to choose from."""

    value: str
    name: str


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits for an approver, and whether this person is one."""

    text: str
    judge: bool


@dataclass(frozen=True, slots=True)
class Shut:
    """What is reported closed, and whether this person can report it open."""

    subject: str
    name: str
    reopen: bool


@dataclass(frozen=True, slots=True)
class AwayRow:
    """A place that was ordered to move and is not released; it may not have been told yet."""

    place_id: str
    name: str
    people: str
    answered: str
    silent: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the release's list; what is blocked cannot be ticked now."""

    key: str
    text: str
    blocked: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A release that waits for a second person."""

    action_id: str
    text: str
    reason: str
    override: str
    agree: bool


@dataclass(frozen=True, slots=True)
class Home:
    """Who is away from home, and the list by which they go back."""

    rows: tuple[AwayRow, ...]
    lower_first: str
    release: bool
    items: tuple[Item, ...]
    must_override: bool
    requests: tuple[Request, ...]


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
    ref : roster reference; empty for one who can only look
    token : what the forms bear
    why : one can only look
    note : what the act before brought
    refuse_minutes : how long a refusal holds
    """

    say: ActWords
    refuse_minutes: int
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
    say, episode = sitting.say, record.episode
    tier = Tier.NONE if episode is None or episode.closed is not None else episode.tier
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
        shut=_shut(record, can, say),
        ways=_choices((p for p in can.close if p.kind != "shelter"), say),
        shelters=_choices((p for p in can.close if p.kind == "shelter"), say),
        home=_home(facts, record, can, say),
        deeds=tuple(_deed(d, record, facts.zone, say) for d in _newest(record)),
    )


def _newest(record: Record) -> Sequence[Deed]:
    return record.deeds[: -MOST_DEEDS - 1 : -1]


def _waits(record: Record, can: Possible, zone: ZoneInfo, say: ActWords) -> Waits | None:
    waiting = record.waiting
    if waiting is None:
        return None
    text = say.waits.format(count=waiting.deliveries, time=clock(waiting.until, zone))
    return Waits(text, can.judge)


def _shut(record: Record, can: Possible, say: ActWords) -> tuple[Shut, ...]:
    """Return what is closed; what the plan no longer knows by its id, for nobody can open it."""
    known = {part.subject: part for part in parts(record.plan)}
    may = {part.subject for part in can.reopen}
    return tuple(
        Shut(s, _part_name(known[s], say) if s in known else s, s in may)
        for s in _subjects(record.closed)
    )


def _subjects(closed: Closures) -> tuple[str, ...]:
    kinds = {"route": closed.routes, "crossing": closed.crossings, "shelter": closed.shelters}
    return tuple(f"{kind}:{ident}" for kind, idents in kinds.items() for ident in idents)


def _choices(wanted: Iterable[Part], say: ActWords) -> tuple[Choice, ...]:
    return tuple(Choice(part.subject, _part_name(part, say)) for part in wanted)


def _part_name(part: Part, say: ActWords) -> str:
    name = in_language(part.names, say.language)
    return f"{name} ({say.everywhere})" if part.kind == "crossing" else name


def _home(facts: Facts, record: Record, can: Possible, say: ActWords) -> Home:
    episode = record.episode
    standing = episode is not None and episode.tier >= Tier.ORANGE
    blocked = set(can.blocked)
    return Home(
        rows=tuple(_away_row(facts, record, place, say) for place in away(record)),
        lower_first=say.lower_first.format(colour=colour_in(episode.tier.colour, say))
        if episode is not None and standing
        else "",
        release=can.release,
        items=tuple(
            Item(key, say.items[key], key in blocked)
            for key in (*CHECKLIST, *(b for b in can.blocked if b not in CHECKLIST))
        ),
        must_override=bool(blocked),
        requests=tuple(_request(r, record, can, facts.zone, say) for r in can.requests),
    )


def _away_row(facts: Facts, record: Record, place_id: str, say: ActWords) -> AwayRow:
    told = _told_to_move(facts, record, place_id)
    answers = sorted((at, ref) for sent in told for ref, at in sent.acked)
    if answers:
        at, ref = answers[0]
        answered = say.received.format(ref=ref, time=clock(at, facts.zone))
    else:
        answered = say.silent if any(sent.accepted for sent in told) else say.untold
    return AwayRow(
        place_id,
        _place_name(record, place_id, say),
        _people(record, place_id),
        answered,
        silent=not answers,
    )


def _told_to_move(facts: Facts, record: Record, place_id: str) -> Sequence[Sent]:
    """Return the newest order by which a place left: who answered an older one may not know it."""
    episode_id = "" if record.episode is None else record.episode.episode_id
    mine = [
        s
        for s in facts.sent
        if (s.episode_id, s.place_id) == (episode_id, place_id) and s.action in MOVED_BY
    ]
    newest = max((s.revision for s in mine), default=0)
    return [s for s in mine if s.revision == newest]


def _places(record: Record) -> Mapping[str, Place]:
    return {} if record.plan is None else {place.id: place for _, place in record.plan.places()}


def _place_name(record: Record, place_id: str, say: ActWords) -> str:
    place = _places(record).get(place_id)
    return place_id if place is None else in_language(place.name, say.language)


def _people(record: Record, place_id: str) -> str:
    place = _places(record).get(place_id)
    if place is None:
        return "?"
    return str(place.most_inside if isinstance(place, SpecialSite) else place.people)


def _request(deed: Deed, record: Record, can: Possible, zone: ZoneInfo, say: ActWords) -> Request:
    places = ", ".join(_place_name(record, p, say) for p in places_of(deed))
    return Request(
        deed.action_id,
        say.asks.format(ref=deed.by_ref, time=clock(deed.at, zone), places=places),
        deed.reason,
        deed.override or "",
        agree=deed.action_id in can.agree,
    )


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
    if (deed.subject or "").startswith(PLACES):
        return ", ".join(_place_name(record, p, say) for p in places_of(deed))
    known = {part.subject: part for part in parts(record.plan)}
    part = known.get(deed.subject or "")
    return deed.subject or "" if part is None else _part_name(part, say)
