"""What a person signs for before a new station is believed (users.md 24)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field

from pipeline.site.frozen import Frozen


class Signed(StrEnum):
    """What a person signs for before a new station is believed."""

    UNIT = "unit"
    DATUM = "datum"
    CLOCK = "clock"
    VILLAGE_LINK = "village_link"


class StationSignature(Frozen):
    """One row of station_signatures.csv: who says that this of a station is right, since when.

    `signed_by` is a role or a reference into the roster, not a number.
    """

    station_id: str
    what: Signed
    signed_by: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,39}$")
    signed_on: date
