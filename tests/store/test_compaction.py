"""Compaction changes where rows lie, and nothing that is read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, insert, select

from pipeline import database
from pipeline.instants import to_us
from pipeline.observation import KnownBasis, QcFlag
from pipeline.store import compaction
from pipeline.store.batches import Appended, Incoming, append, load
from pipeline.store.compaction import Compacted, compact, pending
from pipeline.store.holdings import holdings
from pipeline.store.known import Known
from pipeline.store.tables import batch as log
from pipeline.store.tables import segment
from tests.store.old_points import write_points
from tests.store.samples import HOUR, MINUTE, NOON, batch, rain, stage

DAY = timedelta(days=1)
MIDNIGHT = datetime(2014, 11, 5, tzinfo=UTC)
LATER = NOON + 10 * DAY


def put(engine: Engine, *batches: Incoming) -> list[Appended]:
    with engine.begin() as connection:
        return [append(connection, one) for one in batches]


def done(engine: Engine, before: datetime = LATER, site: str = "test") -> Compacted:
    with engine.begin() as connection:
        return compact(connection, site=site, before=before, stored_at=LATER)


def read(engine: Engine, start: datetime = NOON - DAY, **wanted: object) -> Known:
    window = {"site": "test", "start": start, "end": NOON + DAY, "known_before": None}
    with database.reading(engine) as connection:
        revisions = load(connection, **{**window, **wanted})
    return revisions.at(None, start, NOON + DAY)


def values(engine: Engine, **wanted: object) -> list[float]:
    return read(engine, **wanted).points.value.tolist()


def held(engine: Engine) -> tuple[int, int]:
    with database.reading(engine) as connection:
        return tuple(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (log, segment)
        )


def hours(first: int, last: int) -> list[Incoming]:
    """One payload an hour, each with two stations."""
    return [
        batch(
            stage(float(h), NOON + h * HOUR),
            stage(-float(h), NOON + h * HOUR, station_id="s0"),
            known_at=NOON + h * HOUR + MINUTE,
            payload=f"{h + 50:x}",
        )
        for h in range(first, last)
    ]


def test_a_day_of_batches_becomes_one_segment_and_again_nothing(engine: Engine) -> None:
    put(engine, *hours(-5, 5))
    before = read(engine).sha256
    assert done(engine) == Compacted(batches=10, segments=1)
    assert held(engine) == (0, 1)
    assert read(engine).sha256 == before
    assert done(engine) == Compacted(0, 0)


def test_only_days_that_are_over_are_compacted(engine: Engine) -> None:
    put(engine, *hours(0, 15))
    with database.reading(engine) as connection:
        ends = pending(connection, site="test", before=MIDNIGHT + 23 * HOUR)
    assert ends == (MIDNIGHT,)
    assert done(engine, MIDNIGHT - MINUTE) == Compacted(0, 0)
    assert done(engine, MIDNIGHT + 23 * HOUR) == Compacted(batches=12, segments=1)
    assert held(engine) == (3, 1)


def test_a_window_finds_a_segment_that_begins_before_it(engine: Engine) -> None:
    put(engine, *hours(0, 10))
    done(engine)
    found = read(engine, start=NOON + 7 * HOUR).points
    assert found.value.tolist() == [-8.0, 8.0, -9.0, 9.0]


def test_every_filter_holds_row_by_row_in_a_segment(engine: Engine) -> None:
    archive = batch(stage(3.0, known_at=NOON + 2 * HOUR), basis=KnownBasis.SOURCE, payload="b")
    put(engine, batch(stage(1.0)), batch(stage(2.0), known_at=NOON + HOUR, payload="c"))
    put(engine, replace(archive, stored_at=NOON + 3 * HOUR))
    done(engine)
    assert held(engine) == (0, 1)
    assert values(engine) == [3.0]
    assert values(engine, known_before=NOON + 30 * MINUTE) == [1.0]
    assert values(engine, known_before=NOON) == []
    assert values(engine, stored_before=NOON + 2 * HOUR) == [2.0]
    assert values(engine, basis=KnownBasis.SOURCE) == [3.0]
    assert values(engine, basis=KnownBasis.RECEIVED) == [2.0]
    assert values(engine, basis=KnownBasis.DECLARED) == []


def test_late_rows_of_a_compacted_day_are_merged_with_it(engine: Engine) -> None:
    put(engine, *hours(0, 4))
    done(engine)
    late = batch(
        stage(9.0, NOON + HOUR), stage(7.0, NOON + 30 * MINUTE, station_id="new"),
        known_at=NOON + DAY, payload="d",
    )  # fmt: skip
    put(engine, late)
    before = read(engine)
    assert done(engine) == Compacted(batches=2, segments=1)
    assert held(engine) == (0, 1)
    assert read(engine).sha256 == before.sha256
    assert before.points.station_id.tolist().count("new") == 1


def test_what_a_segment_holds_is_not_stored_again(engine: Engine) -> None:
    payloads = hours(0, 3)
    archive = batch(stage(5.0, known_at=NOON), basis=KnownBasis.SOURCE, payload="e", feed_id="arc")
    put(engine, *payloads, archive)
    done(engine)
    assert [found.rows for found in put(engine, *payloads, archive)] == [0, 0, 0, 0]
    same_again = replace(payloads[0], known_at=NOON + DAY, payload_sha256="f" * 64)
    assert put(engine, same_again)[0] == Appended(rows=0, repeated=2, refused=0)
    better = replace(archive, decoded=batch(stage(6.0, known_at=NOON)).decoded)
    assert put(engine, better)[0].rows == 1
    assert max(values(engine)) == 6.0


def test_scenarios_feeds_and_sites_keep_their_own_segments(engine: Engine) -> None:
    one = batch(stage(1.0))
    put(engine, one, replace(one, scenario="drill"), replace(one, feed_id="other"))
    put(engine, replace(one, site="elsewhere"))
    assert done(engine) == Compacted(batches=3, segments=3)
    assert held(engine) == (1, 3)
    assert values(engine) == [1.0, 1.0]
    assert values(engine, scenario="drill") == [1.0]


def test_grids_stay_in_their_batches(engine: Engine) -> None:
    put(engine, batch(rain([1] * 6), stage(1.0)))
    assert done(engine) == Compacted(batches=1, segments=1)
    assert held(engine) == (1, 1)
    assert len(read(engine).grids) == 1


def test_a_day_of_many_rows_is_cut_at_the_hour(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "SEGMENT_ROWS", 6)
    put(engine, *hours(0, 8))
    before = read(engine).sha256
    assert done(engine) == Compacted(batches=8, segments=3)
    late = batch(stage(50.0, NOON + 4 * HOUR), known_at=NOON + DAY, payload="f")
    put(engine, late)
    assert done(engine) == Compacted(batches=1, segments=1)
    assert read(engine, known_before=NOON + 20 * HOUR).sha256 == before
    assert max(values(engine)) == 50.0


def test_forecasts_are_compacted_and_still_read(engine: Engine) -> None:
    made = {"reference_time": NOON - HOUR, "member": 1}
    put(engine, batch(stage(5.0, NOON + HOUR, **made), stage(1.0)))
    assert done(engine) == Compacted(batches=2, segments=2)
    with database.reading(engine) as connection:
        ahead = load(
            connection, site="test", start=NOON, end=NOON + DAY, known_before=None, forecasts=True
        ).point_forecasts(None, NOON, NOON + DAY)
    assert (ahead.value.tolist(), ahead.member.tolist()) == ([5.0], [1])
    assert values(engine) == [1.0]


def test_a_payload_that_stands_twice_is_once_after_a_compaction(engine: Engine) -> None:
    put(engine, batch(stage(1.0), stage(None, station_id="s0")))
    with engine.begin() as connection:
        row = connection.execute(select(log)).mappings().one()
    done(engine)
    with engine.begin() as connection:
        connection.execute(insert(log), [dict(row)])
    done(engine)
    assert len(values(engine)) == 2
    with database.reading(engine) as connection:
        found = holdings(connection, "test")
    assert (found.batches, found.segments, found.rows) == (0, 1, 2)


def test_the_store_counts_what_segments_hold(engine: Engine) -> None:
    put(engine, *hours(0, 10), batch(rain([1] * 6, NOON - HOUR), payload="aa"))
    with database.reading(engine) as connection:
        before = holdings(connection, "test")
    done(engine)
    with database.reading(engine) as connection:
        after = holdings(connection, "test")
    assert (before.batches, before.segments) == (11, 0)
    assert (after.batches, after.segments) == (1, 1)
    assert (after.rows, after.first, after.last) == (21, NOON - HOUR, NOON + 9 * HOUR)
    assert (before.rows, before.first, before.last) == (after.rows, after.first, after.last)


def old(connection: database.Connection, *rows: object, payload: str = "0") -> None:
    """Store a batch as it was stored before there were series lists."""
    values = {
        "site": "test", "scenario": "", "feed_id": "river", "hour": to_us(NOON),
        "known_at": to_us(NOON + MINUTE), "known_basis": "received",
        "payload_sha256": payload * 64, "kind": "points", "part": 0,
        "stored_at": to_us(NOON + MINUTE), "n_rows": len(rows), "content": write_points(rows),
    }  # fmt: skip
    connection.execute(insert(log).values(values))


def test_old_batches_are_read_repeated_and_compacted_as_new_ones_are(engine: Engine) -> None:
    rows = stage(2.0), stage(1.0, station_id="s0", flag=QcFlag.SUSPECT), stage(None, NOON + MINUTE)
    with engine.begin() as connection:
        old(connection, *rows)
    found = read(engine)
    assert found.points.value.tolist()[:2] == [1.0, 2.0]
    put(engine, replace(batch(*rows), site="new"))
    assert found.sha256 == read(engine, site="new").sha256
    again = batch(*rows, known_at=NOON + HOUR, payload="b")
    assert put(engine, again)[0] == Appended(rows=0, repeated=3, refused=0)
    assert done(engine) == Compacted(batches=1, segments=1)
    assert read(engine).sha256 == found.sha256


def test_an_old_batch_with_forecasts_stays_as_it_is(engine: Engine) -> None:
    ahead = stage(5.0, NOON + 30 * MINUTE, reference_time=NOON, member=2)
    with engine.begin() as connection:
        old(connection, stage(2.0), ahead)
    assert done(engine) == Compacted(0, 0)
    with database.reading(engine) as connection:
        revisions = load(
            connection, site="test", start=NOON - HOUR, end=NOON + HOUR, known_before=None,
            forecasts=True,
        )  # fmt: skip
    window = None, NOON - HOUR, NOON + HOUR
    assert revisions.at(*window).points.value.tolist() == [2.0]
    forecast = revisions.point_forecasts(*window)
    assert (forecast.value.tolist(), forecast.reference_us.tolist()) == ([5.0], [to_us(NOON)])
