"""The board's gate: lets a login through to a route where the table of roles does."""

from __future__ import annotations

from typing import Final

from fastapi import HTTPException, Request

from alerts.board.roles import BOARD, STANDALONE, VIEW, Needs
from alerts.board.state import BoardSource
from alerts.contact import Right
from alerts.errors import AlertError, Refused

SCRAPER: Final = "(metrics)"
"""A monitoring system that showed its own token: it has one right, and no roster can name it."""


class NoRight(Refused):
    """The login has none of the rights that the route asks for."""


def admit(source: BoardSource, request: Request, login: str) -> None:
    """Let a login through; the roster is asked only for what not every login may do.

    Raises
    ------
    HTTPException
        403: the route stands in no table.
    NoRight
        The login has no right to it, or not in that village.
    """
    needs, village_id = _needs(request), request.path_params.get("village_id")
    if login == SCRAPER:
        who, rights = login, frozenset({Right.AUDIT})
    elif VIEW in needs:
        return
    else:
        who, rights = _known(source, login, village_id)
    if needs.isdisjoint(rights):
        where = "" if village_id is None else f" in {village_id}"
        raise NoRight(f"{who} has no right to {' or '.join(sorted(needs))}{where}")


def _needs(request: Request) -> Needs:
    route = (request.method, str(request.scope["route"].path))
    needs = BOARD.get(route) or STANDALONE.get(route)
    if needs is None:
        raise HTTPException(403, "nobody may open this")
    return needs


def _known(source: BoardSource, login: str, village_id: str | None) -> tuple[str, frozenset[Right]]:
    """Return who has the login, and their rights there."""
    try:
        person = source.person(login)
    except AlertError as error:
        raise NoRight(str(error)) from error
    there = village_id is None or person.covers(village_id)
    return person.ref, person.rights if there else frozenset()
