"""Templates of the board: one environment, escaped by default, nothing fetched from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import Any

from fastapi.responses import HTMLResponse, StreamingResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from alerts.board.wall import WallView, held

MARKS = {0: "○", 1: "◔", 2: "◑", 3: "◕", 4: "●"}
"""A shape beside each colour, because colour alone is not read by everyone."""

WORDS = {0: "none", 1: "blue", 2: "yellow", 3: "orange", 4: "red"}

_TEMPLATES = resources.files("alerts.board") / "templates"
_CSS = (_TEMPLATES / "board.css").read_text("utf-8")
_WALL_CSS = (_TEMPLATES / "wall.css").read_text("utf-8")

_environment = Environment(
    loader=PackageLoader("alerts.board"), autoescape=True, undefined=StrictUndefined
)
_environment.globals.update(
    css=Markup(_CSS),  # noqa: S704 - our own file
    wall_css=Markup(_WALL_CSS),  # noqa: S704 - our own file
    leaves=False,
    marks=MARKS,
    words=WORDS,
)


def _headers(*styles: str) -> dict[str, str]:
    """Return the headers of a page that may use these styles and nothing else."""
    digests = (hashlib.sha256(style.encode()).digest() for style in styles)
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return {
        "Cache-Control": "no-store",
        # None at all would take the origin from our own forms, by which they are told from others'.
        "Referrer-Policy": "same-origin",
        "Content-Security-Policy": (
            f"default-src 'none'; style-src {allowed}; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'self'"
        ),
        "X-Content-Type-Options": "nosniff",
    }


HEADERS = _headers(_CSS)


def page(template: str, *, status: int = 200, **context: Any) -> HTMLResponse:  # noqa: ANN401
    """Return a rendered page with the headers that keep it to itself."""
    html = _environment.get_template(template).render(**context)
    return HTMLResponse(html, status_code=status, headers=HEADERS)


def wall_page(view: WallView, door: tuple[str, int | None] | None) -> StreamingResponse:
    """Return the wall's page, whose end comes while the door at which it was asked is open."""
    html = _environment.get_template("wall.html").render(view=view)
    return StreamingResponse(
        held(html.encode(), door),
        media_type="text/html",
        headers=_headers(_CSS, _WALL_CSS, view.style),
    )
