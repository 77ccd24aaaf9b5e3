"""One person, or siren, of a roster: where they are found, what they may do."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from alerts.parcel import Hook, Siren
from alerts.people.number import E164
from alerts.plan.words import How, Ref
from pipeline.outbound import Target

EVERYWHERE = "*"
SIREN = "siren"
"""The role, and the channel, of what is no person."""
UNSAFE = frozenset(" \t\r\n<>,;:\"'()[]\\")

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,80}$")]


class Right(StrEnum):
    """What a person may do by hand."""

    ORDER = "order"
    LOWER = "lower"
    ACKNOWLEDGE = "acknowledge"
    SUSPEND = "suspend"
    REPORT = "report"
    APPROVE = "approve"
    RELEASE = "release"
    PERSONAL = "personal"
    """Reads people's addresses, and changes them."""
    PLAN = "plan"
    """Takes plans in."""
    AUDIT = "audit"
    """Reads the deployment's own numbers."""


class Contact(BaseModel):
    """One person, known to plans by `ref`; or a siren, which stands in the list beside them.

    Attributes
    ----------
    villages : village ids, or ``"*"`` for all
    email : never shown: neither ``repr`` nor an error prints it
    phone : E.164, as secret as the e-mail address
    webhook : of a system that speaks for this person; its address is as secret as theirs
    siren : of a village's siren or loudspeaker, which is no person and has nothing else
    logins : names under which the board knows this person
    exercise : may be sent exercises; without it an exercise reaches nobody
    legal_basis : on which their data are kept; PIPL 13(1)(1), (3), (4), GDPR 6(1)(a), (e), (d)
    needs_help : how the person is helped; never why
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    ref: Ref
    role: Name
    villages: tuple[str, ...]
    email: SecretStr | None = None
    phone: SecretStr | None = None
    webhook: Hook | None = None
    siren: Siren | None = None
    channels: tuple[Literal["email", "file", "webhook", "sms", "voice", "siren"], ...] = ("email",)
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")] = "en"
    logins: tuple[Name, ...] = ()
    rights: frozenset[Right] = frozenset()
    exercise: bool = False
    legal_basis: Literal["consent", "public_task", "vital_interest"] | None = None
    needs_help: How | None = None

    @field_validator("villages", mode="before")
    @classmethod
    def _everywhere(cls, raw: object) -> object:
        return (EVERYWHERE,) if raw == EVERYWHERE else raw

    @field_validator("email")
    @classmethod
    def _one_address(cls, email: SecretStr | None) -> SecretStr | None:
        text = "" if email is None else email.get_secret_value()
        if email is not None and (text.count("@") != 1 or not text.isascii() or set(text) & UNSAFE):
            raise ValueError("not one plain e-mail address")
        return email

    @field_validator("phone")
    @classmethod
    def _one_number(cls, phone: SecretStr | None) -> SecretStr | None:
        if phone is not None and not E164.fullmatch(phone.get_secret_value()):
            raise ValueError("not one number as + and 7 to 15 digits, the country's first (E.164)")
        return phone

    @field_validator("webhook")
    @classmethod
    def _one_hook(cls, hook: Hook | None) -> Hook | None:
        if hook is not None:
            Target(hook.url.get_secret_value(), hook.allow_private)
        return hook

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        for channel in self.channels:
            if channel != "file" and self.address(channel) is None:
                needed = "a phone" if channel in {"sms", "voice"} else "an address"
                raise ValueError(f"the channel {channel} needs {needed}")
        return self

    @model_validator(mode="after")
    def _siren_alone(self) -> Self:
        one_village = len(self.villages) == 1 and EVERYWHERE not in self.villages
        is_one = self.role == SIREN and one_village and self.channels == (SIREN,)
        if self.siren is not None and (not is_one or self.rights or self.logins):
            raise ValueError("a siren has role and channel siren, one village, no right, no login")
        return self

    def address(self, channel: str) -> SecretStr | Hook | Siren | None:
        """Return where this person is found by a channel; None where it needs no address."""
        match channel:
            case "email":
                return self.email
            case "webhook":
                return self.webhook
            case "sms" | "voice":
                return self.phone
            case "siren":
                return self.siren
            case _:
                return None

    def written(self, channel: str) -> str | None:
        """Return the address as it is written, which nobody may be shown; None where none is."""
        match self.address(channel):
            case SecretStr() as secret:
                return secret.get_secret_value()
            case Hook() as hook:
                return hook.url.get_secret_value()
            case Siren() as siren:
                return siren.device
            case None:
                return None

    def covers(self, village_id: str) -> bool:
        """Tell whether the village is one of this person's."""
        return EVERYWHERE in self.villages or village_id in self.villages

    def is_same_person(self, other: Contact) -> bool:
        """Tell whether both are one person: a reference, a login or an address in common."""
        one_name = self.ref == other.ref or bool(set(self.logins) & set(other.logins))
        return one_name or bool(self._addresses & other._addresses)

    @property
    def _addresses(self) -> frozenset[str]:
        given = (self.email, self.phone)
        return frozenset(each.get_secret_value().casefold() for each in given if each is not None)
