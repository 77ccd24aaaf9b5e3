"""Which official warnings are in force: what their messages say of one another, in any order.

| message | what it does |
|---|---|
| Alert | stands until it expires, or a later message ends it |
| Update | stands as an Alert does, and ends those that it refers to |
| Cancel | ends those that it refers to, and stands for nothing |

A message that was superseded does not come back when what superseded it ends. Only messages of one
feed speak of one another. A message refers to earlier ones only, so two cannot end each other. An
identity that comes again is read as it came last.

Source: OASIS CAP 1.2, 3.2.1 (msgType, references); GB/T 35965.1-2018 (chains).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter

from pipeline.observation import OfficialWarning, WarningKind

STANDS: Final = timedelta(days=40)
"""At most, from its sending: who forgets to cancel must not warn for ever."""

_RECORD: Final = TypeAdapter(OfficialWarning)
_Order = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class FeedWarning:
    """One message of one feed, as it was read."""

    feed_id: str
    warning: OfficialWarning


def to_record(warning: OfficialWarning) -> bytes:
    """Return the one canonical form of a message (JSON, fields in their order)."""
    return _RECORD.dump_json(warning)


def from_record(content: bytes) -> OfficialWarning:
    """Return the message that `to_record` wrote."""
    return _RECORD.validate_json(content)


def in_force(known: Iterable[FeedWarning], at: datetime) -> tuple[FeedWarning, ...]:
    """Return the warnings that stand at an instant, sorted by feed, time of sending and identity.

    Parameters
    ----------
    known : what was known then, each identity of a feed once; the order changes nothing
    """
    messages = list(known)
    named = {(m.feed_id, m.warning.identity): m.warning for m in messages}
    ended = {
        (m.feed_id, name)
        for m in messages
        for name in _ended_by(m.warning)
        if (m.feed_id, name) in named and named[m.feed_id, name].sent <= m.warning.sent
    }
    newest = _newest_of_chains(messages)
    standing = [
        m
        for m in messages
        if m.warning.kind is not WarningKind.CANCEL
        and (m.feed_id, m.warning.identity) not in ended
        and _order(m.warning) >= newest.get((m.feed_id, m.warning.chain), _order(m.warning))
        and _is_open(m.warning, at)
    ]
    return tuple(sorted(standing, key=lambda m: (m.feed_id, m.warning.sent, m.warning.identity)))


def inputs_sha256(rows: str, standing: Sequence[FeedWarning]) -> str:
    """Return the digest of all that was read: the rows', and of the warnings where there are any.

    Parameters
    ----------
    rows : digest of the rows as read
    """
    if not standing:
        return rows
    digest = hashlib.sha256(f"floodwarn.inputs/1 {rows} {len(standing)}\n".encode())
    for message in standing:
        record = to_record(message.warning)
        digest.update(f"{message.feed_id} {len(record)}\n".encode() + record)
    return digest.hexdigest()


def _ended_by(warning: OfficialWarning) -> list[str]:
    """Return the identities that a message ends by naming them; never its own."""
    if warning.kind is WarningKind.ALERT:
        return []
    return [name for name in warning.references if name != warning.identity]


def _newest_of_chains(messages: Sequence[FeedWarning]) -> dict[tuple[str, str | None], _Order]:
    newest: dict[tuple[str, str | None], _Order] = {}
    for m in messages:
        if m.warning.chain is not None:
            key, order = (m.feed_id, m.warning.chain), _order(m.warning)
            newest[key] = max(newest.get(key, order), order)
    return newest


def _order(warning: OfficialWarning) -> _Order:
    return warning.sent, warning.identity


def _is_open(warning: OfficialWarning, at: datetime) -> bool:
    expired = warning.expires is not None and warning.expires <= at
    return not expired and at < warning.sent + STANDS
