"""What every route of the board asks of a request."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request

VillageId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Identifier = Annotated[str, Path(pattern=r"^[^\s,<&/]{1,200}$")]
"""Of a CAP alert, as `alerts.cap` writes it."""


def base_of(request: Request) -> str:
    """Return the path below which the board is mounted, with a slash at its end."""
    return str(request.scope.get("root_path", "")) + "/"


def login_of(request: Request) -> str:
    """Return the login that the app's own dependency has let in."""
    return str(request.state.login)
