"""What a siren is told and what it says, as signed bytes on a topic of its own; pure.

The first line is the signature: ``v1=`` and the HMAC-SHA256, in hexadecimal, of all that follows
it, which is JSON in UTF-8. What is not signed is not read.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated, Final, Literal, TypeVar

from pydantic import AwareDatetime, Field, StringConstraints, TypeAdapter, ValidationError

from pipeline.bulletin import canonical

VERSION: Final = b"v1="
MOST_BYTES: Final = 65_536
"""Of what is signed; whoever sends more is not listened to."""

Ident = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Act(StrEnum):
    """What a siren is to do with a text."""

    SOUND = "sound"
    SPEAK = "speak"


class Did(StrEnum):
    """What a siren did with a command; from `REPLAYED` on it made no sound, and says why."""

    SOUNDING = "sounding"
    SOUNDED = "sounded"
    FAILED = "failed"
    REPLAYED = "replayed"
    OLDER = "older"
    EXPIRED = "expired"
    NO_EXERCISES = "takes-no-exercises"


@dataclass(frozen=True, slots=True)
class Command:
    """One order to one siren.

    Attributes
    ----------
    id : the delivery's key; a repeat bears the same
    issued, expires : wall time; from `expires` on it must make no sound
    action : ``sound`` is the tone and then the text, ``speak`` the text alone
    title, text : the order in one line, and in full; with an exercise's mark first and last
    sequence : grows with each decision; the texts of one decision share it
    place : of the village that the text speaks of; empty = all of it
    """

    id: Ident
    issued: AwareDatetime
    expires: AwareDatetime
    mode: Literal["live", "exercise"]
    action: Act
    title: str
    text: str
    language: str
    sequence: Annotated[int, Field(ge=0)]
    place: str = ""
    schema: Literal["floodwarn.siren-command/1"] = "floodwarn.siren-command/1"


@dataclass(frozen=True, slots=True)
class Word:
    """What a siren says of a command.

    Attributes
    ----------
    id : of the command
    at : by the siren's own clock
    """

    id: Ident
    did: Did
    at: AwareDatetime
    schema: Literal["floodwarn.siren-word/1"] = "floodwarn.siren-word/1"


Said = TypeVar("Said", Command, Word)


def topic(site: str, village: str, device: str, end: Literal["cmd", "ack"]) -> str:
    """Return where a siren is told (``cmd``), or where it says what it did (``ack``)."""
    return f"floodwarn/{site}/{village}/{device}/{end}"


def device_key(master: str, site: str, village: str, device: str) -> bytes:
    """Return the key of one siren; from it neither the master key nor another's can be told."""
    return hmac.new(
        master.encode(), f"floodwarn siren {site}/{village}/{device}".encode(), hashlib.sha256
    ).digest()


def sealed(said: Command | Word, key: bytes) -> bytes:
    """Return what is said as signed bytes; the same gives the same."""
    content = canonical(asdict(said))
    return _signature(content, key) + b"\n" + content


def opened(kind: type[Said], payload: bytes, key: bytes) -> Said | None:
    """Return what was said; None where it is not signed with the key, or is something else."""
    signature, _, content = payload[:MOST_BYTES].partition(b"\n")
    if not hmac.compare_digest(signature, _signature(content, key)):
        return None
    try:
        return TypeAdapter(kind).validate_json(content)
    except ValidationError:
        return None


def _signature(content: bytes, key: bytes) -> bytes:
    return VERSION + hmac.new(key, content, hashlib.sha256).hexdigest().encode()
