"""``[warning]`` of site.toml, with what of the site its texts need; kept by hash."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from alerts.cap_receiver import CapReceiver
from alerts.ladder import Ladders
from alerts.waking import Waking

Hour = Annotated[int, Field(ge=0, le=23)]
DAY_H: Final = 24
QUIET_FROM: Final = 22
QUIET_TO: Final = 6
ASK_NEXT_MIN: Final = 2
Release = Literal["at_once", "approve"]


class Roles(BaseModel):
    """Which roster roles a tier pages; blue pages no one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    officers: tuple[str, ...] = ("county_duty", "township_duty")
    villagers: tuple[str, ...] = ("responsible", "warning", "transfer")


class Authorisation(BaseModel):
    """The county's signed word that orders may go by themselves; `check` asks a live site for it.

    Attributes
    ----------
    document : where the signed paper lies
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    signed_by: str = Field(min_length=1, max_length=120)
    signed_on: date
    valid_to: date
    document: str = Field(min_length=1, max_length=300)


class PublishingAuthority(BaseModel):
    """The authority whose drafts in the Chinese national form are written; as a platform knows it.

    Attributes
    ----------
    division : 6 digits of GB/T 2260
    sector : 3 digits of GB/T 4657
    unit, extension : 3 and 2 digits
    name : its full Chinese name, its place included
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    division: str = Field(pattern=r"^[1-9][0-9]{5}$")
    sector: str = Field(pattern=r"^[0-9]{3}$")
    unit: str = Field("000", pattern=r"^[0-9]{3}$")
    extension: str = Field("00", pattern=r"^[0-9]{2}$")
    name: str = Field(max_length=60, pattern=r"^[^\s\p{C}]+( [^\s\p{C}]+)*$")


class Approval(BaseModel):
    """How orders to a village are approved, as far as it is stated.

    Attributes
    ----------
    orange_minutes, red_minutes : that an order waits; 0 asks nobody
    approvers : roster references, or roles, in the order in which they are asked
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    orange_minutes: int | None = Field(None, ge=0, le=30)
    red_minutes: int | None = Field(None, ge=0, le=10)
    approvers: tuple[str, ...] = ()


AS_ELSEWHERE = Approval()


class ApprovalAt(Approval):
    """What of the approval is otherwise in some villages, by id; the rest is as for the site."""

    villages: tuple[str, ...] = Field(min_length=1)


class WatchRules(BaseModel):
    """When the watch raises an alarm; no warning changes by it.

    Attributes
    ----------
    late_cycles : intervals without a finished cycle
    outbox_s : that a delivery may be due and not taken up
    unanswered_minutes : after which a red order that nobody acknowledged is an alarm
    back_hours : how far back what failed is counted, and the outbox audited
    disk_free_mb : of the disk that holds FLOODWARN_HOME
    clock_s : between the database's clock and ours
    key_days : before a key, a certificate or the pre-authorisation runs out
    pass_minutes : without a pass of the watch, or a heartbeat taken
    test_hour : local, at which whoever is on duty is asked for an answer, each day that is live
    test_minutes : after which a test without an answer is an alarm
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    late_cycles: int = Field(2, ge=1)
    outbox_s: int = Field(60, ge=10)
    unanswered_minutes: int = Field(10, ge=1)
    back_hours: int = Field(24, ge=1)
    disk_free_mb: int = Field(1024, ge=1)
    clock_s: int = Field(5, ge=1)
    key_days: int = Field(30, ge=1)
    pass_minutes: int = Field(10, ge=2)
    test_hour: int = Field(9, ge=0, le=23)
    test_minutes: int = Field(30, ge=5)


def _unset(value: object) -> bool:
    return value is None


def _empty(value: tuple[object, ...]) -> bool:
    return not value


