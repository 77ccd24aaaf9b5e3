"""Messages to a contact's own system, signed by the Standard Webhooks specification (v1).

A repeat bears the same id and the same bytes, so a receiver that keeps ids takes it once. The
status alone does not say yes: under it only nothing, or a plain yes, does; any other answer leaves
the delivery uncertain. No address and no answer of a receiver is passed on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from alerts.errors import SendError
from alerts.parcel import Hook, Parcel
from alerts.plain_yes import says_yes
from alerts.signed_post import signed, signing_key
from alerts.warning_message import Audience
from pipeline.bulletin import canonical
from pipeline.errors import PostFailed, SettingsError
from pipeline.outbound import TAKEN, Answer, Target, post


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """Posts parcels to their contacts' systems.

    Attributes
    ----------
    credential : tells a secret by its name, anew for each parcel: a new one signs at once
    budget_s : for one parcel, from asking for the address to the end of the answer
    """

    credential: Callable[[str], str]
    now: Callable[[], datetime]
    ca_bundle: str | None = None
    budget_s: float = 20.0

    def send(self, parcel: Parcel) -> None:
        """Post one parcel.

        Each contact has a server of its own, so that one which cannot be reached says nothing of
        the others: it is never told as `Unreachable`.

        Raises
        ------
        SendError
            With `uncertain` where the text was handed over and nothing plain was answered.
        """
        hook, content = parcel.address, body(parcel)
        if not isinstance(hook, Hook):
            raise SendError("webhook: the contact has no address", retryable=False)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            **signed(parcel.key, content, self._keys(hook), at=self.now()),
        }
        target = Target(hook.url.get_secret_value(), hook.allow_private, self.ca_bundle)
        try:
            answer = post(target, content, headers, budget_s=self.budget_s)
        except PostFailed as error:
            raise SendError(
                f"webhook: {error}", retryable=True, uncertain=error.handed_over
            ) from None
        _expect_yes(answer)

    def _keys(self, hook: Hook) -> list[bytes]:
        """Return the keys that are there; one that is not must not silence the others."""
        keys, wrong = [], "webhook: no secret"
        for name in hook.credentials:
            try:
                keys.append(signing_key(name, self.credential(name)))
            except SettingsError as error:
                wrong = f"webhook: {error}"
        if not keys:
            # A cure lets it through, and nothing has left.
            raise SendError(wrong, retryable=True)
        return keys


def body(parcel: Parcel) -> bytes:
    """Return what is posted, as canonical JSON: the same bytes for every repeat of a parcel.

    It names no contact, and no tier: what reaches a village has no colour. Only a villager's text
    bears an action: the others get theirs also of an order that still waits to be approved.
    """
    about = parcel.about
    return canonical(
        {
            "type": _kind(about.audience),
            "timestamp": parcel.queued_at,
            "data": {
                "message_id": about.message_id,
                "site": about.world.site,
                "mode": about.world.mode.value,
                "audience": about.audience,
                "village": about.village_id,
                "place": about.place_id,
                "action": about.action if about.audience is Audience.VILLAGER else None,
                "urgent": parcel.urgent,
                "language": parcel.language,
                "subject": parcel.subject,
                "body": parcel.body,
                "decide_by": about.decide_by,
                "expires_at": about.expires_at,
            },
        }
    )


def _kind(audience: Audience | None) -> str:
    match audience:
        case Audience.VILLAGER:
            return "warning.issued"
        case Audience.OFFICER:
            return "officer.informed"
        case Audience.APPROVER:
            return "approval.asked"
        case None:
            return "notice.issued"


def _expect_yes(answer: Answer) -> None:
    if answer.status in TAKEN and answer.body is not None and says_yes(answer.body):
        return
    raise SendError.answered("webhook", answer.status, answer.retry_after)
