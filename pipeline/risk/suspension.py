"""Stations that a person suspended: while a suspension stands, nothing of the station is used."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from pipeline.bulletin import canonical

LONGEST: Final = timedelta(hours=12)
"""A doubt that lasts longer is asked about again (users.md 14)."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """One person's word on a station: not to be used until an instant, or to be used again.

    Attributes
    ----------
    known_at : from when on a cutoff sees it
    until : None = the station is resumed
    by_ref : roster reference
    """

    station_id: str
    known_at: datetime
    until: datetime | None
    reason: str
    by_ref: str


def standing(said: Iterable[Suspension], cutoff: datetime) -> tuple[Suspension, ...]:
    """Return the suspensions that stand at a cutoff, by station: of each the last word counts."""
    last: dict[str, Suspension] = {}
    for word in sorted(said, key=lambda s: (s.station_id, s.known_at)):
        if word.known_at <= cutoff:
            last[word.station_id] = word
    return tuple(s for s in last.values() if s.until is not None and s.until > cutoff)


def inputs_sha256(rows_sha256: str, suspensions: Sequence[Suspension]) -> str:
    """Return the digest of what was read: the rows, and the suspensions if there are any."""
    if not suspensions:
        return rows_sha256
    said = canonical([rows_sha256, *(asdict(s) for s in suspensions)])
    return hashlib.sha256(b"floodwarn.suspended/1\n" + said).hexdigest()
