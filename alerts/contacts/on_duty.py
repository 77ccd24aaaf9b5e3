"""What one who takes the duty over must read: what is open, what changed since the shift began."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from alerts.ledger import actions, closures, episodes, since
from alerts.ledger.actions import Deed, Verb
from alerts.outbox import held_back, standing
from pipeline.database import Connection, Engine, reading
from pipeline.instants import text
from pipeline.world import World

LOOKED_BACK: Final = timedelta(hours=24)
"""For how long a request that nobody agreed to, and what never arrived, is told."""
REQUESTS: Final = (Verb.LOWER_REQUEST, Verb.RELEASE_REQUEST, Verb.RETRACT_REQUEST)


def open_items(engine: Engine, world: World, now: datetime) -> tuple[str, ...]:
    """Return what waits for somebody, each in a line.

    Parameters
    ----------
    now : wall time
    """
    with reading(engine) as connection:
        return (
            *_episodes(connection, world, now),
            *_closed(connection, world),
            *_requests(connection, world, now),
            *_not_arrived(connection, world, now),
        )


def changed(engine: Engine, world: World, begun: datetime) -> tuple[str, ...]:
    """Return what was told and done since a shift began (wall time), the oldest first."""
    with reading(engine) as connection:
        told = [
            (one.at, f"{one.village_id}: told at {one.tier.colour}")
            for one in since.said(connection, world, begun)
        ]
        done = [(d.at, _deed(d)) for d in actions.all_of(connection, world, *Verb) if d.at >= begun]
    return tuple(f"{text(at)} {line}" for at, line in sorted((*told, *done)))


def _episodes(connection: Connection, world: World, now: datetime) -> Iterator[str]:
    waiting = held_back.waiting(connection, world, now=now)
    for village_id, episode in sorted(episodes.newest(connection, world).items()):
        if episode.closed is None:
            waits = waiting.get(episode.episode_id)
            asked = "" if waits is None else f"; waits for an approver until {text(waits.until)}"
            yield f"{village_id}: {episode.tier.colour} since {text(episode.tier_since)}{asked}"


def _closed(connection: Connection, world: World) -> Iterator[str]:
    last: dict[tuple[str, str], Deed] = {}
    for deed in closures.reported(connection, world).deeds:
        if deed.subject is not None:
            last[deed.village_id, deed.subject] = deed
    for (village_id, subject), deed in sorted(last.items()):
        if deed.verb is Verb.CLOSE:
            yield f"{village_id}: {subject} closed since {text(deed.at)}: {deed.reason}"


def _requests(connection: Connection, world: World, now: datetime) -> Iterator[str]:
    for deed in actions.all_of(connection, world, *REQUESTS):
        is_open = actions.agreed(connection, world, deed.action_id) is None
        if is_open and deed.at > now - LOOKED_BACK:
            yield f"{_deed(deed)}; nobody agreed yet: floodwarn agree {deed.action_id} --by REF"


def _not_arrived(connection: Connection, world: World, now: datetime) -> Iterator[str]:
    for one in standing.unsettled(connection, world):
        if one.ended_at > now - LOOKED_BACK:
            yield f"{one.contact_ref}: {one.state} by {one.channel} at {text(one.ended_at)}"


def _deed(deed: Deed) -> str:
    about = "" if deed.subject is None else f" {deed.subject}"
    return f"{deed.village_id}: {deed.verb}{about} by {deed.by_ref}: {deed.reason}"
