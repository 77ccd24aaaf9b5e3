"""The laws of the two clocks, on both databases, against a model of a few lines."""

import hashlib
import math
import random
import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from pipeline import database
from pipeline.instants import to_us
from pipeline.observation import KnownBasis, QcFlag, Reading
from pipeline.store.batches import Appended, Incoming, append, load
from pipeline.store.compaction import compact
from pipeline.store.known import Known, Revisions
from tests.store.samples import HOUR, LONG_AGO, MINUTE, NOON, batch, rain, stage

LAST = 12
START, END = NOON - 3 * HOUR, NOON
on_a_database = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass(frozen=True)
class Row:
    """One value of one station, some minutes before noon."""

    station: str
    before: int
    value: float | None
    withdrawn: bool = False

    def reading(self) -> Reading:
        at = NOON - self.before * MINUTE
        if self.withdrawn:
            return stage(None, at, station_id=self.station, flag=QcFlag.WITHDRAWN)
        return stage(self.value, at, station_id=self.station)


@dataclass(frozen=True)
class Payload:
    """Some rows, known some minutes after noon."""

    known: int
    rows: tuple[Row, ...]
    with_grid: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(repr((self.rows, self.with_grid)).encode()).hexdigest()

    @property
    def known_at(self) -> datetime:
        return NOON + self.known * MINUTE

    def says(self) -> dict[tuple[str, int], tuple[bool, bool, float]]:
        """Say of each reading whether it has a value or is withdrawn; the greatest counts."""
        found: dict[tuple[str, int], tuple[bool, bool, float]] = {}
        for row in self.rows:
            key = row.station, to_us(NOON - row.before * MINUTE)
            said = row.value is not None, row.withdrawn, row.value or 0.0
            found[key] = max(found.get(key, said), said)
        return found

    def incoming(self, site: str, basis: KnownBasis) -> Incoming:
        rows = [row.reading() for row in self.rows]
        grids = [rain([r.value or 0.0] * 6) for r in self.rows[:1] if self.with_grid]
        one = batch(*rows, *grids, known_at=self.known_at, basis=basis, site=site)
        return replace(one, payload_sha256=self.sha256)


VALUES = st.one_of(st.none(), st.integers(0, 3).map(float))
PLACES = st.sampled_from("ab"), st.sampled_from([0, 5, 60, 125])
ROWS = st.one_of(
    st.builds(Row, *PLACES, VALUES), st.builds(Row, *PLACES, st.none(), withdrawn=st.just(True))
)
PAYLOADS = st.builds(
    Payload, st.integers(0, LAST), st.lists(ROWS, max_size=5).map(tuple), st.booleans()
)
LOGS = st.lists(PAYLOADS, max_size=6)
DATED_ONES = [KnownBasis.SOURCE, KnownBasis.DECLARED]
DATED = st.sampled_from(DATED_ONES)


def stored(engine: Engine, payloads: list[Payload], basis: KnownBasis) -> Revisions:
    """Append the payloads at a site of their own and load what the log holds then."""
    site = uuid.uuid4().hex
    taken(engine, site, payloads, basis)
    return loaded(engine, site)


def taken(engine: Engine, site: str, payloads: list[Payload], basis: KnownBasis) -> list[Appended]:
    with engine.begin() as connection:
        return [append(connection, payload.incoming(site, basis)) for payload in payloads]


def loaded(engine: Engine, site: str, **wanted: object) -> Revisions:
    with database.reading(engine) as connection:
        return load(connection, site=site, start=START, end=END, **{"known_before": None, **wanted})


def compacted(engine: Engine, site: str) -> None:
    with engine.begin() as connection:
        compact(connection, site=site, before=END + 24 * HOUR, stored_at=END + 24 * HOUR)


def at(revisions: Revisions, known: int) -> Known:
    return revisions.at(NOON + known * MINUTE, START, END)


def values(known: Known) -> dict[tuple[str, int], float | None]:
    found = known.points
    rows = zip(found.station_id, found.valid_us.tolist(), found.value.tolist(), strict=True)
    return {(s, v): None if math.isnan(x) else x for s, v, x in rows}


