"""What is wrong with a plan, and the season against which it is held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from alerts.plan.model import Plan
from alerts.plan.places import Place, SpecialSite

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that would fail at night.

    Attributes
    ----------
    severity : ``error``: people may die of it; ``warning``: the order is worse for it; ``info``:
        it could not be checked
    breaks : no order can be made from the plan, so the village would be ordered as a whole
    """

    severity: Severity
    field: str
    message: str
    cure: str
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Season:
    """What a plan is held against besides itself.

    Attributes
    ----------
    languages : of the site
    day : None where the age of a plan does not matter
    """

    languages: tuple[str, ...]
    day: date | None = None


Faults = Iterator[Fault]
Checked = tuple[Plan, Season]


def at_stake(place: Place) -> Severity:
    """Return how grave it is where a place lacks what would save its people."""
    worst = isinstance(place, SpecialSite) or place.danger in {"extreme", "high"}
    return "error" if worst else "warning"
