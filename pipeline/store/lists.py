"""The series lists that a site keeps, by content."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, select

from pipeline.database import insert_absent
from pipeline.store.series_list import NOT_LISTED, SeriesList, placed
from pipeline.store.tables import series_list as table

GROWTH = 8
"""A list grows by at least an eighth, or not at all: a push feed's stations come one by one, and
a list for each of them that names all before it would be the square of their number."""

REMEMBERED = 128
_remembered: dict[str, SeriesList] = {}
"""Lists by what they hold, whichever database they came from."""


def named(
    connection: Connection, site: str, scenario: str, sha256s: Collection[str]
) -> dict[str, SeriesList]:
    """Return lists by their sha256; each is read once in a process."""
    found = {one: _remembered[one] for one in sha256s if one in _remembered}
    absent = set(sha256s) - set(found)
    if absent:
        query = select(table.c.sha256, table.c.content).where(
            table.c.site == site, table.c.scenario == scenario, table.c.sha256.in_(sorted(absent))
        )
        for sha256, content in connection.execute(query):
            found[sha256] = _remember(sha256, SeriesList.read(content))
    return found


def fitting(held: Iterable[SeriesList], series: SeriesList) -> SeriesList | None:
    """Return a list that has all of some series, or None; the longest is asked first."""
    for one in sorted(set(held), key=len, reverse=True)[:GROWTH]:
        if (placed(series, one) != NOT_LISTED).all():
            return one
    return None


def longest(connection: Connection, site: str, scenario: str, feed_id: str) -> SeriesList | None:
    """Return the longest list of a feed."""
    query = (
        select(table.c.sha256)
        .where(table.c.site == site, table.c.scenario == scenario, table.c.feed_id == feed_id)
        .order_by(table.c.n_series.desc(), table.c.sha256)
        .limit(1)
    )
    sha256 = connection.execute(query).scalar()
    return None if sha256 is None else named(connection, site, scenario, {sha256})[sha256]


def grown(before: SeriesList | None, series: SeriesList) -> SeriesList:
    """Return the list to name some series by, given the longest that there is."""
    if before is None:
        return SeriesList.of(series.series)
    absent = (placed(series, before) == NOT_LISTED).sum()
    if absent == 0:
        return before
    if absent * GROWTH < len(before):
        return SeriesList.of(series.series)
    return SeriesList.of([*before.series, *series.series])


def keep(
    connection: Connection,
    *,
    site: str,
    scenario: str,
    feed_id: str,
    series: SeriesList,
    stored_us: int,
) -> SeriesList:
    """Keep a list, unless it is kept; return it, or the same one that is remembered."""
    row = {
        "site": site,
        "scenario": scenario,
        "feed_id": feed_id,
        "sha256": series.sha256,
        "n_series": len(series),
        "stored_at": stored_us,
        "content": series.content,
    }
    insert_absent(connection, table, [row])
    return _remember(series.sha256, series)


def _remember(sha256: str, series: SeriesList) -> SeriesList:
    if len(_remembered) >= REMEMBERED:
        _remembered.clear()
    return _remembered.setdefault(sha256, series)
