"""Messages as they were rendered, and their CAP alerts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select

from alerts.cap import CapAlert, Reference
from alerts.cn_chain import Entry
from alerts.said import Said
from alerts.tables import cap_alert, episode
from alerts.tables import message as messages
from alerts.tier import Action, Tier
from alerts.warning_message import Audience, Provenance, WarningMessage
from pipeline.database import insert_absent, named, within
from pipeline.instants import from_us, to_us
from pipeline.world import Mode, World


@dataclass(frozen=True, slots=True)
class Kept:
    """A message of a world.

    Attributes
    ----------
    created_at : wall time
    """

    world: World
    message: WarningMessage
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeptCap:
    """A CAP alert byte for byte as it was issued, and the state of an episode that it tells."""

    reference: Reference
    episode_id: str
    revision: int
    content: bytes


def keep(
    connection: Connection, world: World, message: WarningMessage, *, created_at: datetime
) -> bool:
    """Keep a message; False where it is there already."""
    row = {
        **named(world),
        "message_id": message.message_id,
        "episode_id": message.episode_id,
        "revision": message.revision,
        "village_id": message.village_id,
        "place_id": message.place_id,
        "audience": message.audience.value,
        "language": message.language,
        "slot": to_us(message.slot),
        "tier": int(message.tier),
        "action": message.action.value,
        "decide_by": None if message.decide_by is None else to_us(message.decide_by),
        "subject": message.subject,
        "body": message.body,
        "sms": message.sms,
        "voice": message.voice,
        "cap_identifier": message.cap_identifier,
        "recipients": json.dumps(message.recipients),
        "roles": json.dumps(message.roles),
        "deadlines": json.dumps(message.deadlines) if message.deadlines else None,
        "provenance": message.provenance.to_bytes(),
        "expires_at": to_us(message.expires_at),
        "created_at": to_us(created_at),
    }
    return insert_absent(connection, messages, [row]) == 1


def message(connection: Connection, world: World, message_id: str) -> Kept | None:
    """Return one message of a world."""
    return _one(connection, within(messages, world), messages.c.message_id == message_id)


def find(connection: Connection, message_id: str) -> Kept | None:
    """Return a message by its id alone, which no two worlds share."""
    return _one(connection, messages.c.message_id == message_id)


def latest(connection: Connection, mode: Mode, village_id: str, at: datetime) -> Kept | None:
    """Return the newest message of a village at a slot up to `at`, in any world of a mode."""
    newest = (
        select(messages)
        .where(
            messages.c.mode == mode.value,
            messages.c.village_id == village_id,
            messages.c.slot <= to_us(at),
        )
        .order_by(messages.c.created_at.desc(), messages.c.revision.desc(), messages.c.message_id)
        .limit(1)
    )
    row = connection.execute(newest).one_or_none()
    return None if row is None else _kept(row)


def of_village(
    connection: Connection, world: World, village_id: str, *, upto: datetime | None = None
) -> tuple[Kept, ...]:
    """Return a village's messages at slots up to `upto`, oldest first."""
    wanted = [within(messages, world), messages.c.village_id == village_id]
    if upto is not None:
        wanted.append(messages.c.slot <= to_us(upto))
    return _all(connection, *wanted)


def of_episodes(
    connection: Connection, world: World, episode_ids: Iterable[str]
) -> tuple[Kept, ...]:
    """Return the messages of those episodes, oldest first."""
    return _all(connection, within(messages, world), messages.c.episode_id.in_(list(episode_ids)))


def keep_cap(connection: Connection, world: World, cap: CapAlert, state: tuple[str, int]) -> bool:
    """Keep a CAP alert byte for byte; False where it is there already.

    Parameters
    ----------
    state : episode id and revision that it tells
    """
    row = {
        **named(world),
        "identifier": cap.reference.identifier,
        "episode_id": state[0],
        "revision": state[1],
        "sender": cap.reference.sender,
        "sent": cap.reference.sent,
        "content": cap.content,
    }
    return insert_absent(connection, cap_alert, [row]) == 1


def cap(connection: Connection, world: World, identifier: str) -> KeptCap | None:
    """Return a CAP alert as it was issued."""
    return next(iter(_caps(connection, world, cap_alert.c.identifier == identifier)), None)


def cap_of(connection: Connection, world: World, state: tuple[str, int]) -> KeptCap | None:
    """Return the CAP alert that tells a state, given as episode id and revision."""
    told = (cap_alert.c.episode_id == state[0], cap_alert.c.revision == state[1])
    return next(iter(_caps(connection, world, *told)), None)


def caps(connection: Connection, world: World, episode_id: str) -> tuple[KeptCap, ...]:
    """Return an episode's CAP alerts, newest first."""
    return _caps(connection, world, cap_alert.c.episode_id == episode_id)


