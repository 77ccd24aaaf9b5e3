"""Walks every route of an app, through its mounts, whatever kind a route is of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from starlette.routing import BaseRoute

from alerts.board.roles import Route

FILLED = {"village_id": "hekou", "form": "sms", "name": f"{0:020d}-1-{0:06d}"}


def walked(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[Route]:
    """Yield method and path of each route; the kind in place of the method where it has none."""
    for route in routes:
        path = prefix + str(getattr(route, "path", ""))
        inner = getattr(route, "routes", None)
        if inner:
            yield from walked(inner, path)
        else:
            methods = getattr(route, "methods", None) or {type(route).__name__}
            yield from ((method, path) for method in sorted(methods))


def address_of(path: str) -> str:
    """Return an address that the path stands for."""
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: FILLED.get(found[1], "x"), path)
