"""Signatures on what is posted between systems (Standard Webhooks v1), given and checked; pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from alerts.parcel import WHSEC
from pipeline.errors import SettingsError

KEY_BYTES: Final = range(24, 65)
MOST_DIGITS: Final = 12
TOLERANCE: Final = timedelta(minutes=5)
"""By which a sender's clock may differ from ours; an older post may be one that was overheard."""


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
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{_digest(key, text)}" for key in keys),
    }


def is_signed(
    headers: Mapping[str, str], content: bytes, keys: Sequence[bytes], *, now: datetime
) -> bool:
    """Tell whether a post bears a fresh signature by one of the keys.

    Parameters
    ----------
    headers : by lower-case name
    """
    message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not stamp.isascii() or not stamp.isdecimal() or len(stamp) > MOST_DIGITS:
        return False
    if abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        return False
    text = f"{message_id}.{stamp}.".encode() + content
    wanted = [f"v1,{_digest(key, text)}".encode() for key in keys]
    given = [each.encode() for each in headers.get("webhook-signature", "").split(" ")]
    return any(hmac.compare_digest(mine, theirs) for mine in wanted for theirs in given)


def _digest(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode()
