"""What a person can do in a village now: the doors' own rules are asked, so no button lies.

A rule is asked again when the button is pressed, for the night goes on while a page is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from alerts.agreement import open_request, two_persons
from alerts.board.seat import Seat
from alerts.by_person import release
from alerts.closing import Closing, concerned
from alerts.episode import TierEpisode
from alerts.errors import Refused
from alerts.heard import dark_in
from alerts.instead import places_of
from alerts.ledger.actions import EVERY_VILLAGE, Deed, Verb
from alerts.outbox.held_back import Waiting
from alerts.plan.model import Plan
from alerts.plan.ways import OPEN, Closures
from alerts.release import CHECKLIST, unmet
from alerts.roster import Right
from pipeline.database import Connection


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


@dataclass(frozen=True, slots=True)
class Possible:
    """What one person can do now.

    Attributes
    ----------
    judge : approve or refuse what waits
    blocked : items of the release's list that no tick can meet now
    requests : releases that a second person may still agree to
    agree : of those, what this person may agree to
    """

    judge: bool = False
    close: tuple[Part, ...] = ()
    reopen: tuple[Part, ...] = ()
    release: bool = False
    blocked: tuple[str, ...] = ()
    requests: tuple[Deed, ...] = ()
    agree: frozenset[str] = frozenset()


def possible(connection: Connection, seat: Seat, record: Record) -> Possible:
    """Return what a person can do in a village now."""
    known = tuple(parts(record.plan))
    shut = [p for p in known if is_shut(p, record.closed)]
    requests = tuple(_open_requests(connection, seat, record))
    return Possible(
        judge=record.waiting is not None and _may(seat, Right.APPROVE, record),
        close=tuple(
            p for p in known if p not in shut and _may_report(seat, record, p, closed=True)
        ),
        reopen=tuple(p for p in shut if _may_report(seat, record, p, closed=False)),
        release=_may(seat, Right.RELEASE, record) and _may_go(seat, record, away(record)),
        blocked=_blocked(seat, record),
        requests=requests,
        agree=frozenset(r.action_id for r in requests if _may_agree(seat, record, r)),
    )


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


def _blocked(seat: Seat, record: Record) -> tuple[str, ...]:
    if record.episode is None:
        return ()
    pack = seat.desk.pack
    dark = dark_in(pack, pack.village(record.village_id), seat.minute.flood)
    return unmet(frozenset(CHECKLIST), record.episode, dark=dark)


def _open_requests(connection: Connection, seat: Seat, record: Record) -> Iterator[Deed]:
    for deed in record.deeds:
        if deed.verb is Verb.RELEASE_REQUEST and _may_go(seat, record, places_of(deed)):
            try:
                yield open_request(
                    connection, seat.desk, deed.action_id, Verb.RELEASE_REQUEST, seat.minute
                )
            except Refused:
                continue


def _may_agree(seat: Seat, record: Record, request: Deed) -> bool:
    return _may(seat, Right.RELEASE, record) and _allowed(
        lambda: two_persons(seat.desk, request, seat.person.ref, Right.RELEASE)
    )
