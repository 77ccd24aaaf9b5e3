"""Signed acknowledgement links: what a token says, and for how long it is good; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from itsdangerous import BadSignature, SignatureExpired, TimestampSigner, URLSafeTimedSerializer
from typing_extensions import override

from alerts.errors import AlertError

SALT = "floodwarn.acknowledgement"
VALID = timedelta(hours=24)
"""How long a link answers: longer than any order is worth delivering."""


class Fault(StrEnum):
    """Why a link is not answered."""

    EXPIRED = "expired"
    BAD = "bad"


class BadLink(AlertError):
    """A link that acknowledges nothing; the message never repeats the token.

    Attributes
    ----------
    fault : whether it was ours once
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"the acknowledgement link is {fault}")
        self.fault = fault


class _SignerAt(TimestampSigner):
    """Signs at a given instant: time is an argument here."""

    def __init__(self, *args: Any, at: int, **rest: Any) -> None:  # noqa: ANN401 - as inherited
        super().__init__(*args, **rest)
        self.at = at

    @override
    def get_timestamp(self) -> int:
        """Return the instant that the caller gave."""
        return self.at


def token(key: bytes, delivery_key: str, *, at: datetime) -> str:
    """Return the token of one delivery; the same `at` (when it was queued) gives the same token."""
    return str(_serializer(key, at).dumps(delivery_key))


def delivery_key(key: bytes, text: str, *, now: datetime) -> str:
    """Return the delivery that a token names.

    Raises
    ------
    BadLink
        The token is not ours, or older than `VALID`.
    """
    try:
        named = _serializer(key, now).loads(text, max_age=int(VALID.total_seconds()))
    except SignatureExpired:
        raise BadLink(Fault.EXPIRED) from None
    except BadSignature:
        raise BadLink(Fault.BAD) from None
    return str(named)


def link(public_url: str, text: str) -> str:
    """Return the address that a message carries."""
    return f"{public_url.rstrip('/')}/ack/{text}"


def _serializer(key: bytes, at: datetime) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        key, salt=SALT, signer=_SignerAt, signer_kwargs={"at": int(at.timestamp())}
    )
