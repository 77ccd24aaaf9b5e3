"""What is reported closed: the log's closings and reopenings, the newest of each counting."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from alerts.ledger import actions
from alerts.ledger.actions import EVERY_VILLAGE, Deed, Verb
from alerts.plan.ways import Closures
from pipeline.world import World

KINDS = ("route", "crossing", "shelter")


@dataclass(frozen=True, slots=True)
class Reported:
    """The closings and reopenings of a world, oldest first."""

    deeds: tuple[Deed, ...] = ()

    def of(self, village_id: str) -> Closures:
        """Return what is closed in a village."""
        closed: dict[str, bool] = {}
        for deed in self.deeds:
            if deed.village_id in {village_id, EVERY_VILLAGE} and deed.subject is not None:
                closed[deed.subject] = deed.verb is Verb.CLOSE
        shut = sorted(subject for subject, is_closed in closed.items() if is_closed)
        return Closures(*(_idents(shut, kind) for kind in KINDS))


def reported(connection: Connection, world: World) -> Reported:
    """Return all that was reported closed or open again in a world."""
    return Reported(actions.all_of(connection, world, Verb.CLOSE, Verb.REOPEN))


def _idents(subjects: list[str], kind: str) -> tuple[str, ...]:
    return tuple(s.partition(":")[2] for s in subjects if s.startswith(f"{kind}:"))
