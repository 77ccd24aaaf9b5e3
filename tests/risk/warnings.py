"""Official warnings by hand, for the small site and the store."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pipeline.database import Engine
from pipeline.observation import Decoded, KnownBasis, OfficialWarning, WarningArea, WarningKind
from pipeline.risk.official import FeedWarning
from pipeline.store import official
from pipeline.store.admission import Incoming
from tests.risk.small_site import NOON

SENDER = "office"
EVERYWHERE = ((-10.0, -10.0), (10.0, -10.0), (10.0, 10.0), (-10.0, 10.0), (-10.0, -10.0))


def area(level: int = 4, name: str = "county", **fields: Any) -> WarningArea:
    return WarningArea(name, level, **fields)


def message(number: int = 1, **fields: Any) -> OfficialWarning:
    """Return a red warning of the whole county, sent an hour before noon."""
    said: dict[str, Any] = {
        "sender": SENDER, "identifier": f"W{number}", "sent": NOON - timedelta(hours=1),
        "kind": WarningKind.ALERT, "event": "flood", "onset": None, "expires": None,
        "areas": (area(),),
    }  # fmt: skip
    return OfficialWarning(**(said | fields))


def names(*numbers: int) -> tuple[str, ...]:
    """Return the identities of messages by number."""
    return tuple(f"{SENDER},W{number}" for number in numbers)


def read(*warnings: OfficialWarning, feed: str = "cap") -> tuple[FeedWarning, ...]:
    return tuple(FeedWarning(feed, warning) for warning in warnings)


def incoming(*warnings: OfficialWarning, known_at: datetime, **fields: Any) -> Incoming:
    """Return one payload of these warnings."""
    said: dict[str, Any] = {
        "site": "small", "feed_id": "cap", "basis": KnownBasis.RECEIVED, "known_at": known_at,
        "stored_at": known_at, "payload_sha256": "a" * 64,
        "decoded": Decoded(warnings=warnings),
    }  # fmt: skip
    return Incoming(**(said | fields))


def store(engine: Engine, *warnings: OfficialWarning, known_at: datetime, **fields: Any) -> int:
    with engine.begin() as connection:
        return official.append(connection, incoming(*warnings, known_at=known_at, **fields))
