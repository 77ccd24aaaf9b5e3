"""What every route of the board asks of a request."""

from __future__ import annotations

from typing import Annotated, Final, TypedDict
from urllib.parse import urlsplit

from fastapi import HTTPException, Path, Request

VillageId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Identifier = Annotated[str, Path(pattern=r"^[^\s,<&/]{1,200}$")]
"""Of a CAP alert, as `alerts.cap` writes it."""

READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OF_OURS: Final = frozenset({"same-origin", "none"})
"""What a browser says of a form of our own page, and of an address that its user typed."""


def base_of(request: Request) -> str:
    """Return the path below which the board is mounted, with a slash at its end."""
    return str(request.scope.get("root_path", "")) + "/"


class Frame(TypedDict):
    """What the frame of a page needs: below what it is mounted, and whether one can log out."""

    base: str
    leaves: bool


def frame_of(request: Request) -> Frame:
    """Return the frame of the page that is asked for."""
    return Frame(base=base_of(request), leaves=getattr(request.app.state, "leaves", False))


def from_our_page(request: Request) -> None:
    """Let a change through that no other site made a browser ask for; who is no browser says none.

    The browser's own word counts first, for a proxy may have changed the host that we are asked by.

    Raises
    ------
    HTTPException
        403: the form stood on a page of another site.
    """
    if request.method in READS:
        return
    word, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if word is not None:
        ours = word in OF_OURS
    else:
        ours = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not ours:
        raise HTTPException(403, "the form is of another site; behind a proxy let it pass Host on")


def login_of(request: Request) -> str:
    """Return the login that the app's own dependency has let in."""
    return str(request.state.login)
