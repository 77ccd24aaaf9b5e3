"""What was stored since an instant: of which hours, by the log's own columns."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from pipeline.instants import to_us
from pipeline.store import log
from pipeline.store.blob import OBSERVED
from pipeline.store.origins import Origins
from pipeline.store.parts import HOUR_US
from pipeline.store.tables import batch, official_warning, segment


class Arrival(NamedTuple):
    """Rows of some hours, the newest of which was stored at `stored_us`.

    Attributes
    ----------
    first_us, last_us : between which their valid times lie
    """

    first_us: int
    last_us: int
    stored_us: int


def since(
    connection: Connection, site: str, stored_after: datetime, *, start: datetime, end: datetime
) -> list[Arrival]:
    """Return what was stored after an instant of start < valid_time <= end: whole hours.

    Official warnings count from when they were sent.
    """
    after, first, last = to_us(stored_after), log.hour_us(start), log.hour_us(end)
    batches = connection.execute(
        select(batch.c.hour, batch.c.stored_at)
        .where(
            batch.c.site == site,
            batch.c.scenario == "",
            batch.c.kind.in_(sorted(OBSERVED)),
            batch.c.hour.between(first, last),
            batch.c.stored_at > after,
        )
        .distinct()
    )
    # A compaction since then may have moved such rows; a segment says of each when it was stored.
    segments = connection.execute(
        select(segment.c.hour, segment.c.last_hour, segment.c.origins).where(
            segment.c.site == site,
            segment.c.scenario == "",
            segment.c.kind.in_(sorted(OBSERVED)),
            segment.c.hour <= last,
            segment.c.last_hour >= first,
            segment.c.compacted_at > after,
        )
    )
    found = [Arrival(hour, hour + HOUR_US - 1, stored) for hour, stored in batches]
    found += [
        Arrival(hour, last_hour + HOUR_US - 1, int(Origins.read(origins).stored_us.max()))
        for hour, last_hour, origins in segments
    ]
    found += _messages(connection, site, after, to_us(end))
    return sorted(one for one in found if one.stored_us > after)


def _messages(connection: Connection, site: str, after_us: int, end_us: int) -> list[Arrival]:
    """Return the official warnings that came: each speaks from when it was sent."""
    rows = connection.execute(
        select(official_warning.c.sent, official_warning.c.stored_at).where(
            official_warning.c.site == site,
            official_warning.c.scenario == "",
            official_warning.c.stored_at > after_us,
            official_warning.c.sent <= end_us,
        )
    )
    return [Arrival(sent, sent, stored) for sent, stored in rows]
