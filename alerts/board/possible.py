"""What a person can do in a village now: the doors' own rules are asked, so no button lies.

A rule is asked again when the button is pressed, for the night goes on while a page is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from alerts.agree import RIGHTS, SOMEBODY, against
from alerts.agreement import open_request, two_persons
from alerts.approvals import held_once
from alerts.board.seat import Seat
from alerts.by_person import lower_by_person, release, retract
from alerts.closing import Closing, concerned
from alerts.episode import TierEpisode
from alerts.errors import Refused
from alerts.heard import dark_in
from alerts.instead import places_of
from alerts.ledger.actions import EVERY_VILLAGE, Deed, Verb
from alerts.ledger.answers import counted_places
from alerts.newest import whole
from alerts.outbox.held_back import Waiting
from alerts.plan.model import Plan
from alerts.plan.ways import OPEN, Closures
from alerts.release import CHECKLIST, unmet
from alerts.roster import Right
from alerts.tier import Tier
from pipeline.database import Connection

ORDERS = (Tier.RED, Tier.ORANGE, Tier.YELLOW)
"""What the page orders, the gravest first; blue pages nobody."""


@dataclass(frozen=True, slots=True)
class Part:
    """A route, crossing or shelter of a plan."""

    kind: str
    ident: str
    names: Mapping[str, str]

    @property
    def subject(self) -> str:
        """What it is, as forms and the log write it."""
        return f"{self.kind}:{self.ident}"


@dataclass(frozen=True, slots=True)
class Record:
    """How a village stands, of one snapshot.

    Attributes
    ----------
    episode : newest state of the newest episode
    waiting : what of it an approver can hasten or hold back
    deeds : what persons did there, oldest first
    """

    village_id: str
    plan: Plan | None = None
    episode: TierEpisode | None = None
    waiting: Waiting | None = None
    closed: Closures = OPEN
    deeds: tuple[Deed, ...] = ()

    @property
    def tier(self) -> Tier:
        """The tier that stands."""
        ended = self.episode is None or self.episode.closed is not None
        return Tier.NONE if ended or self.episode is None else self.episode.tier


@dataclass(frozen=True, slots=True)
class Target:
    """A tier to which a village may be lowered; `held` by a rule, unless a reason overrides it."""

    tier: Tier
    held: bool


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """What one person asked for and another may still agree to.

    Attributes
    ----------
    agree : this person may, now
    against : why nobody could now, in the door's words
    """

    deed: Deed
    agree: bool = False
    against: str = ""


@dataclass(frozen=True, slots=True)
class Possible:
    """What one person can do now.

    Attributes
    ----------
    judge : approve what waits
    refuse : hold it back, which is done once
    order : tiers; none below the one that stands, for an order lowers nothing
    counted : places away from home of which somebody said that all are counted
    blocked : items of the release's list that no tick can meet now, for any place
    """

    judge: bool = False
    refuse: bool = False
    report: bool = False
    order: tuple[Tier, ...] = ()
    lower: tuple[Target, ...] = ()
    retract: bool = False
    close: tuple[Part, ...] = ()
    reopen: tuple[Part, ...] = ()
    release: bool = False
    counted: frozenset[str] = frozenset()
    blocked: tuple[str, ...] = ()
    requests: tuple[OpenRequest, ...] = ()


def possible(connection: Connection, seat: Seat, record: Record) -> Possible:
    """Return what a person can do in a village now."""
    known = tuple(parts(record.plan))
    shut = [p for p in known if is_shut(p, record.closed)]
    judge = record.waiting is not None and _may(seat, Right.APPROVE, record)
    counted = _counted(connection, seat, record)
    return Possible(
        judge=judge,
        refuse=judge and not _was_held(record),
        report=_may(seat, Right.REPORT, record),
        order=tuple(t for t in ORDERS if t >= record.tier and _may(seat, Right.ORDER, record)),
        lower=tuple(_targets(seat, record)),
        retract=_may(seat, Right.LOWER, record) and _may_take_back(seat, record),
        close=tuple(
            p for p in known if p not in shut and _may_report(seat, record, p, closed=True)
        ),
        reopen=tuple(p for p in shut if _may_report(seat, record, p, closed=False)),
        release=_may(seat, Right.RELEASE, record) and _may_go(seat, record, away(record)),
        counted=counted,
        blocked=_blocked(seat, record, counted),
        requests=tuple(_open_requests(connection, seat, record)),
    )


def _was_held(record: Record) -> bool:
    return record.episode is not None and held_once(record.deeds, record.episode)


def parts(plan: Plan | None) -> Iterator[Part]:
    """Yield what of a plan can be closed; a crossing of several routes once."""
    if plan is None:
        return
    for route in plan.routes:
        yield Part("route", route.id, route.name)
    crossings = {c.id: c.name for route in plan.routes for c in route.crossings}
    for ident, names in crossings.items():
        yield Part("crossing", ident, names)
    for shelter in plan.shelters:
        yield Part("shelter", shelter.id, shelter.name)


def is_shut(part: Part, closed: Closures) -> bool:
    """Tell whether it is reported closed itself; a route whose bridge is out is not."""
    shut = {"route": closed.routes, "crossing": closed.crossings, "shelter": closed.shelters}
    return part.ident in shut[part.kind]


def closing_of(village_id: str, subject: str, *, closed: bool, reason: str, by: str) -> Closing:
    """Return what a form reports; a crossing is closed in every plan that knows it."""
    kind, _, ident = subject.partition(":")
    where = EVERY_VILLAGE if kind == "crossing" else village_id
    return Closing(where, kind, ident, closed=closed, reason=reason, by=by)


def away(record: Record) -> tuple[str, ...]:
    """Return the places whose people are away from home."""
    return () if record.episode is None else record.episode.sheltered


def _allowed(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except Refused:
        return False
    return True


def _may(seat: Seat, right: Right, record: Record) -> bool:
    return _allowed(lambda: seat.desk.roster.entitled(seat.person.ref, right, record.village_id))


def _may_report(seat: Seat, record: Record, part: Part, *, closed: bool) -> bool:
    asked = closing_of(
        record.village_id, part.subject, closed=closed, reason="", by=seat.person.ref
    )
    return _allowed(lambda: concerned(seat.desk, asked))


def _may_go(seat: Seat, record: Record, places: tuple[str, ...]) -> bool:
    episode = record.episode
    if episode is None:
        return False
    return _allowed(lambda: release(episode, places, slot=seat.minute.flood))


def _counted(connection: Connection, seat: Seat, record: Record) -> frozenset[str]:
    if record.episode is None:
        return frozenset()
    every = counted_places(connection, seat.desk.world, record.episode.episode_id)
    return every & set(away(record))


def _blocked(seat: Seat, record: Record, counted: frozenset[str]) -> tuple[str, ...]:
    if record.episode is None:
        return ()
    pack = seat.desk.pack
    dark = dark_in(pack, pack.village(record.village_id), seat.minute.flood)
    return unmet(frozenset(CHECKLIST), record.episode, dark=dark, counted=bool(counted))


def _targets(seat: Seat, record: Record) -> Iterator[Target]:
    """Yield to what the village may be lowered, the least fall first."""
    episode = record.episode
    if episode is None or not _may(seat, Right.LOWER, record):
        return
    for tier in sorted(Tier, reverse=True):
        if _may_fall(seat, episode, tier, override="a reason"):
            yield Target(tier, held=not _may_fall(seat, episode, tier))


def _may_fall(seat: Seat, episode: TierEpisode, tier: Tier, override: str | None = None) -> bool:
    both, slot = (seat.person.ref, SOMEBODY), whole(seat.minute).flood
    rules = seat.desk.pack.config
    return _allowed(
        lambda: lower_by_person(episode, tier, by=both, slot=slot, rules=rules, override=override)
    )


def _may_take_back(seat: Seat, record: Record) -> bool:
    episode, both = record.episode, (seat.person.ref, SOMEBODY)
    if episode is None:
        return False
    return _allowed(lambda: retract(episode, by=both, slot=seat.minute.flood))


def _open_requests(connection: Connection, seat: Seat, record: Record) -> Iterator[OpenRequest]:
    desk, minute = seat.desk, seat.minute
    for deed in record.deeds:
        if deed.verb not in RIGHTS or _is_idle(seat, record, deed):
            continue
        try:
            request = open_request(connection, desk, deed.action_id, deed.verb, minute)
        except Refused:
            continue
        said = against(connection, desk, request, minute)
        yield OpenRequest(request, not said and _may_agree(seat, request), said)


def _is_idle(seat: Seat, record: Record, request: Deed) -> bool:
    """Tell whether a request would change nothing any more, so that nobody need read it."""
    if request.verb is Verb.RELEASE_REQUEST:
        return not _may_go(seat, record, places_of(request))
    episode = record.episode
    if episode is None or episode.closed is not None or request.episode_id != episode.episode_id:
        return True
    return request.verb is Verb.LOWER_REQUEST and request.tier >= episode.tier


def _may_agree(seat: Seat, request: Deed) -> bool:
    right = RIGHTS[request.verb]
    return _allowed(lambda: two_persons(seat.desk, request, seat.person.ref, right))