def caps_of_village(
    connection: Connection, world: World, village_id: str, *, upto: datetime
) -> tuple[KeptCap, ...]:
    """Return a village's CAP alerts of states at slots up to `upto`, newest first."""
    of_village = episode.c.village_id == village_id
    return _caps(connection, world, of_village, episode.c.slot <= to_us(upto))


def rehearsed(connection: Connection, world: World, village_id: str, *, since: datetime) -> bool:
    """Tell whether a live world's village was told something in an exercise since an instant.

    Parameters
    ----------
    since : UTC (wall time)

    Source: users.md 25.
    """
    if world.mode is not Mode.LIVE:
        return False
    found = exists().where(
        messages.c.site == world.site,
        messages.c.mode == Mode.EXERCISE.value,
        messages.c.village_id == village_id,
        messages.c.audience == Audience.VILLAGER.value,
        messages.c.created_at >= to_us(since),
    )
    return bool(connection.execute(select(found)).scalar_one())


def references(
    connection: Connection, world: World, episode_id: str, *, before: int
) -> tuple[Reference, ...]:
    """Return the episode's CAP alerts of revisions below `before`, as issued, oldest first."""
    rows = connection.execute(
        select(cap_alert.c.sender, cap_alert.c.identifier, cap_alert.c.sent)
        .where(
            within(cap_alert, world),
            cap_alert.c.episode_id == episode_id,
            cap_alert.c.revision < before,
        )
        .order_by(cap_alert.c.revision)
    )
    return tuple(Reference(row.sender, row.identifier, row.sent) for row in rows)


def entries(connection: Connection, world: World) -> tuple[Entry, ...]:
    """Return all CAP alerts of a world in the order in which they were issued."""
    written = func.min(messages.c.created_at)
    alert = (cap_alert.c.episode_id, cap_alert.c.revision, cap_alert.c.sent)
    rows = connection.execute(
        select(*alert, messages.c.tier)
        .join(messages, messages.c.cap_identifier == cap_alert.c.identifier)
        .where(within(cap_alert, world), within(messages, world))
        .group_by(*alert, messages.c.tier)
        .order_by(written, *alert)
    )
    return tuple(
        Entry(
            row.episode_id,
            row.revision,
            Tier(row.tier),
            datetime.fromisoformat(row.sent).astimezone(UTC),
        )
        for row in rows
    )


def _caps(
    connection: Connection, world: World, *wanted: ColumnElement[bool]
) -> tuple[KeptCap, ...]:
    state = within(episode, world) & (episode.c.episode_id == cap_alert.c.episode_id)
    state &= episode.c.revision == cap_alert.c.revision
    rows = connection.execute(
        select(cap_alert)
        .join(episode, state)
        .where(within(cap_alert, world), *wanted)
        .order_by(episode.c.opened.desc(), episode.c.revision.desc())
    )
    return tuple(
        KeptCap(
            Reference(row.sender, row.identifier, row.sent),
            row.episode_id,
            row.revision,
            row.content,
        )
        for row in rows
    )


def _one(connection: Connection, *wanted: ColumnElement[bool]) -> Kept | None:
    row = connection.execute(select(messages).where(*wanted)).one_or_none()
    return None if row is None else _kept(row)


def _all(connection: Connection, *wanted: ColumnElement[bool]) -> tuple[Kept, ...]:
    rows = connection.execute(
        select(messages)
        .where(*wanted)
        .order_by(
            messages.c.created_at, messages.c.slot, messages.c.revision, messages.c.message_id
        )
    )
    return tuple(_kept(row) for row in rows)


def deadlines_of(kept: str | None) -> dict[Said, int]:
    """Return an order's deadlines in minutes as they are stored."""
    return {Said(stage): int(minutes) for stage, minutes in json.loads(kept or "{}").items()}


def _kept(row: Row[Any]) -> Kept:
    return Kept(
        World(row.site, Mode(row.mode), row.world_id),
        WarningMessage(
            message_id=row.message_id,
            episode_id=row.episode_id,
            revision=row.revision,
            village_id=row.village_id,
            place_id=row.place_id,
            audience=Audience(row.audience),
            language=row.language,
            slot=from_us(row.slot),
            tier=Tier(row.tier),
            action=Action(row.action),
            decide_by=None if row.decide_by is None else from_us(row.decide_by),
            subject=row.subject,
            body=row.body,
            recipients=tuple(json.loads(row.recipients)),
            roles=tuple(json.loads(row.roles)),
            expires_at=from_us(row.expires_at),
            provenance=Provenance.from_bytes(row.provenance),
            cap_identifier=row.cap_identifier,
            sms=row.sms,
            voice=row.voice,
            deadlines=deadlines_of(row.deadlines),
        ),
        from_us(row.created_at),
    )
