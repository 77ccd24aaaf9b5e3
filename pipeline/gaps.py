"""Door: which valid times of a feed are missing in the last days, so that they alone are fetched.

A feed of one file a slot lacks the slots whose file never came. Of any other, the hours are
missing in which its stations gave fewer readings than their intervals promise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from pipeline import instants
from pipeline.database import Engine, reading
from pipeline.feeds.addresses import address_of, address_sha256, named
from pipeline.feeds.source import Source
from pipeline.feeds.window import Window
from pipeline.instants import HOUR, MICROSECOND
from pipeline.site.model import FeedSpec, Station
from pipeline.site.pack import SitePack
from pipeline.store import batches, fetches
from pipeline.world import World

MOST_GAPS: Final = 8
"""Windows asked for in one run: each may take the feed's whole budget of seconds."""

MINUTES: Final = 60


def gaps(
    engine: Engine, pack: SitePack, world: World, feed_id: str, *, start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the windows of valid times of a feed that are missing, oldest first.

    Parameters
    ----------
    start, end : valid times looked at; what may still come is not missing

    Raises
    ------
    SiteError
        The site has no such feed.
    """
    spec = pack.feed(feed_id)
    # What is younger is not missing: it is still on its way.
    end -= timedelta(minutes=spec.latency_min + spec.cadence_min)
    if spec.pattern is not None:
        step = timedelta(minutes=spec.slot_min)
        return windows(_unfetched(engine, pack, world, spec, Window(start, end)), step)
    hours = instants.slots(start, end - HOUR, HOUR)
    short = short_hours(hours, _counted(engine, pack, spec, hours), _promised(pack, spec))
    return [(first, last + HOUR - MICROSECOND) for first, last in windows(short, HOUR)]


def short_hours(
    hours: Iterable[datetime], counted: Mapping[tuple[str, datetime], int], promised: Counter[str]
) -> list[datetime]:
    """Return the hours in which a station gave fewer readings than its interval promises.

    Parameters
    ----------
    counted : readings by station and start of the hour
    promised : readings an hour by station
    """
    return [
        hour
        for hour in hours
        if any(counted.get((station, hour), 0) < least for station, least in promised.items())
    ]


def windows(
    missing: Sequence[datetime], step: timedelta, most: int = MOST_GAPS
) -> list[tuple[datetime, datetime]]:
    """Return first and last of the runs of missing slots, oldest first.

    Runs beyond `most` are joined over the shortest pauses between them: more is asked for then,
    and nothing is left out.
    """
    pauses = sorted(pairwise(missing), key=lambda pair: pair[0] - pair[1])
    breaks = sorted(pair for pair in pauses[: most - 1] if pair[1] - pair[0] > step)
    firsts = [*missing[:1], *(after for _, after in breaks)]
    lasts = [*(before for before, _ in breaks), *missing[-1:]]
    return list(zip(firsts, lasts, strict=True))


def _unfetched(
    engine: Engine, pack: SitePack, world: World, spec: FeedSpec, window: Window
) -> list[datetime]:
    """Return the slots whose file was never read since it could be whole."""
    source = Source(spec, pack.expand(spec.where))
    with reading(engine) as connection:
        found = fetches.came(connection, world, spec.feed_id, after=window.start)
    slots = window.slots(timedelta(minutes=spec.slot_min))
    where = named(source, window)
    return [slot for slot in slots if not _came(found, address_of(source, where, slot), slot)]


def _came(found: Mapping[str, datetime], address: str, slot: datetime) -> bool:
    # A file of a whole day that came before the slot has not had it yet.
    last = found.get(address_sha256(address.removeprefix("file://")))
    return last is not None and last >= slot


def _counted(
    engine: Engine, pack: SitePack, spec: FeedSpec, hours: Collection[datetime]
) -> Counter[tuple[str, datetime]]:
    if not hours:
        return Counter()
    # The log is read without its first instant.
    first, last = min(hours) - MICROSECOND, max(hours) + HOUR - MICROSECOND
    with reading(engine) as connection:
        revisions = batches.load(
            connection, site=pack.site_id, start=first, end=last, known_before=None
        )
    points = revisions.at(None, first, last).points
    own = points.feed_id == spec.feed_id
    hour_us = HOUR // MICROSECOND
    started = (points.valid_us[own] // hour_us * hour_us).tolist()
    stations = points.station_id[own].tolist()
    return Counter(
        (station, instants.from_us(us)) for station, us in zip(stations, started, strict=True)
    )


def _promised(pack: SitePack, spec: FeedSpec) -> Counter[str]:
    """Return the readings an hour that each station of a feed promises."""
    stations = [each for each in pack.stations if _is_of(each, spec)]
    return Counter({
        each.station_id: max(1, MINUTES // each.interval_min)
        for each in stations
        if each.reports == "always" and each.interval_min <= MINUTES
    })  # fmt: skip


def _is_of(station: Station, spec: FeedSpec) -> bool:
    own = {*spec.station_map.values(), *([] if spec.station_id is None else [spec.station_id])}
    return station.station_id in own if own else spec.variable in station.variables
