"""What whoever has a telephone does with an SMS or a call: on time, late, wrongly, never; pure.

How a line behaves is drawn from a seed and its number, so that a drill can be had again. The share
of each manner is our own assumption and no measurement; whatever is scored of it says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import Final

from pydantic import JsonValue

from alerts.forms import Form

BROUGHT: Final = timedelta(seconds=4)
"""From handing over to the provider's receipt."""
PLAYED: Final = timedelta(seconds=45)
"""A call that says its text twice."""
RECEIVED, COUNTED, UNKNOWN = "1", "2", "7"
SHOWN: Final = 2
"""Digits of a number that are shown."""


class Manner(StrEnum):
    """How a line answers."""

    PROMPT = "prompt"
    LATE = "late"
    NEVER = "never"
    TWICE = "twice"
    WRONG_KEY = "wrong key"
    NO_KEY = "no key"
    EARLY_KEY = "key before the text ended"
    WRONG_NUMBER = "wrong number"


SHARE: Final = {
    Manner.PROMPT: 50,
    Manner.LATE: 12,
    Manner.NEVER: 12,
    Manner.TWICE: 6,
    Manner.WRONG_KEY: 5,
    Manner.NO_KEY: 5,
    Manner.EARLY_KEY: 5,
    Manner.WRONG_NUMBER: 5,
}
"""Of a hundred lines; assumed."""


@dataclass(frozen=True, slots=True)
class Ring:
    """An SMS or a call as a line got it.

    Attributes
    ----------
    ident : the sender's name for it
    counts_at : when everybody of this line's will be there; before it "received" is all there is
    """

    ident: str
    form: Form
    number: str
    at: datetime
    counts_at: datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """What comes back of a line, or of its provider.

    Attributes
    ----------
    what : in words, for the log
    """

    at: datetime
    form: Form
    ident: str
    number: str
    what: str
    post: dict[str, JsonValue]


def manner_of(number: str, seed: int) -> Manner:
    """Return how a line behaves."""
    drawn = _drawn(seed, number, "manner") * sum(SHARE.values())
    bounds = zip(SHARE, accumulate(SHARE.values()), strict=True)
    return next(manner for manner, bound in bounds if drawn < bound)


def counts_after(number: str, seed: int) -> timedelta:
    """Return how long a line takes from its order until all are counted: 10 to 25 minutes."""
    return timedelta(minutes=10 + 15 * _drawn(seed, number, "counts"))


def deeds(ring: Ring, manner: Manner, seed: int) -> tuple[Deed, ...]:
    """Return everything that comes back of an SMS or a call, each at its time."""
    return tuple(_called(ring, manner, seed) if ring.form is Form.VOICE else _texted(ring, manner))


def masked(number: str) -> str:
    """Return what may be shown of a number: its last two digits."""
    return f"...{number[-SHOWN:]}"


def _called(ring: Ring, manner: Manner, seed: int) -> Iterator[Deed]:
    if manner is Manner.WRONG_NUMBER:
        yield _receipt(ring, "failed")
        return
    if manner is Manner.NEVER:
        yield _receipt(ring, "no answer")
        return
    yield _receipt(ring, "delivered")
    if manner is Manner.NO_KEY:
        return
    if manner is Manner.EARLY_KEY:
        yield _key(ring, RECEIVED, after=BROUGHT * 2, played=False)
        return
    pause = timedelta(seconds=60 * _drawn(seed, ring.number, ring.ident))
    if manner is Manner.LATE:
        pause += timedelta(minutes=6 + 9 * _drawn(seed, ring.number, "late"))
    at = ring.at + PLAYED + pause
    own = COUNTED if at >= ring.counts_at else RECEIVED
    key = UNKNOWN if manner is Manner.WRONG_KEY else own
    yield _key(ring, key, after=PLAYED + pause, played=True)
    if manner is Manner.TWICE:
        yield _key(ring, key, after=PLAYED + pause + BROUGHT, played=True)


def _texted(ring: Ring, manner: Manner) -> Iterator[Deed]:
    if manner is Manner.WRONG_NUMBER:
        yield _receipt(ring, "failed")
        yield _reply(ring, "wrong number", ring.at + PLAYED)
        return
    yield _receipt(ring, "delivered")
    if manner in {Manner.PROMPT, Manner.LATE, Manner.TWICE}:
        yield _reply(ring, COUNTED, ring.counts_at)


def _receipt(ring: Ring, status: str) -> Deed:
    post: dict[str, JsonValue] = {"id": ring.ident, "status": status}
    return Deed(ring.at + BROUGHT, ring.form, ring.ident, ring.number, status, post)


def _key(ring: Ring, key: str, *, after: timedelta, played: bool) -> Deed:
    post: dict[str, JsonValue] = {"id": ring.ident, "key": key, "played": played}
    what = f"key {key}" if played else f"key {key} before the end"
    return Deed(ring.at + after, ring.form, ring.ident, ring.number, what, post)


def _reply(ring: Ring, text: str, at: datetime) -> Deed:
    post: dict[str, JsonValue] = {"from": ring.number, "text": text}
    return Deed(at, ring.form, ring.ident, ring.number, f"reply {text}", post)


def _drawn(seed: int, *parts: str) -> float:
    """Return a number from 0 up to 1, the same for the same parts."""
    digest = hashlib.sha256("\n".join((str(seed), *parts)).encode()).digest()
    return int.from_bytes(digest[:7]) / 2**56
