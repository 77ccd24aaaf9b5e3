"""One message on its way to one person, and what a channel does with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import SecretStr


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
    address: SecretStr | None
    subject: str
    body: str
    language: str
    queued_at: datetime
    urgent: bool


class Channel(Protocol):
    """A provider; `send` returns once the provider has accepted the parcel."""

    def send(self, parcel: Parcel) -> None:
        """Hand the parcel over.

        Raises
        ------
        SendError
            The provider did not take it, or may have taken it and did not say so.
        """
