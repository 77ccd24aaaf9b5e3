"""When the CAP alert of what still stands is issued anew, and whether it asks anything; pure.

A tier stands until it is lowered, and an alert only until it expires: a reader of CAP must not find
a village that is still to be left free of any warning.

Source: alerting.md 1.3 R9, a flash flood's alert is short and re-issued.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lxml import etree

from alerts.cap_rules import NAMESPACE
from alerts.episode import TierEpisode
from alerts.tier import Tier
from alerts.warning_config import WarningConfig

CYCLES = 2
SHARE = 4
"""Early enough that a cycle or an hour may be lost: two cycles, or a quarter of an alert's life."""
AT_REST = frozenset({"None", "AllClear"})


def is_due(episode: TierEpisode, newest: bytes, *, at: datetime, rules: WarningConfig) -> bool:
    """Tell whether an episode's newest CAP alert must be issued anew by the cycle at `at`.

    Parameters
    ----------
    newest : that alert, as it was kept
    at : UTC (flood time)
    """
    if episode.closed is not None or episode.tier < Tier.YELLOW:
        return False
    spare = max(CYCLES * rules.interval, timedelta(minutes=rules.expires_minutes) / SHARE)
    return at + spare >= min(map(_instant, _said(newest, "expires")))


def asks(newest: bytes) -> bool:
    """Tell whether an alert asks anything of anyone; one of a fall or of the way home does not.

    What is issued anew asks no more than what went before it: whoever has moved must not read
    "prepare" because an alert ran out.
    """
    return not set(_said(newest, "responseType")) <= AT_REST


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _said(content: bytes, name: str) -> list[str]:
    found = etree.fromstring(content).iter(f"{{{NAMESPACE}}}{name}")
    return [element.text or "" for element in found]
