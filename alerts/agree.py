"""Door: the second person's word, whatever the first asked for."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from alerts.actions import confirm_lower, lowering
from alerts.errors import Refused
from alerts.issue import Desk, Issued, Minute
from alerts.ledger import actions
from alerts.ledger.actions import Deed, Verb
from alerts.releasing import confirm_release, confirm_retraction, letting_home, retracting
from alerts.roster import Right
from pipeline.database import Connection, reading

RIGHTS: Final = MappingProxyType(
    {
        Verb.LOWER_REQUEST: Right.LOWER,
        Verb.RELEASE_REQUEST: Right.RELEASE,
        Verb.RETRACT_REQUEST: Right.LOWER,
    }
)
"""What can be asked for, and the right that both persons need."""

SOMEBODY: Final = "somebody"
"""Stands for a second person of whom nothing is known but that there is one."""


def agree(desk: Desk, action_id: str, by: str, minute: Minute) -> Issued:
    """Agree to another person's request to lower, to release or to retract.

    Raises
    ------
    Refused
        There is no such request, or the door that it knocks at refuses it.
    """
    with reading(desk.engine) as connection:
        request = actions.deed(connection, desk.world, action_id)
    match None if request is None else request.verb:
        case Verb.LOWER_REQUEST:
            return confirm_lower(desk, action_id, by, minute)
        case Verb.RELEASE_REQUEST:
            return confirm_release(desk, action_id, by, minute)
        case Verb.RETRACT_REQUEST:
            return confirm_retraction(desk, action_id, by, minute)
        case _:
            raise Refused("there is no such request")


def against(connection: Connection, desk: Desk, request: Deed, minute: Minute) -> str:
    """Return why an open request could not be agreed to now, whoever it is; empty where it could.

    Nothing is written.
    """
    try:
        match request.verb:
            case Verb.LOWER_REQUEST:
                lowering(connection, desk, request, SOMEBODY, minute)
            case Verb.RELEASE_REQUEST:
                letting_home(connection, desk, request, minute)
            case Verb.RETRACT_REQUEST:
                retracting(connection, desk, request, SOMEBODY, minute)
            case _:
                return "there is no such request"
    except Refused as why:
        return str(why)
    return ""
