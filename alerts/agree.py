"""Door: the second person's word, whatever the first asked for."""

from __future__ import annotations

from alerts.actions import confirm_lower
from alerts.errors import Refused
from alerts.issue import Desk, Issued, Minute
from alerts.ledger import actions
from alerts.ledger.actions import Verb
from alerts.releasing import confirm_release, confirm_retraction
from pipeline.database import reading


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