def model(payloads: list[Payload], known: int) -> dict[tuple[str, int], float | None]:
    """Say what a person would, payload by payload: the newest value, or that it is missing.

    What was taken back is not there, until something is said of it anew.
    """
    seen: dict[tuple[str, int], float | None] = {}
    for payload in sorted(payloads, key=lambda p: (p.known, p.sha256)):
        if payload.known > known:
            break
        for key, (has_value, withdrawn, value) in payload.says().items():
            if has_value:
                seen[key] = value
            elif withdrawn:
                seen.pop(key, None)
            else:
                seen.setdefault(key, None)
    return seen


@on_a_database
@given(payloads=LOGS, basis=DATED)
def test_a_reading_is_the_newest_value_that_was_known(
    engine: Engine, payloads: list[Payload], basis: KnownBasis
) -> None:
    revisions = stored(engine, payloads, basis)
    for known in range(-1, LAST + 1):
        assert values(at(revisions, known)) == model(payloads, known)


@on_a_database
@given(payloads=LOGS)
def test_received_in_the_order_of_our_clock_it_reads_the_same_in_fewer_rows(
    engine: Engine, payloads: list[Payload]
) -> None:
    # Of two payloads of one instant the greater hash wins, so they come in that order.
    in_order = sorted(payloads, key=lambda p: (p.known, p.sha256))
    revisions = stored(engine, in_order, KnownBasis.RECEIVED)
    for known in range(-1, LAST + 1):
        assert values(at(revisions, known)) == model(payloads, known)


@on_a_database
@given(payloads=LOGS, basis=DATED, cutoff=st.integers(0, LAST))
def test_what_came_after_a_cutoff_cannot_be_read_at_it(
    engine: Engine, payloads: list[Payload], basis: KnownBasis, cutoff: int
) -> None:
    poisoned = [
        replace(p, rows=tuple(replace(r, value=9999.0) for r in p.rows)) if p.known > cutoff else p
        for p in payloads
    ]
    true, false = stored(engine, payloads, basis), stored(engine, poisoned, basis)
    known = at(true, cutoff)
    assert known.sha256 == at(false, cutoff).sha256
    assert (known.points.known_us <= to_us(NOON + cutoff * MINUTE)).all()


@on_a_database
@given(payloads=LOGS, basis=st.sampled_from(KnownBasis), seed=st.integers())
def test_appended_twice_is_once(
    engine: Engine, payloads: list[Payload], basis: KnownBasis, seed: int
) -> None:
    in_order = sorted(payloads, key=lambda p: (p.known, p.sha256))
    again = sorted([*in_order, *in_order], key=lambda p: (p.known, p.sha256))
    random.Random(seed).shuffle(tail := list(in_order))
    once = stored(engine, in_order, basis)
    for repeated in (stored(engine, again, basis), stored(engine, in_order + tail, basis)):
        for known in range(-1, LAST + 1):
            assert at(repeated, known).sha256 == at(once, known).sha256


@on_a_database
@given(payloads=LOGS, basis=DATED, seed=st.integers())
def test_the_order_of_appends_does_not_matter(
    engine: Engine, payloads: list[Payload], basis: KnownBasis, seed: int
) -> None:
    random.Random(seed).shuffle(shuffled := list(payloads))
    one, other = stored(engine, payloads, basis), stored(engine, shuffled, basis)
    for known in range(-1, LAST + 1):
        assert at(one, known).sha256 == at(other, known).sha256


@on_a_database
@given(payloads=LOGS, basis=DATED)
def test_a_missing_never_takes_a_value_away(
    engine: Engine, payloads: list[Payload], basis: KnownBasis
) -> None:
    payloads = [replace(p, rows=tuple(r for r in p.rows if not r.withdrawn)) for p in payloads]
    revisions = stored(engine, payloads, basis)
    before: dict[tuple[str, int], float | None] = {}
    for known in range(-1, LAST + 1):
        now = values(at(revisions, known))
        assert all(now[key] is not None for key, value in before.items() if value is not None)
        before = now


@on_a_database
@given(payloads=LOGS, basis=DATED, cutoff=st.integers(0, LAST))
def test_what_is_loaded_up_to_a_cutoff_reads_as_the_whole_log_does_there(
    engine: Engine, payloads: list[Payload], basis: KnownBasis, cutoff: int
) -> None:
    site = uuid.uuid4().hex
    with engine.begin() as connection:
        for payload in payloads:
            append(connection, payload.incoming(site, basis))
        whole = load(connection, site=site, start=LONG_AGO, end=END, known_before=None)
        part = load(
            connection, site=site, start=START, end=END, known_before=NOON + cutoff * MINUTE
        )
    assert at(part, cutoff).sha256 == at(whole, cutoff).sha256


