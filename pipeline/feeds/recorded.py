"""Which feeds are recordings: read at any hour, they say the same of their own time."""

from __future__ import annotations

from pipeline.feeds.registry import PROTOCOLS
from pipeline.feeds.source import Source
from pipeline.observation import KnownBasis
from pipeline.site.model import FeedSpec


def live_because(spec: FeedSpec) -> str | None:
    """Return why a feed may tell of now, as words for a log; None = it is a recording.

    A recording lies in files, states the range of valid times that it holds, and dates every row
    by its declaration: under a clock that is not the wall's, it adds nothing false to the log.
    """
    protocol = PROTOCOLS.get(spec.protocol)
    if Source(spec, spec.where).is_remote:
        return "it is asked over HTTP"
    if protocol is not None and protocol.queries is not None:
        return "it asks a database"
    if spec.basis is not KnownBasis.DECLARED:
        return f'its basis is "{spec.basis}": our clock may date its rows'
    if spec.archive_from is None or spec.archive_to is None:
        return "it states no archive_from and archive_to"
    return None
