"""Hold what should have been sent against what became of it; pure.

Nothing here trusts the sender's own word: a person whom the roster gives and no row was written
for, a row that no sender takes up, a state that no attempt explains.

Source: alerting.md D13.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.outbox.delivery import NOTICE, PUSH, Outcome, State
from alerts.outbox.record import Record
from alerts.warning_message import Audience

GRACE = timedelta(minutes=2)
"""After its time, in which a sender may still end a delivery: a lease, and a pass."""
ENDED = frozenset(
    {State.ACCEPTED, State.FAILED_FINAL, State.UNCERTAIN, State.SUPERSEDED, State.EXPIRED}
)
OPEN = frozenset({State.PENDING, State.LEASED, State.FAILED_RETRY, State.UNCERTAIN})
OTHERS = frozenset({NOTICE, PUSH})
"""Purposes of what is no message: a notice, or a CAP alert to a receiver."""
TRIED = frozenset({State.FAILED_RETRY, State.FAILED_FINAL})


class Rule(StrEnum):
    """What must hold; the name is of its breach."""

    NOBODY = "nobody"
    MISSING = "missing"
    STRAY = "stray"
    OVERDUE = "overdue"
    STATE = "state"
    ATTEMPTS = "attempts"


@dataclass(frozen=True, slots=True)
class Said:
    """One message as the ledger has it; of one place there is one in each language.

    Attributes
    ----------
    wanted : (reference, channel) of all whom the roster gives it, where that can still be known
    is_faulted : it is recorded that something went wrong in its village at its slot
    created_at : wall time
    """

    message_id: str
    episode_id: str
    revision: int
    village_id: str
    place_id: str
    audience: Audience
    created_at: datetime
    wanted: frozenset[tuple[str, str]] = frozenset()
    is_faulted: bool = False


@dataclass(frozen=True, slots=True)
class Issued:
    """One CAP alert, and the channels of the receivers that the site gives it.

    Attributes
    ----------
    ident : that its pushes bear in the place of a message
    created_at : wall time
    """

    ident: str
    created_at: datetime
    wanted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule that does not hold.

    Attributes
    ----------
    of : a message id or a delivery key
    since : wall time
    """

    rule: Rule
    of: str
    since: datetime


def breaches(
    said: Sequence[Said],
    rows: Sequence[Record],
    *,
    now: datetime,
    alerts: Sequence[Issued] = (),
) -> tuple[Breach, ...]:
    """Return every breach, oldest first.

    Parameters
    ----------
    said : every message since some instant
    rows : the deliveries of these messages, and all that have not ended
    now : wall time
    alerts : every CAP alert since then
    """
    known = {each.message_id for each in said}
    begun = min((each.created_at for each in said), default=now)
    found = [*_untold(said, rows), *_unpushed(alerts, rows)]
    for row in rows:
        found += [Breach(rule, row.key, row.created_at) for rule in _of_row(row, now)]
        if row.purpose not in OTHERS and row.message_id not in known and row.created_at >= begun:
            found.append(Breach(Rule.STRAY, row.key, row.created_at))
    return tuple(sorted(found, key=lambda breach: (breach.since, breach.rule, breach.of)))


def _untold(said: Sequence[Said], rows: Sequence[Record]) -> Iterator[Breach]:
    """Find for whom nothing was written although the roster gives them."""
    of: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        of[row.message_id].add((row.contact_ref, row.channel))
    for first, *others in _by_place(said).values():
        if first.audience is Audience.APPROVER or first.is_faulted:
            continue
        written = set().union(of[first.message_id], *(of[text.message_id] for text in others))
        if first.wanted - written:
            yield Breach(Rule.MISSING, first.message_id, first.created_at)
        elif not written:
            yield Breach(Rule.NOBODY, first.message_id, first.created_at)


def _unpushed(alerts: Iterable[Issued], rows: Sequence[Record]) -> Iterator[Breach]:
    """Find the alerts of which a receiver was written nothing although the site names it."""
    written = {(row.message_id, row.channel) for row in rows if row.purpose == PUSH}
    for alert in alerts:
        if not written >= {(alert.ident, channel) for channel in alert.wanted}:
            yield Breach(Rule.MISSING, alert.ident, alert.created_at)


def _by_place(said: Iterable[Said]) -> Mapping[tuple[object, ...], list[Said]]:
    places: defaultdict[tuple[object, ...], list[Said]] = defaultdict(list)
    for each in said:
        places[each.episode_id, each.revision, each.audience, each.place_id].append(each)
    return places


def _of_row(row: Record, now: datetime) -> Iterator[Rule]:
    if row.ended_at is None and now > row.expires_at + GRACE:
        yield Rule.OVERDUE
    if row.state not in (OPEN if row.ended_at is None else ENDED):
        yield Rule.STATE
    if not _explained(row):
        yield Rule.ATTEMPTS


def _explained(row: Record) -> bool:
    """Tell whether the attempts are as many as were counted and brought the state about."""
    last = row.outcomes[-1] if row.outcomes else Outcome.TEMPORARY
    is_open = None in row.outcomes
    # a restore ends as uncertain whatever stood open then
    may_be_open = row.state is State.LEASED or (
        row.state is State.UNCERTAIN and row.ended_at is not None
    )
    return (
        len(row.outcomes) == row.attempts
        and (may_be_open or not is_open)
        and (row.state is not State.ACCEPTED or last is Outcome.ACCEPTED)
        and (row.state not in TRIED or bool(row.outcomes))
    )
