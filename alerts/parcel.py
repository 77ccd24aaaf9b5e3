"""One message on its way to one person, and what a channel does with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Protocol

from pydantic import ConfigDict, Field, SecretStr, StringConstraints

from alerts.credential_name import CredentialName
from alerts.warning_message import Audience
from pipeline.world import World

WHSEC = "whsec_"
"""How a webhook's secret begins (Standard Webhooks)."""


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a webhook is, and who may speak there.

    Attributes
    ----------
    credentials : names under which the environment or an Airflow Connection holds the secrets; each
        of them signs, so that a receiver may know the old or the new one
    allow_private : networks that are not of the public internet and may be spoken to
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", hide_input_in_errors=True
    )

    url: SecretStr
    credentials: Annotated[tuple[CredentialName, ...], Field(min_length=1)]
    allow_private: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Siren:
    """A siren or loudspeaker of a village, by the name that the broker of the sirens knows.

    Attributes
    ----------
    speaks_at_orange : it speaks the orders at orange too; its tone is for red alone
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    device: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,60}$")]
    speaks_at_orange: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """What a parcel is about, for a machine that does not read its text.

    Attributes
    ----------
    message_id : of the stored text
    audience : of the stored text; None of a notice, which has no village and no action either
    place_id : None of what officers and approvers get
    decide_by : UTC (flood time), as the text says it
    expires_at : wall time, after which nobody need be told any more
    sounds : the tone of a siren sounds for it
    """

    world: World
    message_id: str
    expires_at: datetime
    audience: Audience | None = None
    village_id: str | None = None
    place_id: str | None = None
    action: str | None = None
    decide_by: datetime | None = None
    sounds: bool = False


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a channel carries.

    Attributes
    ----------
    key : the delivery's key; the provider gets it, so that a repeat is known as one
    address : of the channel; None where it needs none
    queued_at : wall time; a repeat bears the same, so that it is the same bytes
    urgent : orange or red
    """

    key: str
    contact_ref: str
    address: SecretStr | Hook | Siren | None
    subject: str
    body: str
    language: str
    queued_at: datetime
    urgent: bool
    about: About


class Channel(Protocol):
    """A provider; `send` returns once the provider has accepted the parcel."""

    def send(self, parcel: Parcel) -> str | None:
        """Hand the parcel over; return what the provider calls it, where it says so.

        Raises
        ------
        SendError
            The provider did not take it, or may have taken it and did not say so.
        """
