"""The small types that every part of a plan is written with."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from alerts.tier import Tier

LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$"
Language = Annotated[str, StringConstraints(pattern=LANGUAGE)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
LocalWords = Annotated[dict[Language, Words], Field(min_length=1)]
Ident = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,40}$")]
Ref = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/-]{1,120}$")]
How = Literal["wake", "accompany", "carry", "vehicle"]
"""What must be done for one who does not get away alone; never why."""
Minutes = Annotated[int, Field(ge=0, le=24 * 60)]
Count = Annotated[int, Field(ge=0)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Position = tuple[Longitude, Latitude]
"""Longitude and latitude, WGS84 degrees."""


class Frozen(BaseModel):
    """A part of a plan: nothing in it changes, and a key that no one knows is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CutFrom(StrEnum):
    """From which tier of the village on water or debris takes a place; for a crossing, a shelter.

    ``unknown`` counts as ``red``: what nobody has looked at is not counted on in the worst flood.
    """

    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
    NEVER = "never"
    UNKNOWN = "unknown"

    def is_cut_at(self, tier: Tier) -> bool:
        """Tell whether a village at that tier can no longer count on the place."""
        match self:
            case CutFrom.YELLOW:
                return tier >= Tier.YELLOW
            case CutFrom.ORANGE:
                return tier >= Tier.ORANGE
            case CutFrom.RED | CutFrom.UNKNOWN:
                return tier >= Tier.RED
            case CutFrom.NEVER:
                return False
