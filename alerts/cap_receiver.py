"""A system of others that is pushed each CAP alert: a broadcaster, an aggregator, a gateway.

Each is a channel of its own: one that is dead, slow or limited holds up neither people nor another.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from alerts.credential_name import CredentialName
from pipeline.world import Mode

PROVIDER: Final = "cap"
BEFORE_ID: Final = f"{PROVIDER}:"
BUDGET_S: Final = 8.0
"""For one push, from asking for the address to the end of the answer; no pass lasts longer by it
(`alerts.outbox.line`)."""
MOST_RECEIVERS: Final = 16
"""Each has a hand of its own, beside those of the channels to people."""
PER_MINUTE: Final = 60

ReceiverId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,11}$")]


class CapReceiver(BaseModel):
    """One receiver, as the site names it.

    Attributes
    ----------
    url_credential : name under which the environment or an Airflow Connection holds its address,
        which may bear a token; https
    villages : whose alerts it gets; none named = of all
    allow_private : networks that are not of the public internet and may be spoken to
    per_minute : pushes that it takes
    exercise : it may be sent alerts of exercises as well, whose status says so
    by_status : its own documentation says that a status 2xx means taken, whatever the body says
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: ReceiverId
    url_credential: CredentialName
    villages: tuple[str, ...] = ()
    allow_private: tuple[str, ...] = ()
    per_minute: int = Field(PER_MINUTE, ge=1, le=600)
    exercise: bool = False
    by_status: bool = False

    @property
    def channel(self) -> str:
        """The channel of the outbox by which it is reached."""
        return BEFORE_ID + self.id

    def takes(self, village_id: str, mode: Mode) -> bool:
        """Tell whether it is sent a village's alerts in a mode; of a replay nobody is."""
        may = mode is Mode.LIVE or (mode is Mode.EXERCISE and self.exercise)
        return may and (not self.villages or village_id in self.villages)


def is_push(channel: str) -> bool:
    """Tell whether a channel leads to a receiver of CAP alerts, and so to no person."""
    return channel.startswith(BEFORE_ID)


def provider_of(channel: str) -> str:
    """Return by which name a deployment has what serves a channel."""
    return PROVIDER if is_push(channel) else channel
