"""Who may open which route of ours: the one table, asked at the door and shown in the runbook.

A right is the roster's, never Airflow's. A route that stands in no table is refused to everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from alerts.contact import Right

VIEW: Final = "view"
"""What every login has, also one that the roster does not know: the board hides from no officer."""
LINK: Final = "link"
"""The signed link of a message is what lets in."""
SIGNATURE: Final = "signature"
"""The post is signed with the sender's credential."""
ANYONE: Final = "anyone"

Route = tuple[str, str]
"""Method and path, as the app declares it."""
Needs = frozenset[str]
"""Any one of these lets in."""

_VILLAGE: Final = "/villages/{village_id}"


def _acts(**acts: tuple[Right, ...]) -> dict[Route, Needs]:
    return {("POST", f"{_VILLAGE}/{act}"): frozenset(rights) for act, rights in acts.items()}


def _all(needed: str, *routes: Route) -> dict[Route, Needs]:
    return dict.fromkeys(routes, frozenset({needed}))


BOARD: Final[Mapping[Route, Needs]] = {
    **_all(
        VIEW,
        ("GET", "/"),
        ("GET", _VILLAGE),
        ("GET", f"{_VILLAGE}/acts"),
        ("GET", "/answers"),
        ("GET", "/feeds"),
        ("GET", "/wall"),
        ("GET", "/cap/{identifier}.xml"),
        ("GET", "/villages.geojson"),
    ),
    **_all(Right.AUDIT, ("GET", "/metrics")),
    **_acts(
        approve=(Right.APPROVE,),
        refuse=(Right.APPROVE,),
        report=(Right.REPORT,),
        order=(Right.ORDER,),
        lower=(Right.LOWER,),
        retract=(Right.LOWER,),
        agree=(Right.LOWER, Right.RELEASE),
        close=(Right.REPORT,),
        reopen=(Right.REPORT,),
        release=(Right.RELEASE,),
        answer=(Right.ACKNOWLEDGE,),
    ),
}
STANDALONE: Final[Mapping[Route, Needs]] = {
    **_all(ANYONE, ("GET", "/healthz"), ("GET", "/login"), ("POST", "/login")),
    **_all(VIEW, ("POST", "/logout")),
}
"""What the board alone has besides."""
ACK_PAGES: Final[Mapping[Route, Needs]] = {
    **_all(ANYONE, ("GET", "/healthz")),
    **_all(LINK, ("GET", "/ack/{token}"), ("POST", "/ack/{token}")),
    **_all(SIGNATURE, ("POST", "/inbound/webhook"), ("POST", "/inbound/{form}")),
}
MAILBOX: Final[Mapping[Route, Needs]] = {
    **_all(ANYONE, ("GET", "/healthz")),
    **_all(VIEW, ("GET", "/"), ("GET", "/mails.json"), ("GET", "/mails/{name}")),
}
"""Asks the board's own login; exercises alone have one."""

ROLES: Final[Mapping[str, frozenset[Right]]] = {
    "viewer": frozenset(),
    "officer": frozenset({Right.ORDER, Right.ACKNOWLEDGE, Right.REPORT}),
    "approver": frozenset({Right.APPROVE, Right.LOWER, Right.RELEASE}),
    "plan editor": frozenset({Right.PLAN}),
    "reader of personal data": frozenset({Right.PERSONAL}),
    "administrator": frozenset({Right.SUSPEND, Right.AUDIT}),
    "auditor": frozenset({Right.AUDIT}),
}
"""What a person of the roster is given for a task; one may have several."""


def may_open(route: Route, rights: frozenset[Right]) -> bool:
    """Tell whether a login with these rights may open a route of the board, of some village."""
    return not BOARD[route].isdisjoint({VIEW, *rights})