@given(payloads=LOGS)
def test_flags_say_missing_where_and_only_where_no_value_is(payloads: list[Payload]) -> None:
    for payload in payloads:
        for reading in payload.incoming("test", KnownBasis.SOURCE).decoded.readings:
            said = reading.flag in {QcFlag.MISSING, QcFlag.WITHDRAWN}
            assert said == (reading.value is None)


@on_a_database
@given(payloads=LOGS, basis=st.sampled_from(KnownBasis), when=st.integers(0, 6))
def test_a_compaction_changes_no_reading_whenever_it_comes(
    engine: Engine, payloads: list[Payload], basis: KnownBasis, when: int
) -> None:
    in_order = sorted(payloads, key=lambda p: (p.known, p.sha256))
    plain, site = uuid.uuid4().hex, uuid.uuid4().hex
    said = taken(engine, plain, in_order, basis)
    again = taken(engine, site, in_order[:when], basis)
    compacted(engine, site)
    again += taken(engine, site, in_order[when:], basis)
    assert again == said
    for _ in range(2):
        whole, part = loaded(engine, plain), loaded(engine, site)
        for known in range(-1, LAST + 1):
            assert at(part, known).sha256 == at(whole, known).sha256
        compacted(engine, site)
    assert not any(one.rows for one in taken(engine, site, in_order, basis) if basis in DATED_ONES)


@on_a_database
@given(payloads=LOGS, basis=st.sampled_from(KnownBasis), cutoff=st.integers(0, LAST))
def test_a_segment_keeps_of_every_row_when_it_was_known_and_stored_and_how(
    engine: Engine, payloads: list[Payload], basis: KnownBasis, cutoff: int
) -> None:
    plain, site = uuid.uuid4().hex, uuid.uuid4().hex
    for name in (plain, site):
        taken(engine, name, sorted(payloads, key=lambda p: (p.known, p.sha256)), basis)
    compacted(engine, site)
    until = NOON + cutoff * MINUTE
    for wanted in ({"known_before": until}, {"stored_before": until}, {"basis": basis}):
        whole, part = loaded(engine, plain, **wanted), loaded(engine, site, **wanted)
        assert at(part, LAST).sha256 == at(whole, LAST).sha256


@on_a_database
@given(payloads=LOGS, drill=LOGS, basis=st.sampled_from(KnownBasis))
def test_the_rain_of_a_drill_changes_no_byte_of_a_live_read(
    engine: Engine, payloads: list[Payload], drill: list[Payload], basis: KnownBasis
) -> None:
    site = uuid.uuid4().hex
    taken(engine, site, payloads, basis)
    live = [at(loaded(engine, site), known).sha256 for known in range(LAST + 1)]
    flood = [replace(p, rows=tuple(replace(r, value=999.0) for r in p.rows)) for p in drill]
    with engine.begin() as connection:
        for payload in flood:
            append(connection, replace(payload.incoming(site, basis), scenario="drill"))
    compacted(engine, site)
    again = loaded(engine, site)
    assert [at(again, known).sha256 for known in range(LAST + 1)] == live
    assert 999.0 not in at(again, LAST).points.value


@on_a_database
@given(payloads=LOGS, seed=st.integers())
def test_received_in_another_order_a_reading_is_still_one_that_was_said(
    engine: Engine, payloads: list[Payload], seed: int
) -> None:
    # Our clock only goes forward, and what repeats is not stored: so of received rows the order
    # counts. What holds in any order is that nothing is read that no payload known by then said.
    random.Random(seed).shuffle(shuffled := list(payloads))
    revisions = stored(engine, shuffled, KnownBasis.RECEIVED)
    for known in range(-1, LAST + 1):
        said = {
            (row.station, to_us(NOON - row.before * MINUTE), row.value)
            for payload in payloads
            for row in payload.rows
            if payload.known <= known
        }
        found = values(at(revisions, known))
        assert {(*key, value) for key, value in found.items()} <= said
