"""The place id of those of one zone who do not get away alone: they are ordered by themselves."""

from __future__ import annotations

from typing import Final

_HELPED: Final = ":help"
"""No zone's own id can end like this: an id has no colon."""


def helped_in(zone_id: str) -> str:
    """Return the place id of those of a zone who need help."""
    return zone_id + _HELPED


def is_helped(place_id: str) -> bool:
    """Tell whether a place id is that of those of a zone who need help."""
    return place_id.endswith(_HELPED)


def home_of(place_id: str) -> str:
    """Return the id of the zone that people live in, whether or not they need help."""
    return place_id.removesuffix(_HELPED)
