"""Who saw or changed what of people: an append-only log of the people's own database.

Each entry bears a hash of itself and of the one before it, as persons' acts do in the ledger. It
names references and counts; no address stands in it.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Row, insert, select

from alerts.people.tables import audit
from pipeline.bulletin import canonical
from pipeline.instants import from_us, to_us


class Verb(StrEnum):
    """What was done with people's data."""

    IMPORT = "import"
    EXPORT = "export"
    SHOW = "show"
    ROTATE = "rotate"
    PURGE = "purge"
    HOLD = "hold"
    ABSENT = "absent"
    DUTY = "duty"


@dataclass(frozen=True, slots=True)
class Entry:
    """One act.

    Attributes
    ----------
    at : wall time
    about : whom or how many it concerned; never an address
    """

    at: datetime
    by_ref: str
    verb: Verb
    about: str


def record(connection: Connection, entry: Entry) -> None:
    """Write an act down; the caller is the only writer."""
    newest = select(audit.c.number, audit.c.chain_sha256).order_by(audit.c.number.desc()).limit(1)
    number, before = connection.execute(newest).one_or_none() or (0, "")
    row = {"number": number + 1, "at": to_us(entry.at), "by_ref": entry.by_ref}
    row |= {"verb": entry.verb.value, "about": entry.about}
    chained = _chained(entry, number + 1, before)
    connection.execute(insert(audit), {**row, "chain_sha256": chained})


def entries(connection: Connection) -> tuple[Entry, ...]:
    """Return every act, oldest first."""
    rows = connection.execute(select(audit).order_by(audit.c.number))
    return tuple(_entry(row) for row in rows)


def broken_link(connection: Connection) -> int | None:
    """Return the number of the first entry that does not follow from the one before."""
    before = ""
    rows = connection.execute(select(audit).order_by(audit.c.number))
    for expected, row in enumerate(rows, start=1):
        if row.number != expected or row.chain_sha256 != _link(row, expected, before):
            return expected
        before = row.chain_sha256
    return None


def _link(row: Row[tuple[object, ...]], number: int, before: str) -> str | None:
    try:
        return _chained(_entry(row), number, before)
    except ValueError:  # of no verb of ours
        return None


def _chained(entry: Entry, number: int, before: str) -> str:
    # Microseconds, which an ISO text to the second would lose.
    told = {**asdict(entry), "at": to_us(entry.at)}
    return hashlib.sha256(canonical([before, number, told])).hexdigest()


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    return Entry(from_us(row.at), row.by_ref, Verb(row.verb), row.about)
