"""The log takes each payload once, loses none, and reads back what was known."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import Engine, event, func, select

from pipeline import database
from pipeline.instants import to_us
from pipeline.observation import Decoded, Fault, KnownBasis, QcFlag
from pipeline.store.batches import Appended, Incoming, append, load
from pipeline.store.known import Revisions
from pipeline.store.quarantine import quarantined
from pipeline.store.tables import batch as log
from pipeline.store.tables import series_list
from tests.store.samples import HOUR, MINUTE, NOON, batch, rain, stage


def put(engine: Engine, *batches: Incoming) -> list[Appended]:
    with engine.begin() as connection:
        return [append(connection, one) for one in batches]


def values(engine: Engine, **wanted: object) -> list[float]:
    window = {"site": "test", "start": NOON - 5 * HOUR, "end": NOON, "known_before": None}
    with database.reading(engine) as connection:
        revisions = load(connection, **{**window, **wanted})
    return revisions.at(None, NOON - 5 * HOUR, NOON).points.value.tolist()


def batches_held(engine: Engine) -> int:
    with database.reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(log)).scalar_one()


@pytest.mark.parametrize("basis", KnownBasis)
def test_a_payload_appended_again_changes_nothing(engine: Engine, basis: KnownBasis) -> None:
    one = batch(stage(1.0), stage(2.0, NOON - HOUR), rain([1] * 6), basis=basis)
    first, again = put(engine, one, replace(one, stored_at=NOON + HOUR))
    assert first == Appended(rows=3, repeated=0, refused=0)
    assert again == Appended(rows=0, repeated=3, refused=0)
    assert batches_held(engine) == 3
    assert values(engine, stored_before=NOON + MINUTE) == [2.0, 1.0]


def test_rows_of_one_hour_and_one_known_at_are_one_batch(engine: Engine) -> None:
    rows = [stage(float(m), NOON - m * MINUTE) for m in range(120)]
    put(engine, batch(*rows))
    assert batches_held(engine) == 3
    late = [stage(9.0, NOON - HOUR, known_at=NOON + m * MINUTE) for m in (1, 2)]
    put(engine, batch(*late, basis=KnownBasis.SOURCE, feed_id="other"))
    assert batches_held(engine) == 5


def test_a_payload_with_nothing_in_it_is_no_batch(engine: Engine) -> None:
    assert put(engine, batch()) == [Appended(0, 0, 0)]
    assert batches_held(engine) == 0


def test_what_is_received_again_unchanged_is_not_stored_again(engine: Engine) -> None:
    map_ = rain([0, 1, 2, 3, 4, float("nan")])
    put(engine, batch(stage(1.0), map_))
    same, corrected, back = put(
        engine,
        batch(stage(1.0), map_, known_at=NOON + 2 * MINUTE, payload="b"),
        batch(stage(3.0), known_at=NOON + 3 * MINUTE, payload="c"),
        batch(stage(1.0), known_at=NOON + 4 * MINUTE, payload="a"),
    )
    assert (same.rows, same.repeated) == (0, 2)
    assert (corrected.rows, back.rows) == (1, 1)
    assert values(engine) == [1.0]
    assert values(engine, known_before=NOON + 3 * MINUTE) == [3.0]


def test_a_flag_that_changed_is_news(engine: Engine) -> None:
    put(engine, batch(stage(1.0)))
    doubt = batch(stage(1.0, flag=QcFlag.FAIL), known_at=NOON + 2 * MINUTE, payload="b")
    assert put(engine, doubt)[0].rows == 1


def test_a_missing_received_after_a_value_is_no_news_but_the_first_missing_is(
    engine: Engine,
) -> None:
    later = {"known_at": NOON + 2 * MINUTE, "payload": "b"}
    assert put(engine, batch(stage(None)))[0].rows == 1
    assert put(engine, batch(stage(1.0), **later))[0].rows == 1
    latest = {"known_at": NOON + 3 * MINUTE, "payload": "c"}
    assert put(engine, batch(stage(None), rain([float("nan")] * 6), **latest))[0].rows == 1
    assert values(engine) == [1.0]


def test_received_rows_are_whole_without_those_of_an_archive(engine: Engine) -> None:
    archive = batch(stage(1.0, known_at=NOON), basis=KnownBasis.SOURCE)
    put(engine, archive, batch(stage(1.0), payload="b"))
    assert values(engine, basis=KnownBasis.RECEIVED) == [1.0]
    assert values(engine, basis=KnownBasis.DECLARED) == []


def test_what_is_received_again_is_news_where_an_archive_said_otherwise(engine: Engine) -> None:
    archive = batch(stage(2.0, known_at=NOON + 2 * MINUTE), basis=KnownBasis.SOURCE, payload="b")
    again = batch(stage(1.0), known_at=NOON + 3 * MINUTE, payload="c")
    put(engine, batch(stage(1.0)), archive, again)
    assert values(engine) == [1.0]


def test_what_was_stored_later_can_be_left_out(engine: Engine) -> None:
    put(engine, batch(stage(1.0)))
    late = batch(stage(2.0, known_at=NOON), basis=KnownBasis.SOURCE, feed_id="archive")
    put(engine, replace(late, stored_at=NOON + HOUR))
    assert values(engine, stored_before=NOON + 30 * MINUTE) == [1.0]
    assert values(engine) == [2.0, 1.0]


def test_a_drills_rain_stays_out_of_the_real_world(engine: Engine) -> None:
    put(engine, batch(stage(9.0), scenario="drill"), batch(stage(1.0), payload="b"))
    assert values(engine) == [1.0]
    assert values(engine, scenario="drill") == [9.0]
    assert values(engine, site="elsewhere") == []


def test_forecasts_are_kept_beside_what_was_observed(engine: Engine) -> None:
    ahead = stage(5.0, NOON + 3 * HOUR, reference_time=NOON - HOUR, member=1)
    assert put(engine, batch(ahead, stage(1.0)))[0].rows == 2
    assert values(engine) == [1.0]


def test_what_cannot_be_used_is_kept_in_quarantine_and_the_rest_goes_on(engine: Engine) -> None:
    broken = Fault("stage.csv", "is no number", row=7, field="value")
    decoded = Decoded(readings=(stage(1.0), stage(2.0, NOON + HOUR)), faults=(broken,))
    one = batch(decoded=decoded)
    assert put(engine, one, one) == [Appended(1, 0, 2), Appended(0, 1, 2)]
    with database.reading(engine) as connection:
        kept = quarantined(connection, "test")
        assert quarantined(connection, "test", feed_id="rain") == []
    assert len(kept) == 2
    assert broken in [q.fault for q in kept]
    assert {q.payload_sha256 for q in kept} == {one.payload_sha256}


def test_a_transaction_may_hold_many_payloads_or_none_of_them(engine: Engine) -> None:
    late = batch(stage(2.0), known_at=NOON + 2 * MINUTE, payload="b")
    with engine.connect() as connection:
        append(connection, batch(stage(1.0)))
        append(connection, late)
        connection.rollback()
    assert batches_held(engine) == 0
    put(engine, batch(stage(1.0)), late)
    assert values(engine) == [2.0]


def test_what_a_better_decoder_finds_in_a_payload_is_added_and_wins(engine: Engine) -> None:
    archive = {"basis": KnownBasis.SOURCE}
    other = stage(5.0, station_id="s2", known_at=NOON)
    before = batch(stage(1.0, known_at=NOON), **archive)
    after = replace(
        before, decoded=Decoded((stage(2.0, known_at=NOON), other)), stored_at=NOON + HOUR
    )
    assert [found.rows for found in put(engine, before, after, after, before)] == [1, 2, 0, 0]
    assert values(engine) == [2.0, 5.0]
    assert values(engine, stored_before=NOON + 30 * MINUTE) == [1.0]


def test_a_station_that_is_added_to_a_site_is_found_in_its_old_archive(engine: Engine) -> None:
    rows = [stage(1.0, known_at=NOON), stage(5.0, station_id="s2", known_at=NOON)]
    maps = [rain([1] * 6, known_at=NOON), rain([2] * 6, grid_id="g2", known_at=NOON)]
    site, larger = (
        batch(rows[0], maps[0], basis=KnownBasis.DECLARED),
        batch(*rows, *maps, basis=KnownBasis.DECLARED),
    )
    assert [found.rows for found in put(engine, site, larger, larger)] == [2, 2, 0]
    assert values(engine) == [1.0, 5.0]


def withdrawal(**fields: object) -> Incoming:
    """A payload that takes back what s1 read at noon."""
    return batch(stage(None, flag=QcFlag.WITHDRAWN), **fields)


@pytest.mark.parametrize("basis", KnownBasis)
def test_what_is_withdrawn_is_not_there_after_it_and_still_is_before(
    engine: Engine, basis: KnownBasis
) -> None:
    dated = [{"known_at": NOON + m * MINUTE, "payload": f"{m}", "basis": basis} for m in range(4)]
    put(engine, batch(stage(1.0), **dated[1]), withdrawal(**dated[2]))
    assert values(engine) == []
    assert values(engine, known_before=NOON + MINUTE) == [1.0]
    put(engine, batch(stage(2.0), **dated[3]))
    assert values(engine) == [2.0]
    assert values(engine, known_before=NOON + 2 * MINUTE) == []


def test_a_withdrawal_of_what_is_not_there_says_nothing_new(engine: Engine) -> None:
    later = [{"known_at": NOON + m * MINUTE, "payload": f"{m}"} for m in range(5)]
    first, taken, again, missing, back = put(
        engine,
        withdrawal(**later[0]),
        batch(stage(1.0), **later[1]),
        withdrawal(**later[2]),
        withdrawal(**later[3]),
        batch(stage(1.0), **later[4]),
    )
    assert [one.rows for one in (first, taken, again, missing, back)] == [0, 1, 1, 0, 1]
    assert values(engine) == [1.0]


def test_what_is_missing_after_a_withdrawal_is_missing_once(engine: Engine) -> None:
    later = [{"known_at": NOON + m * MINUTE, "payload": f"{m}"} for m in range(1, 5)]
    put(engine, batch(stage(1.0), **later[0]), withdrawal(**later[1]))
    said = put(engine, batch(stage(None), **later[2]), batch(stage(None), **later[3]))
    assert [one.rows for one in said] == [1, 0]
    assert str(values(engine)) == "[nan]"


def forecasts(engine: Engine, known_before: datetime | None = None) -> Revisions:
    with database.reading(engine) as connection:
        return load(
            connection, site="test", start=NOON, end=NOON + 6 * HOUR, known_before=known_before,
            forecasts=True,
        )  # fmt: skip


def test_of_a_forecast_the_newest_that_was_known_is_read(engine: Engine) -> None:
    window = NOON, NOON + 6 * HOUR
    for run in (0, 1):
        made = {"reference_time": NOON - 2 * HOUR + run * HOUR}
        ahead = [
            stage(10.0 * run + h, NOON + h * HOUR, member=m, **made) for h in (1, 2) for m in (0, 1)
        ]
        maps = [rain([run] * 6, NOON + h * HOUR, **made) for h in (1, 2)]
        known = NOON - HOUR + run * HOUR
        put(engine, batch(*ahead, *maps, known_at=known, payload=f"{run}"))
    assert values(engine) == []
    before, after = forecasts(engine, NOON - HOUR), forecasts(engine)
    for revisions, cutoff, run in ((before, None, 0), (after, NOON - MINUTE, 0), (after, NOON, 1)):
        points = revisions.point_forecasts(cutoff, *window)
        assert points.value.tolist() == [10 * run + h for h in (1, 1, 2, 2)]
        assert points.member.tolist() == [0, 1, 0, 1]
        assert set(points.reference_us) == {to_us(NOON - 2 * HOUR + run * HOUR)}
        grids = revisions.forecasts(cutoff, *window)
        assert [g.cells[0, 0] for g in grids] == [run, run]
        assert {g.reference_us for g in grids} == set(points.reference_us)


def test_a_forecast_that_is_received_again_is_not_stored_again(engine: Engine) -> None:
    made = {"reference_time": NOON - HOUR}
    rows = stage(5.0, NOON + HOUR, **made), rain([1] * 6, NOON + HOUR, member=2, **made)
    put(engine, batch(*rows))
    again = batch(*rows, known_at=NOON + 2 * MINUTE, payload="b")
    assert put(engine, again)[0] == Appended(rows=0, repeated=2, refused=0)


def test_revisions_without_forecasts_do_not_say_that_there_are_none(engine: Engine) -> None:
    with database.reading(engine) as connection:
        revisions = load(connection, site="test", start=NOON, end=NOON, known_before=None)
    with pytest.raises(ValueError, match="without forecasts"):
        revisions.forecasts(None, NOON, NOON)
    with pytest.raises(ValueError, match="without forecasts"):
        revisions.point_forecasts(None, NOON, NOON)


def lists_held(engine: Engine) -> list[int]:
    with database.reading(engine) as connection:
        found = connection.execute(select(series_list.c.n_series).order_by(series_list.c.n_series))
        return list(found.scalars())


def test_payloads_of_the_same_stations_name_them_in_one_list(engine: Engine) -> None:
    for hour in range(3):
        at = NOON + hour * HOUR
        rows = [stage(1.0, at, station_id=s) for s in "abc"]
        put(engine, batch(*rows[hour:], known_at=at + MINUTE, payload=f"{hour}"))
    assert lists_held(engine) == [3]


def test_a_station_more_of_few_makes_a_longer_list_and_of_many_one_of_its_own(
    engine: Engine,
) -> None:
    for n in range(12):
        at = NOON + n * MINUTE
        put(engine, batch(stage(float(n), at, station_id=f"s{n}"), known_at=at, payload=f"{n:x}"))
    assert lists_held(engine) == [1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    with database.reading(engine) as connection:
        revisions = load(
            connection, site="test", start=NOON - HOUR, end=NOON + HOUR, known_before=None
        )
    points = revisions.at(None, NOON - HOUR, NOON + HOUR).points
    assert points.station_id.tolist() == [f"s{n}" for n in range(12)]


def test_a_reading_more_of_a_push_feed_takes_two_statements(engine: Engine) -> None:
    put(engine, batch(stage(1.0)))
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *a: said.append(a[2]))
    one = batch(stage(2.0, NOON + MINUTE), known_at=NOON + 2 * MINUTE, payload="b")
    assert put(engine, one)[0].rows == 1
    assert [text.split()[0] for text in said if not text.startswith(("BEGIN", "PRAGMA"))] == [
        "SELECT",
        "INSERT",
    ]
