"""The way of a feed's answers into the store: decoded, judged, dated, appended, recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from pipeline.database import Connection, Engine
from pipeline.errors import DecodeError, StoreUnavailable
from pipeline.feeds.answer import Answer, FetchFailure, Trace, Unchanged
from pipeline.feeds.registry import decode
from pipeline.feeds.window import Window
from pipeline.instants import HOUR, MICROSECOND, floor_to, parse
from pipeline.observation import Decoded, Fault, GridReading, KnownBasis, RawPayload, Reading
from pipeline.quality.verdict import judged
from pipeline.risk.hand_fed import HandFed, hand_feed
from pipeline.site.model import FeedSpec
from pipeline.site.pack import SitePack
from pipeline.spool import Spool
from pipeline.store import archive, batches, fetches, hand_feeds, official
from pipeline.store.admission import admit_warnings, scheduled_window
from pipeline.store.fetches import FetchRecord, FetchStatus
from pipeline.store.quarantine import quarantine
from pipeline.world import World

GROUP: Final = 64
"""Payloads in one transaction: an archive of thousands of files would else wait for the disk."""

GROUP_BYTES: Final = 128_000_000
"""At which a group is stored before it is full: payloads are bounded, but each by itself."""

READING_BYTES: Final = 300

KEPT_FAULTS: Final = 50
GRAVITY: Final = (
    FetchStatus.EMPTY,
    FetchStatus.UNCHANGED,
    FetchStatus.OK,
    FetchStatus.REFUSED,
    FetchStatus.FAILED,
)
Clock = Callable[[], datetime]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Observed:
    """What became of one feed in one window.

    Attributes
    ----------
    status : the gravest of its attempts; EMPTY if there was nothing to fetch
    payloads : answers that were kept
    readings : rows (and grids) that are new in the log
    repeated : rows that the log held already, or that say nothing new
    faults : rows, fields and payloads that could not be used; all of them are in quarantine
    absent : addresses where nothing was
    first_faults : the first of the faults, to be shown
    """

    feed_id: str
    status: FetchStatus
    payloads: int = 0
    readings: int = 0
    repeated: int = 0
    faults: int = 0
    absent: int = 0
    first_faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Hand:
    """Who feeds a file, and why.

    Attributes
    ----------
    apart : its rows stand in a feed of their own: live cycles read what the feed itself says
    """

    by_ref: str
    reason: str
    apart: bool


@dataclass(frozen=True, slots=True)
class _Taken:
    """One answer on its way into the store; a failed one has a status and a fault."""

    answer: Answer
    started_at: datetime
    status: FetchStatus
    decoded: Decoded

    @property
    def size(self) -> int:
        """Roughly the bytes that it takes in memory."""
        held = len(self.answer.content) if isinstance(self.answer, RawPayload) else 0
        cells = sum(grid.cells.nbytes for grid in self.decoded.grids)
        return held + cells + READING_BYTES * len(self.decoded.readings)


@dataclass(frozen=True, slots=True)
class Intake:
    """One feed's way into the store in one run.

    Attributes
    ----------
    declared_sha256 : of all that decides how its payloads are read; what is unchanged is not read
        again as long as this is the same; None = everything is
    spool : where raw bytes wait that the database refuses; None = they can be had again
    hand : who feeds it; None = it is fetched
    """

    engine: Engine
    pack: SitePack
    world: World
    spec: FeedSpec
    basis: KnownBasis
    clock: Clock
    window: Window | None
    declared_sha256: str | None = None
    spool: Spool | None = None
    hand: Hand | None = None

    @property
    def feed_id(self) -> str:
        """The feed of the log in which the rows stand."""
        own = self.spec.feed_id
        return own if self.hand is None or not self.hand.apart else hand_feed(own)

    def offered(self, payload: RawPayload) -> batches.Incoming:
        """Return what would be appended of one payload; nothing is stored."""
        return self._incoming(self._taken(payload).decoded, payload.sha256, self.clock())

    def take(self, answers: Iterable[Answer], total: int, progress: Progress | None) -> Observed:
        """Store every answer, a group in one transaction, and sum up.

        Raises
        ------
        StoreUnavailable
            The database refused a group; it and all answers after it wait in the spool.
        """
        observed = Observed(self.feed_id, FetchStatus.EMPTY)
        done = 0
        groups = _groups(map(self._taken, answers))
        for group in groups:
            try:
                with self.engine.begin() as connection:
                    stored = [self._store(connection, taken) for taken in group]
            except StoreUnavailable as refusal:
                waiting = chain(group, chain.from_iterable(groups))
                raise StoreUnavailable(f"{refusal}; {self._spooled(waiting)}") from refusal
            for one in stored:
                observed = _sum(observed, one)
            done += len(group)
            if progress is not None:
                progress(done, total)
        return observed

    def _spooled(self, waiting: Iterable[_Taken]) -> str:
        """Keep raw bytes where the database cannot, and say what became of them."""
        if self.spool is None:
            return "nothing of the rest is stored"
        kept = lost = 0
        for taken in waiting:
            if isinstance(taken.answer, RawPayload):
                held = _held(self.spool, taken.answer)
                kept, lost = kept + held, lost + (not held)
        return f"{kept} payloads wait in the spool, {lost} could not be kept"

    def _taken(self, answer: Answer) -> _Taken:
        started_at = self.clock()
        if isinstance(answer, Unchanged):
            return _Taken(answer, started_at, FetchStatus.UNCHANGED, Decoded())
        if isinstance(answer, FetchFailure):
            status = FetchStatus.EMPTY if answer.absent else FetchStatus.FAILED
            faults = () if answer.absent else (Fault(answer.source_url, answer.message),)
            return _Taken(answer, started_at, status, Decoded(faults=faults))
        try:
            decoded = self._declared(decode(answer, self.spec, self.decode_window), started_at)
        except DecodeError as error:
            fault = Fault(answer.source_url, str(error), error.row, error.field)
            return _Taken(answer, started_at, FetchStatus.REFUSED, Decoded(faults=(fault,)))
        except Exception as error:  # noqa: BLE001 - one payload stops no other
            # Its kind only: what it says may quote the payload, and anything may be in there.
            fault = Fault(answer.source_url, f"cannot be decoded ({type(error).__name__})")
            return _Taken(answer, started_at, FetchStatus.REFUSED, Decoded(faults=(fault,)))
        return _Taken(answer, started_at, FetchStatus.OK, decoded)

    @property
    def decode_window(self) -> Window | None:
        """Return the window in whole hours: a batch holds an hour, and must not be cut."""
        if self.window is None:
            return None
        last = floor_to(self.window.end, HOUR) + HOUR - MICROSECOND
        return Window(floor_to(self.window.start, HOUR), last)

    def _declared(self, decoded: Decoded, came_at: datetime) -> Decoded:
        """Return what is of this site, judged, with the instants at which it was known."""
        if self.basis is KnownBasis.RECEIVED:
            decoded = admit_warnings(decoded, came_at)
        own = frozenset(station.station_id for station in self.pack.stations)
        latency = timedelta(minutes=self.spec.latency_min)
        readings: Sequence[Reading] = judged([r for r in decoded.readings if r.station_id in own])
        grids: Sequence[GridReading] = decoded.grids
        if self.basis is KnownBasis.DECLARED:
            readings = [replace(r, known_at=_declared_at(r, latency)) for r in readings]
            grids = [replace(g, known_at=_declared_at(g, latency)) for g in grids]
        faults = (f for f in decoded.faults if f.station_id is None or f.station_id in own)
        return Decoded(tuple(readings), tuple(grids), decoded.warnings, tuple(faults))

    def _store(self, connection: Connection, taken: _Taken) -> Observed:
        """Keep one answer's bytes, rows, faults and record."""
        stored_at = self.clock()
        faults = taken.decoded.faults
        appended = batches.Appended(0, 0, len(faults))
        sha256 = None
        if isinstance(taken.answer, RawPayload):
            sha256 = archive.keep(connection, taken.answer, stored_at=stored_at)
            incoming = self._incoming(taken.decoded, sha256, stored_at)
            appended = _with_warnings(
                batches.append(connection, incoming),
                official.append(connection, incoming, timedelta(minutes=self.spec.latency_min)),
                len(taken.decoded.warnings),
            )
            if self.hand is not None and appended.rows:
                word = _word(self.hand, incoming)
                hand_feeds.say(connection, self.pack.site_id, word, stored_at=stored_at)
        elif faults:
            quarantine(
                connection,
                self.pack.site_id,
                self.feed_id,
                faults,
                payload_sha256=None,
                stored_at=stored_at,
            )
        fetches.record(connection, self._record(taken, appended, sha256, stored_at))
        return Observed(
            self.feed_id,
            taken.status,
            payloads=int(sha256 is not None),
            readings=appended.rows,
            repeated=appended.repeated,
            faults=appended.refused,
            absent=int(taken.status is FetchStatus.EMPTY),
            first_faults=faults[:KEPT_FAULTS],
        )

    def _incoming(self, decoded: Decoded, sha256: str, stored_at: datetime) -> batches.Incoming:
        return batches.Incoming(
            site=self.pack.site_id,
            feed_id=self.feed_id,
            basis=self.basis,
            known_at=stored_at,
            payload_sha256=sha256,
            stored_at=stored_at,
            decoded=decoded,
            valid_window=self._valid_window(stored_at),
        )

    def _valid_window(self, now: datetime) -> tuple[datetime, datetime] | None:
        """Return the valid times that can be true: of live feeds near now, else as stated.

        What was asked for may be older: a gap is filled by asking for its times.
        """
        if self.basis is not KnownBasis.RECEIVED:
            return stated_range(self.spec)
        first, last = scheduled_window(now)
        return first if self.window is None else min(first, self.window.start), last

    def _record(
        self,
        taken: _Taken,
        appended: batches.Appended,
        sha256: str | None,
        stored_at: datetime,
    ) -> FetchRecord:
        answer = taken.answer
        faults = taken.decoded.faults
        trace: Trace = getattr(answer, "trace", Trace())
        asked = self.decode_window
        return FetchRecord(
            world=self.world,
            feed_id=self.feed_id,
            started_at=taken.started_at,
            ended_at=stored_at,
            status=taken.status,
            source=trace.address_sha256 or answer.source_url,
            payload_sha256=sha256,
            size_bytes=len(answer.content) if isinstance(answer, RawPayload) else None,
            readings=appended.rows + appended.repeated,
            faults=appended.refused,
            detail=faults[0].message if faults else _absence(answer),
            source_sha256=trace.address_sha256,
            host=trace.host,
            host_answered=trace.host_answered,
            etag=trace.validators.etag,
            last_modified=trace.validators.last_modified,
            declared_sha256=self.declared_sha256,
            asked_from=None if asked is None else asked.start,
            asked_to=None if asked is None else asked.end,
        )


