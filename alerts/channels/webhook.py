"""Messages to a contact's own system, signed by the Standard Webhooks specification (v1).

A repeat bears the same id and the same bytes, so a receiver that keeps ids takes it once. The
status alone does not say yes: an answer that says no under it, or is no answer of the receiver,
leaves the delivery uncertain. No address and no answer of a receiver is passed on.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from alerts.errors import SendError
from alerts.parcel import WHSEC, Hook, Parcel
from pipeline.bulletin import canonical
from pipeline.errors import PostFailed, SettingsError
from pipeline.outbound import TAKEN, Answer, Target, post

KEY_BYTES: Final = range(24, 65)
NO: Final = frozenset({"error", "failed", "failure", "fail"})
"""What a `status` says that is none."""


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


def signing_key(name: str, secret: str) -> bytes:
    """Return the key that a secret of that name holds.

    Raises
    ------
    SettingsError
        It is not written as Standard Webhooks says; what it holds is not told.
    """
    try:
        key = base64.b64decode(secret.removeprefix(WHSEC), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(WHSEC) or len(key) not in KEY_BYTES:
        raise SettingsError(f"credential {name} is not {WHSEC} and the base64 of 24 to 64 bytes")
    return key


def signed(
    message_id: str, content: bytes, keys: Sequence[bytes], *, at: datetime
) -> dict[str, str]:
    """Return the headers that say whose words these are; a signature a key."""
    seconds = int(at.timestamp())
    text = f"{message_id}.{seconds}.".encode() + content
    digests = [hmac.digest(key, text, hashlib.sha256) for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(d).decode()}" for d in digests),
    }


def body(parcel: Parcel) -> bytes:
    """Return what is posted, as canonical JSON: the same bytes for every repeat of a parcel.

    It names no contact, and no tier: what reaches a village has no colour.
    """
    about = parcel.about
    return canonical(
        {
            "type": "notice.issued" if about.action is None else "warning.issued",
            "timestamp": parcel.queued_at,
            "data": {
                "message_id": about.message_id,
                "site": about.world.site,
                "mode": about.world.mode.value,
                "village": about.village_id,
                "place": about.place_id,
                "action": about.action,
                "urgent": parcel.urgent,
                "language": parcel.language,
                "subject": parcel.subject,
                "body": parcel.body,
                "decide_by": about.decide_by,
                "expires_at": about.expires_at,
            },
        }
    )


def _expect_yes(answer: Answer) -> None:
    if answer.status in TAKEN and answer.body is not None and says_yes(answer.body):
        return
    raise SendError.answered("webhook", answer.status, answer.retry_after)


def says_yes(content: bytes) -> bool:
    """Tell whether the body under a good status lets it stand.

    Nothing, or a word, does. A page does not: it is a proxy's or a login's. JSON does that names
    no error in the ways in which services that always answer 200 name theirs.
    """
    try:
        text = content.decode().strip()
        if not text.startswith(("{", "[")):
            return not text.startswith("<")
        said = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(said, dict):
        return True
    return not _names_error({str(name).lower(): value for name, value in said.items()})


def _names_error(said: dict[str, object]) -> bool:
    if any(said.get(name) for name in ("error", "errors", "errcode", "error_code", "errorcode")):
        return True
    if any(said.get(name) is False for name in ("ok", "success")):
        return True
    code = said.get("code")
    bad_code = isinstance(code, int) and code != 0 and code not in TAKEN
    return bad_code or str(said.get("status", "")).lower() in NO
