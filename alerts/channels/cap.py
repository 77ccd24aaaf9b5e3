"""CAP alerts to receivers: posted as they are handed out, signed on the way, to each once.

A repeat is the same alert under the same identifier and the same `Idempotency-Key`. Whoever reads
CAP knows an alert by its identifier, so a repeat does no harm: what failed on the receiver's side
(5xx) is tried again, and what may have been taken as well. No address, token or answer of a
receiver is passed on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

from alerts.cap_copy import Copy, signed
from alerts.cap_receiver import BUDGET_S, CapReceiver
from alerts.errors import Refused, RosterError, SendError, Unreachable
from alerts.pace import UNLIMITED, Allowance, Cap
from alerts.parcel import Parcel
from alerts.plain_yes import says_yes
from alerts.receivers_file import receivers_in
from pipeline.errors import PostFailed, SettingsError
from pipeline.outbound import TAKEN, Answer, Target, post
from pipeline.settings import OWN_PEOPLE, Settings
from pipeline.world import Mode

MEDIA_TYPE: Final = "application/cap+xml; charset=utf-8"
MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class CapChannel:
    """Posts alerts to the receivers that the site names.

    Attributes
    ----------
    credential : tells an address by its name, anew for each alert: a new one counts at once
    budget_s : for one alert, from asking for the address to the end of the answer
    """

    settings: Settings
    credential: Callable[[str], str]
    now: Callable[[], datetime]
    ca_bundle: str | None = None
    budget_s: float = BUDGET_S

    def send(self, parcel: Parcel) -> None:
        """Post one alert.

        Raises
        ------
        Unreachable
            The receiver has no usable address, the alert cannot be signed, or no connection came
            about: nothing has left.
        SendError
            The receiver is none of the site's, or not for exercises; or it did not take the alert,
            with `uncertain` where it may have.
        """
        receiver = self._receiver(parcel)
        target, content = self._target(receiver), self._signed(parcel)
        headers = {"Content-Type": MEDIA_TYPE, "Idempotency-Key": f'"{parcel.key}"'}
        try:
            answer = post(target, content, headers, budget_s=self.budget_s)
        except PostFailed as error:
            if error.handed_over:
                raise SendError(f"cap: {error}", retryable=True, uncertain=True) from None
            raise Unreachable(f"cap: {error}") from None
        _expect_taken(answer, receiver)

    def _receiver(self, parcel: Parcel) -> CapReceiver:
        """Return who gets it; of an exercise nobody who is not named for exercises does."""
        listed = receivers_in(self.settings.site_folder)
        if listed is None:
            raise Unreachable("cap: site.toml cannot be read")
        found = next((each for each in listed if each.channel == parcel.contact_ref), None)
        if found is None:
            raise SendError("cap: the site has no such receiver", retryable=False)
        if parcel.about.world.mode is not Mode.LIVE and not self._rehearses(found):
            raise SendError("cap: the receiver is not marked for exercises", retryable=False)
        return found

    def _rehearses(self, receiver: CapReceiver) -> bool:
        """Tell whether a receiver is in exercises; in those of telephones alone none is."""
        return receiver.exercise and not (self.settings.home / OWN_PEOPLE).exists()

    def _target(self, receiver: CapReceiver) -> Target:
        name = receiver.url_credential
        try:
            return Target(self.credential(name), receiver.allow_private, self.ca_bundle)
        except SettingsError as error:
            raise Unreachable(f"cap: {error}") from None
        except ValueError as error:
            raise Unreachable(f"cap: credential {name}: {error}") from None

    def _signed(self, parcel: Parcel) -> bytes:
        copy = Copy(parcel.subject, parcel.body.encode("utf-8"))
        try:
            return signed(copy, self.settings, now=self.now()).content
        except (RosterError, Refused) as error:
            raise Unreachable(f"cap: {error}") from None


def allowance(settings: Settings, channel: str) -> Allowance:
    """Return how many alerts a receiver takes."""
    listed = receivers_in(settings.site_folder) or ()
    limits = (Cap(each.per_minute, MINUTE_S) for each in listed if each.channel == channel)
    return next((Allowance(account=(limit,)) for limit in limits), UNLIMITED)


def _expect_taken(answer: Answer, receiver: CapReceiver) -> None:
    """Believe what a webhook is believed for, or the status where its receiver says so."""
    plain = answer.body is not None and says_yes(answer.body)
    if answer.status in TAKEN and (receiver.by_status or plain):
        return
    told = SendError.answered("cap", answer.status, answer.retry_after)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # a second one under its identifier does no harm: 5xx is tried as long as it is worth it
        raise SendError(
            f"cap: answered {answer.status}", retryable=True, retry_after=told.retry_after
        )
    raise told