class WarningConfig(BaseModel):
    """Everything of a site, plans and templates apart, that can change a warning.

    Attributes
    ----------
    site, site_name, zone, languages, cycle_minutes : of ``[site]``; not keys of ``[warning]``
    hold_minutes, clear_cycles : calm that blue and yellow must see before they fall
    clock_raises : an orange that cannot wait for the next cycle rises to red
    clock_raises_yellow : a yellow rises to orange where a place that leaves at orange cannot wait
    send_orange, send_red : ``at_once``, or ``approve``: an approver is asked and the order goes
        by itself when nobody has answered within `approve_orange_minutes`, `approve_red_minutes`
    approvers : roster references, or roles, in the order in which they are asked; without one the
        officers' text alone says that an order waits
    ask_next_minutes : without an answer, after which the next of them are asked
    approval_at : what of this is otherwise in some villages
    refusal_minutes : how long an approver's "no" holds an order back
    falls_in_the_dark : of a place where the sun does not rise for weeks
    authorisation : pre-authorisation of orders that nobody has approved in person
    night_from, night_to : local hours between which the night's walking times count
    quiet_from, quiet_to : local hours between which nobody is woken for a silence that blinds no
        village and in which nothing rises, nor but by `waking` for a yellow; the same hour twice:
        there are none
    expires_minutes : how long a message is worth delivering
    ladder : who is called next while an order is unanswered
    waking : whom a yellow wakes in the quiet hours
    sms_replies : an SMS asks for a digit: only where somebody reads what comes back
    sender, web : of CAP (R1, R10)
    radius_km : of the CAP circle around a village's position
    watch : when the watch raises an alarm
    cap_receivers : systems of others that are pushed each CAP alert
    publisher : in whose name drafts in the Chinese national form are written; without it, none are
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
    clock_raises: bool = True
    send_orange: Release = "approve"
    send_red: Release = "approve"
    approve_orange_minutes: int = Field(5, ge=0, le=30)
    approve_red_minutes: int = Field(3, ge=0, le=10)
    refusal_minutes: int = Field(15, ge=1, le=30)
    roles: Roles = Roles()
    falls_in_the_dark: bool = False
    authorisation: Authorisation | None = None
    night_from: Hour = 20
    night_to: Hour = 6
    expires_minutes: int = Field(360, ge=60, le=1440)
    sender: str = Field("floodwarn", pattern=r"^[^\s,<&]+$")
    web: str = "urn:floodwarn:board"
    radius_km: float = Field(1.0, gt=0, le=50)
    # a configuration that says nothing of these keeps its hash
    clock_raises_yellow: bool = Field(default=False, exclude_if=lambda raises: not raises)
    publisher: PublishingAuthority | None = Field(None, exclude_if=_unset)
    quiet_from: Hour = Field(QUIET_FROM, exclude_if=lambda hour: hour == QUIET_FROM)
    quiet_to: Hour = Field(QUIET_TO, exclude_if=lambda hour: hour == QUIET_TO)
    sms_replies: bool = Field(default=False, exclude_if=lambda asked: not asked)
    approvers: tuple[str, ...] = Field((), exclude_if=_empty)
    ask_next_minutes: int = Field(
        ASK_NEXT_MIN, ge=1, le=10, exclude_if=lambda minutes: minutes == ASK_NEXT_MIN
    )
    approval_at: tuple[ApprovalAt, ...] = Field((), exclude_if=_empty)
    ladder: Ladders = Field(Ladders(), exclude_if=lambda ladders: ladders == Ladders())
    waking: Waking = Field(Waking(), exclude_if=lambda waking: waking == Waking())
    # never in the hash: they change no warning
    watch: WatchRules = Field(WatchRules(), exclude=True)
    cap_receivers: tuple[CapReceiver, ...] = Field((), exclude=True)

    @field_validator("approval_at")
    @classmethod
    def _stated_once(cls, stated: tuple[ApprovalAt, ...]) -> tuple[ApprovalAt, ...]:
        counted = Counter(village_id for at in stated for village_id in at.villages)
        if twice := sorted(village_id for village_id, times in counted.items() if times > 1):
            raise ValueError(f"stated twice: {', '.join(twice)}")
        return stated

    def approval_of(self, village_id: str) -> Approval:
        """Return what of the approval is otherwise in a village."""
        return next((at for at in self.approval_at if village_id in at.villages), AS_ELSEWHERE)

    @property
    def asks_in_turn(self) -> bool:
        """Whether anywhere an order of approvers is stated."""
        return bool(self.approvers) or any(at.approvers for at in self.approval_at)

    def approvers_of(self, village_id: str) -> tuple[str, ...]:
        """Return who is asked of a village's orders, in order; none where no order is stated."""
        return self.approval_of(village_id).approvers or self.approvers

    @property
    def hold(self) -> timedelta:
        """How long it must have been calm."""
        return timedelta(minutes=self.hold_minutes)

    @property
    def interval(self) -> timedelta:
        """The time from one cycle's slot to the next."""
        return timedelta(minutes=self.cycle_minutes)

    def is_quiet(self, at: datetime) -> bool:
        """Tell whether an instant lies in the site's quiet hours."""
        hour = at.astimezone(ZoneInfo(self.zone)).hour
        return (hour - self.quiet_from) % DAY_H < (self.quiet_to - self.quiet_from) % DAY_H

    def quiet_until(self, at: datetime) -> datetime | None:
        """Return the end of the quiet hours in which an instant lies (UTC); None outside them."""
        if not self.is_quiet(at):
            return None
        local = at.astimezone(ZoneInfo(self.zone))
        end = local.replace(hour=self.quiet_to, minute=0, second=0, microsecond=0)
        return (end if end > local else end + timedelta(days=1)).astimezone(UTC)

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
