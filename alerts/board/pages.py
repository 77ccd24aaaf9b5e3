"""Templates of the board: one environment, escaped by default, nothing fetched from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

MARKS = {0: "○", 1: "◔", 2: "◑", 3: "◕", 4: "●"}
"""A shape beside each colour, because colour alone is not read by everyone."""

WORDS = {0: "none", 1: "blue", 2: "yellow", 3: "orange", 4: "red"}

_CSS = (resources.files("alerts.board") / "templates" / "board.css").read_text("utf-8")
_CSS_HASH = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()

_environment = Environment(
    loader=PackageLoader("alerts.board"), autoescape=True, undefined=StrictUndefined
)
_environment.globals.update(
    css=Markup(_CSS),  # noqa: S704 - our own file
    marks=MARKS,
    words=WORDS,
)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_CSS_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'self'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page(template: str, *, status: int = 200, **context: Any) -> HTMLResponse:  # noqa: ANN401
    """Return a rendered page with the headers that keep it to itself."""
    html = _environment.get_template(template).render(**context)
    return HTMLResponse(html, status_code=status, headers=HEADERS)
