"""Fetch a feed's bytes as they are: from files, over HTTP, or from a database; the one client.

A file or address that is not there is told, not raised: what one slot lacks stops no other slot.
Nothing here decodes, and no credential, user or query string enters an error or a log.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline import instants
from pipeline.errors import FetchError
from pipeline.feeds import sql
from pipeline.feeds.addresses import address_sha256, addresses, origin, redacted
from pipeline.feeds.answer import Fetched, FetchFailure, Trace, Unchanged, Validators
from pipeline.feeds.circuit import Circuit
from pipeline.feeds.http import Visit, media_of, visiting
from pipeline.feeds.links import Links
from pipeline.feeds.registry import protocol_of
from pipeline.feeds.source import Remembered, Source
from pipeline.feeds.window import Window
from pipeline.observation import RawPayload
from pipeline.site.model import FeedSpec

Clock = Callable[[], datetime]
NOTHING_KNOWN = Remembered()


def fetch(
    source: Source,
    window: Window,
    *,
    clock: Clock,
    pause: Callable[[float], None] = time.sleep,
    remembered: Remembered = NOTHING_KNOWN,
) -> Iterator[RawPayload | FetchFailure | Unchanged]:
    """Yield the payload, or the failure, of every address that the window asks for.

    Over HTTP every address is tried again within the feed's `budget_s`, which they share with
    those that the answers name. A host that failed three times in a row is left alone a while.

    Parameters
    ----------
    clock : tells when a payload was here
    pause : waits for some seconds
    remembered : what was stored before, and which hosts failed
    """
    spec = source.spec
    queries = protocol_of(spec).queries
    try:
        if queries is not None:
            yield from sql.ask(source, queries(spec, window), clock=clock)
            return
        asked = addresses(source, window)
    except FetchError as error:
        yield FetchFailure(spec.feed_id, str(error))
        return
    if not source.is_remote:
        yield from (_read(spec, path, clock) for path in asked)
        return
    with visiting(source, clock=clock, pause=pause) as visit:
        yield from _Round(visit, remembered, Links(protocol_of(spec), asked)).walk(asked)


def count(source: Source, window: Window) -> int:
    """Return how many addresses a window asks for, before any of them names others."""
    queries = protocol_of(source.spec).queries
    try:
        if queries is not None:
            return len(queries(source.spec, window))
        return len(addresses(source, window))
    except FetchError:
        return 1


def read_file(spec: FeedSpec, path: Path, *, fetched_at: datetime) -> RawPayload:
    """Return the bytes of one file, bounded as they are read.

    Raises
    ------
    FetchError
        It is absent, unreadable or larger than the feed's `max_bytes`.
    """
    most = spec.max_bytes
    try:
        if path.exists() and not path.is_file():
            raise FetchError(f"{path}: is no regular file", retryable=False)
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise FetchError(f"{path}: {type(error).__name__}", retryable=False) from error
    if len(content) > most:
        raise FetchError(f"{path}: more than {most} bytes; they are not read", retryable=False)
    trace = Trace(address_sha256(str(path)))
    return Fetched(spec.feed_id, str(path), fetched_at, content, media_of(str(path)), trace)


def _read(spec: FeedSpec, address: str, clock: Clock) -> RawPayload | FetchFailure:
    path = Path(address.removeprefix("file://"))
    trace = Trace(address_sha256(str(path)))
    if not path.exists():
        return FetchFailure(str(path), "no such file", absent=True, trace=trace)
    try:
        return read_file(spec, path, fetched_at=clock())
    except FetchError as error:
        return FetchFailure(str(path), str(error), trace=trace)


class _Round:
    """One round over a feed's addresses, with what is known of their hosts."""

    def __init__(self, visit: Visit, remembered: Remembered, links: Links) -> None:
        self.visit, self.links = visit, links
        self.validators = remembered.validators
        self.circuits = dict(remembered.circuits)

    def walk(self, asked: list[str]) -> Iterator[RawPayload | FetchFailure | Unchanged]:
        """Yield what every address gives, and every address that those name."""
        waiting = deque(asked)
        while waiting:
            address = waiting.popleft()
            answer = self._asked(address)
            if not isinstance(answer, Fetched):
                yield answer
                continue
            links = self.links.of(answer)
            # What names others is read again each time: "unchanged" would hide what they hold.
            yield replace(answer, trace=_unknown(answer.trace)) if links else answer
            more, untaken = self.links.follow(links, address)
            waiting.extend(more)
            yield from untaken

    def _asked(self, address: str) -> Fetched | FetchFailure | Unchanged:
        try:
            host = origin(address)[1]
        except FetchError as error:
            return FetchFailure(redacted(address), str(error))
        circuit = self.circuits.get(host, Circuit())
        until = circuit.open_until(self.visit.clock())
        if until is not None:
            message = f"{host}: circuit open until {instants.text(until)}, after failures in a row"
            trace = Trace(address_sha256(address), host)
            return FetchFailure(redacted(address), message, trace=trace)
        known = self.validators.get(address_sha256(address), Validators())
        answer = self.visit.ask(address, known)
        if answer.trace.host_answered is not None:
            heard = answer.trace.host_answered
            self.circuits[host] = circuit.after(self.visit.clock(), answered=heard)
        return answer


def _unknown(trace: Trace) -> Trace:
    return replace(trace, validators=Validators())
