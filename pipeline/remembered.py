"""What the fetch log knows of a feed's addresses and hosts, so that nothing is asked in vain.

An address is asked "is it still so?" only where all that it held is in the store as it would be
read now: the same declaration, stations and code, and no valid time that was not asked for then.
"""

from __future__ import annotations

import hashlib

from pipeline.bulletin import canonical
from pipeline.code_version import code_version
from pipeline.database import Engine, reading
from pipeline.errors import FetchError
from pipeline.feeds.addresses import named, origin
from pipeline.feeds.answer import Validators
from pipeline.feeds.circuit import REMEMBERED, circuit_of
from pipeline.feeds.source import Remembered, Source
from pipeline.feeds.window import Window
from pipeline.observation import KnownBasis
from pipeline.site.model import FeedSpec
from pipeline.site.pack import SitePack
from pipeline.store import fetches
from pipeline.store.fetches import FetchRecord
from pipeline.world import World


def declared_sha256(pack: SitePack, spec: FeedSpec, basis: KnownBasis) -> str | None:
    """Return the hash of all that decides how a feed's payloads are read.

    None but for received rows: an archive states when its rows were known, and is read whole.
    """
    if basis is not KnownBasis.RECEIVED:
        return None
    said = {
        "feed": spec.model_dump(mode="json"),
        "stations": [station.model_dump(mode="json") for station in pack.stations],
        "code": code_version(),
    }
    return hashlib.sha256(canonical(said)).hexdigest()


def remembered(
    engine: Engine, world: World, source: Source, window: Window, declared: str | None
) -> Remembered:
    """Return what is known of a feed's addresses and hosts.

    Parameters
    ----------
    window : valid times that would be stored
    declared : see `declared_sha256`; None = everything is read
    """
    if not source.is_remote:
        return Remembered()
    with reading(engine) as connection:
        found = fetches.newest_stored(connection, world, source.spec.feed_id)
        host = _host(source, window)
        attempts = fetches.of_host(connection, world, host, limit=REMEMBERED) if host else []
    return Remembered(
        validators={
            address: Validators(attempt.etag, attempt.last_modified)
            for address, attempt in found.items()
            if declared is not None
            and attempt.declared_sha256 == declared
            and _holds(attempt, window)
        },
        circuits={host: circuit_of(attempts)} if host else {},
    )


def _holds(attempt: FetchRecord, window: Window) -> bool:
    """Tell whether all that an address held, and is asked for now, was stored then."""
    first, last = attempt.asked_from, attempt.asked_to
    if first is None or last is None or first > window.start:
        return False
    # What was asked for up to the moment of asking had nothing after it.
    return last >= min(window.end, attempt.ended_at)


def _host(source: Source, window: Window) -> str | None:
    try:
        return origin(named(source, window))[1]
    except FetchError:
        return None
