"""What takes two persons: one asks, and another, who is not the same, agrees while it is fresh."""

from __future__ import annotations

from datetime import timedelta

from alerts.errors import Refused
from alerts.issue import Desk, Minute, refuse_replay
from alerts.ledger import actions
from alerts.ledger.actions import Deed, Verb
from alerts.roster import Right
from pipeline.database import Connection

CONFIRM_WITHIN = timedelta(minutes=30)
"""Wall time from a request until nobody can agree to it any more."""


def open_request(
    connection: Connection, desk: Desk, action_id: str, verb: Verb, minute: Minute
) -> Deed:
    """Return a request of that kind to which nobody has agreed yet.

    Raises
    ------
    Refused
        There is none, it was agreed to or is too old, or the world is a replay.
    """
    refuse_replay(desk.world)
    request = actions.deed(connection, desk.world, action_id)
    if request is None or request.verb is not verb:
        raise Refused("there is no such request")
    if actions.agreed(connection, desk.world, action_id) is not None:
        raise Refused("this request was agreed to")
    if minute.wall - request.at > CONFIRM_WITHIN:
        raise Refused("this request is too old; ask again")
    return request


def two_persons(desk: Desk, request: Deed, by: str, right: Right) -> None:
    """Let only two persons through who both have the right today.

    Raises
    ------
    Refused
        They are one person, or one of them has no right to.
    """
    second = desk.roster.entitled(by, right, request.village_id)
    first = desk.roster.entitled(request.by_ref, right, request.village_id)
    if first.is_same_person(second):
        raise Refused(f"no one may {right} alone: a second person must agree")
