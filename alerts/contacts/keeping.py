"""Door: how long people are kept: purged when long removed, unless an inquiry holds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from alerts.contacts.register import Act, leave_no_trace, may_change, may_read
from alerts.errors import Refused
from alerts.ledger.called import called, is_known
from alerts.people import audit, holds, store
from alerts.people.audit import Entry, Verb
from pipeline.database import Engine, reading

HELD: Final = timedelta(days=3 * 365)
"""How long an inquiry holds whoever had a part in an episode, where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge does.

    Attributes
    ----------
    refs : of those who go
    kept_for : references of those who stay for an inquiry, with one episode that holds each
    """

    refs: tuple[str, ...]
    kept_for: tuple[tuple[str, str], ...]


def hold(home: Path, engine: Engine, episode_id: str, until: datetime, act: Act) -> int:
    """Keep whoever had a part in an episode; return how many they are so far.

    Raises
    ------
    Refused
        There is no such episode, or the person may not change people.
    """
    may_change(home, act)
    with reading(engine) as connection:
        if not is_known(connection, episode_id):
            raise Refused(f"there is no episode {episode_id}")
        count = len(called(connection, episode_id))
    with store.writing(home) as connection:
        holds.put(connection, episode_id, until, act.by)
        audit.record(connection, Entry(act.at, act.by, Verb.HOLD, episode_id))
    return count


def purge(home: Path, engine: Engine, days: int, act: Act, *, confirm: bool) -> Purged:
    """Forget who was removed longer ago than some days; without `confirm` only say who.

    Parameters
    ----------
    engine : of the ledger, which says who had a part in an episode that is held

    Raises
    ------
    Refused
        The person has no right to read people's data.
    StoreUnavailable
        The ledger cannot be asked: then nobody is forgotten.
    """
    may_read(home, act.by)
    with store.writing(home) as connection:
        gone = holds.removed_before(connection, act.at - timedelta(days=days))
        kept = _kept_for(engine, holds.held(connection, act.at))
        refs = tuple(ref for ref in gone if ref not in kept)
        if confirm and refs:
            holds.forget(connection, refs)
            audit.record(connection, Entry(act.at, act.by, Verb.PURGE, " ".join(refs)))
    if confirm and refs:
        leave_no_trace(home)
    return Purged(refs, tuple((ref, kept[ref]) for ref in gone if ref in kept))


def _kept_for(engine: Engine, episodes: tuple[str, ...]) -> dict[str, str]:
    with reading(engine) as connection:
        return {ref: one for one in episodes for ref in called(connection, one)}
