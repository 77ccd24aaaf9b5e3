"""Who leads, who is helped by whom, and what was drilled: references, no number, no diagnosis."""

from __future__ import annotations

from datetime import date
from typing import Final

from alerts.plan.words import Count, Frozen, How, Ident, Minutes, Ref

LEADING: Final = ("responsible", "warning", "transfer")
"""Roles without which no order is carried out; the others are asked for with a word only."""


class People(Frozen):
    """Who leads, by reference to the roster; a deputy follows the person stood in for.

    Attributes
    ----------
    responsible : the administrative responsible person (行政责任人), who gives the order
    monitoring, warning, transfer, patrol : 监测, 预警, 转移, 巡查
    """

    responsible: tuple[Ref, ...] = ()
    monitoring: tuple[Ref, ...] = ()
    warning: tuple[Ref, ...] = ()
    transfer: tuple[Ref, ...] = ()
    patrol: tuple[Ref, ...] = ()

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """The references by role, in the plan's order."""
        return {name: getattr(self, name) for name in type(self).model_fields}


class NeedsHelp(Frozen):
    """One person who does not get away alone, and who comes for that person.

    Attributes
    ----------
    place : the zone in which the person lives
    how : what must be done; never why
    """

    ref: Ref
    place: Ident
    how: How
    helper: Ref | None = None
    deputy: Ref | None = None


class Drill(Frozen):
    """One drill: when, how many came, and how long it took from the signal to the last count."""

    on: date
    people: Count
    minutes: Minutes | None = None
    night: bool = False
