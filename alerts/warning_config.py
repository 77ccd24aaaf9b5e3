"""``[warning]`` of site.toml, with what of the site its texts need; kept by hash."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

Hour = Annotated[int, Field(ge=0, le=23)]


class Roles(BaseModel):
    """Which roster roles a tier pages; blue pages no one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    officers: tuple[str, ...] = ("county_duty", "township_duty")
    villagers: tuple[str, ...] = ("responsible", "warning", "transfer")


class WarningConfig(BaseModel):
    """Everything of a site, plans and templates apart, that can change a warning.

    Attributes
    ----------
    site, site_name, zone, languages, cycle_minutes : of ``[site]``; not keys of ``[warning]``
    hold_minutes, clear_cycles : calm that blue and yellow must see before they fall
    send_orange, send_red : ``at_once``; approval does not exist yet
    night_from, night_to : local hours between which the night's walking times count
    expires_minutes : how long a message is worth delivering
    sender, web : of CAP (R1, R10)
    radius_km : of the CAP circle around a village's position
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_id: Literal["floodwarn.warning-config/1"] = "floodwarn.warning-config/1"
    site: str
    site_name: str
    zone: str
    languages: tuple[str, ...] = Field(min_length=1)
    cycle_minutes: int = Field(gt=0)
    hold_minutes: int = Field(60, ge=60)
    clear_cycles: int = Field(2, ge=1)
    send_orange: Literal["at_once"] = "at_once"
    send_red: Literal["at_once"] = "at_once"
    roles: Roles = Roles()
    night_from: Hour = 20
    night_to: Hour = 6
    expires_minutes: int = Field(360, ge=60, le=1440)
    sender: str = Field("floodwarn", pattern=r"^[^\s,<&]+$")
    web: str = "urn:floodwarn:board"
    radius_km: float = Field(1.0, gt=0, le=50)

    @property
    def hold(self) -> timedelta:
        """How long it must have been calm."""
        return timedelta(minutes=self.hold_minutes)

    @property
    def interval(self) -> timedelta:
        """The time from one cycle's slot to the next."""
        return timedelta(minutes=self.cycle_minutes)

    def to_bytes(self) -> bytes:
        """Return the one canonical form, kept by its hash."""
        return self.model_dump_json().encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return the configuration that `to_bytes` wrote."""
        return cls.model_validate_json(content)

    @property
    def sha256(self) -> str:
        """The content hash that messages and replays carry."""
        return hashlib.sha256(self.to_bytes()).hexdigest()
