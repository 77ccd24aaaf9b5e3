"""When CAP alone speaks: what still stands is issued anew, what has ended is cancelled; pure.

A tier stands until it is lowered, and an alert only until it expires: a reader of CAP must not find
a village that is still to be left free of any warning. Nor may a warning stay in his list because
its end, from blue, is told to nobody.

Source: alerting.md 1.3 R4, the chain ends in a Cancel; R9, a flash flood's alert is short and
re-issued.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lxml import etree

from alerts.cap_rules import NAMESPACE
from alerts.episode import Change, Step
from alerts.tier import Tier
from alerts.warning_config import WarningConfig

CYCLES = 2
SHARE = 4
"""Early enough that a cycle or an hour may be lost: two cycles, or a quarter of an alert's life."""
AT_REST = frozenset({"None", "AllClear"})


def asks_alone(
    step: Step, newest: bytes | None, *, at: datetime, rules: WarningConfig
) -> bool | None:
    """Tell whether the CAP alert of a step that nobody is told of asks anything; None: none is due.

    What is issued anew asks no more than what went before it: whoever has moved must not read
    "prepare" because an alert ran out.

    Parameters
    ----------
    newest : the episode's newest CAP alert, as it was kept; None where it has none: then a told
        tier has its first
    at : UTC (flood time)
    """
    episode = step.episode
    if episode is None or (episode.closed is not None and newest is None):
        return None
    if step.change is Change.CLOSED:
        return False
    if episode.closed is not None or episode.tier < Tier.YELLOW:
        return None
    if newest is None:
        return True
    return _asks(newest) if _runs_out(newest, at=at, rules=rules) else None


def expires_at(content: bytes) -> datetime:
    """Return when an alert expires, by the first of its languages; UTC (flood time)."""
    return min(map(_instant, _said(content, "expires")))


def _runs_out(newest: bytes, *, at: datetime, rules: WarningConfig) -> bool:
    spare = max(CYCLES * rules.interval, timedelta(minutes=rules.expires_minutes) / SHARE)
    return at + spare >= expires_at(newest)


def _asks(newest: bytes) -> bool:
    """Tell whether an alert asks anything of anyone; one of a fall or of the way home does not."""
    return not set(_said(newest, "responseType")) <= AT_REST


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _said(content: bytes, name: str) -> list[str]:
    found = etree.fromstring(content).iter(f"{{{NAMESPACE}}}{name}")
    return [element.text or "" for element in found]