def _word(hand: Hand, fed: batches.Incoming) -> HandFed:
    rows: list[Reading | GridReading] = [*fed.decoded.readings, *fed.decoded.grids]
    times = spoken_of(fed.decoded)
    return HandFed(
        feed_id=fed.feed_id,
        payload_sha256=fed.payload_sha256,
        known_at=min((fed.known(row) for row in rows), default=fed.known_at),
        first=min(times),
        last=max(times),
        by_ref=hand.by_ref,
        reason=hand.reason,
    )


def spoken_of(decoded: Decoded) -> list[datetime]:
    """Return the times that a payload speaks of: valid times, and when warnings were sent."""
    rows: list[Reading | GridReading] = [*decoded.readings, *decoded.grids]
    return [row.valid_time for row in rows] + [warning.sent for warning in decoded.warnings]


def _held(spool: Spool, payload: RawPayload) -> bool:
    try:
        return spool.keep(payload)
    except OSError:  # the disk of both is full: what else there is may be smaller
        return False


def _with_warnings(appended: batches.Appended, new: int, offered: int) -> batches.Appended:
    return replace(appended, rows=appended.rows + new, repeated=appended.repeated + offered - new)


def _groups(answers: Iterable[_Taken]) -> Iterator[list[_Taken]]:
    """Yield the answers in groups, each small enough to be held and stored at once."""
    group: list[_Taken] = []
    for taken in answers:
        group.append(taken)
        if len(group) == GROUP or sum(each.size for each in group) > GROUP_BYTES:
            yield group
            group = []
    if group:
        yield group


def _absence(answer: Answer) -> str | None:
    return f"{answer.source_url}: {answer.message}" if isinstance(answer, FetchFailure) else None


def _declared_at(row: Reading | GridReading, latency: timedelta) -> datetime:
    """Return when a row of an archive counts as known: never before its own stated instant."""
    usual = row.valid_time + latency
    return usual if row.known_at is None else max(usual, row.known_at)


def _sum(one: Observed, other: Observed) -> Observed:
    """Return both together, with the graver status."""
    return Observed(
        one.feed_id,
        max(one.status, other.status, key=GRAVITY.index),
        payloads=one.payloads + other.payloads,
        readings=one.readings + other.readings,
        repeated=one.repeated + other.repeated,
        faults=one.faults + other.faults,
        absent=one.absent + other.absent,
        first_faults=(*one.first_faults, *other.first_faults)[:KEPT_FAULTS],
    )


def stated_range(spec: FeedSpec) -> tuple[datetime, datetime] | None:
    """Return the range of valid times that an archive states."""
    first, last = spec.archive_from, spec.archive_to
    return None if first is None or last is None else (parse(first), parse(last))
