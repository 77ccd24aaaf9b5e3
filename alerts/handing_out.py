"""Door: hands out CAP alerts byte for byte as they were kept, and signed where there is a key.

Nothing is composed here: an alert's references are right only while what was issued once stays as
it was. The signature is added to a copy, so what the ledger keeps never depends on a key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from alerts import cap_signature
from alerts.errors import Refused
from alerts.ledger import messages
from alerts.roster import read_private
from pipeline.database import Engine, reading
from pipeline.errors import NotKept
from pipeline.settings import Settings
from pipeline.world import Mode, World

UNFIT = re.compile(r"[^\w.:-]")
"""What no file of ours is named with."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A CAP alert as it leaves."""

    identifier: str
    content: bytes

    @property
    def file_name(self) -> str:
        """The name of its file."""
        return f"{UNFIT.sub('-', self.identifier)}.xml"


def of_message(engine: Engine, message_id: str) -> Copy:
    """Return the CAP alert that was issued with a message.

    Raises
    ------
    NotKept
        There is no such message.
    Refused
        It was not issued as a CAP alert: nor is anything at a river point, or what broke a rule.
    """
    with reading(engine) as connection:
        kept = messages.find(connection, message_id)
        if kept is None:
            raise NotKept(f"there is no message {message_id}")
        named = kept.message.cap_identifier
        content = None if named is None else messages.cap(connection, kept.world, named)
    if named is None or content is None:
        raise Refused(f"message {message_id} was not issued as a CAP alert")
    return Copy(named, content)


def of_village(engine: Engine, mode: Mode, village_id: str, at: datetime) -> Copy:
    """Return the CAP alert that spoke last for a village at an instant of the flood.

    It may be newer than the last message: an alert that stands is issued anew, and nobody is told.

    Raises
    ------
    NotKept
        The village had been told nothing by then.
    Refused
        What it was told then had not been issued as a CAP alert.
    """
    with reading(engine) as connection:
        kept = messages.latest(connection, mode, village_id, at)
        if kept is None:
            raise NotKept(f"{village_id} had been told nothing by then")
        episode_id = kept.message.episode_id
        newest = messages.newest_cap(connection, kept.world, episode_id, upto=at)
    if newest is None:
        raise Refused(f"what {village_id} was told then was not issued as a CAP alert")
    return Copy(newest.identifier, newest.content)


def of_identifier(engine: Engine, world: World, identifier: str) -> Copy | None:
    """Return a world's CAP alert of that identifier; None where it has none."""
    with reading(engine) as connection:
        content = messages.cap(connection, world, identifier)
    return None if content is None else Copy(identifier, content)


def signed(copy: Copy, settings: Settings, *, now: datetime) -> Copy:
    """Return a copy with the deployment's signature; without FLOODWARN_CAP_KEY, as it is.

    Raises
    ------
    RosterError
        The key is absent, or its file is open to others.
    Refused
        It cannot sign now; then nothing leaves.
    """
    if settings.cap_key is None:
        return copy
    pair = read_private(settings.home / settings.cap_key)
    return Copy(copy.identifier, cap_signature.sign(copy.content, pair, now=now))
