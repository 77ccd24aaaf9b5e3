"""An alarm of the watch: one thing that does not go on as it should; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What an alarm is of, the gravest first."""

    UNANSWERED = "unanswered"
    DATABASE = "database"
    CYCLE = "cycle"
    OUTBOX = "outbox"
    ROSTER = "roster"
    DEAD_LETTERS = "dead_letters"
    AUDIT = "audit"
    SCHEDULER = "scheduler"
    SITE = "site"
    DISK = "disk"
    CLOCK = "clock"
    NTP = "ntp"
    SHIFT = "shift"
    TEST = "test"
    FEED = "feed"
    WATCH = "watch"
    HEARTBEAT = "heartbeat"
    KEY = "key"


class Severity(StrEnum):
    """Whether people may go untold by it now, or only if nobody sees to it."""

    GRAVE = "grave"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm, the same from pass to pass by its `id`.

    Attributes
    ----------
    since : wall time
    about : which village, tier, feed, role, file or watcher; "" where there is only one
    number : how many, how many seconds, or how many days: the kind says which
    """

    kind: Kind
    severity: Severity
    since: datetime
    about: str = ""
    number: int = 0

    @property
    def id(self) -> str:
        """The alarm's identity; no time and no number is in it."""
        return f"{self.kind}:{self.about}" if self.about else self.kind.value


def gravest_first(alarm: Alarm) -> tuple[bool, int, datetime, str]:
    """Return the key by which alarms are told in order."""
    return alarm.severity is Severity.WARNING, list(Kind).index(alarm.kind), alarm.since, alarm.id
