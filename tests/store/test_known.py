"""At a cutoff each reading is what the newest revision said that was known by then."""

import numpy as np

from pipeline.instants import to_us
from pipeline.observation import QcFlag
from pipeline.store import blob
from pipeline.store.blob import Kind
from pipeline.store.columns import StoredBatch
from pipeline.store.known import Known, Revisions
from tests.store.old_points import write_points
from tests.store.samples import GEOMETRY, HOUR, MINUTE, NOON, rain, stage


def points(*rows: object, known: int = 5, payload: str = "a", feed: str = "river") -> StoredBatch:
    """Rows that were known some minutes after noon."""
    content = write_points(rows)
    return StoredBatch(feed, to_us(NOON + known * MINUTE), payload, Kind.POINTS, content)


def grids(*rows: object, known: int = 5, payload: str = "a") -> StoredBatch:
    content = blob.write_grids(rows)
    return StoredBatch("rain", to_us(NOON + known * MINUTE), payload, Kind.GRIDS, content)


def read(*batches: StoredBatch, at: int | None = None, hours: int = 1) -> Known:
    cutoff = None if at is None else NOON + at * MINUTE
    return Revisions.of(batches).at(cutoff, NOON - hours * HOUR, NOON)


def values(*batches: StoredBatch, at: int | None = None) -> list[float]:
    return read(*batches, at=at).points.value.tolist()


def test_nothing_stored_is_nothing_known() -> None:
    known = read()
    assert len(known.points) == 0
    assert known.grids == ()
    assert known.sha256 == read(points(stage(1.0)), at=4).sha256


def test_a_reading_is_known_from_its_known_at_on() -> None:
    row = points(stage(1.5), known=5)
    assert values(row, at=4) == []
    assert values(row, at=5) == [1.5]
    assert values(row, at=None) == [1.5]


def test_a_correction_wins_from_its_known_at_on() -> None:
    rows = points(stage(1.0), known=5), points(stage(2.0), known=10, payload="b")
    assert values(*rows, at=9) == [1.0]
    assert values(*rows, at=10) == [2.0]


def test_a_missing_never_supersedes_a_value_and_a_value_always_a_missing() -> None:
    rows = (
        points(stage(None), known=5),
        points(stage(1.0), known=6, payload="b"),
        points(stage(None), known=7, payload="c"),
    )
    assert np.isnan(values(*rows, at=5)).all()
    assert values(*rows, at=6) == values(*rows, at=7) == [1.0]


def test_a_grid_that_saw_nothing_is_missing() -> None:
    unseen = rain([float("nan")] * 6)
    rows = grids(rain([1, 2, 3, 4, 5, 6]), known=5), grids(unseen, known=6, payload="b")
    (grid,) = read(*rows).grids
    assert grid.cells.tolist() == [[1, 2, 3], [4, 5, 6]]
    (alone,) = read(rows[1]).grids
    assert np.isnan(alone.cells).all()


def test_of_two_known_at_once_the_greater_payload_hash_wins_in_any_order() -> None:
    one, two = points(stage(1.0), payload="b"), points(stage(2.0), payload="a")
    assert values(one, two) == values(two, one) == [1.0]


def test_a_window_holds_its_end_and_not_its_start() -> None:
    row = points(stage(1.0, NOON - HOUR), stage(2.0, NOON - MINUTE), stage(3.0, NOON))
    assert values(row) == [2.0, 3.0]


def test_feeds_stations_variables_and_intervals_are_series_of_their_own() -> None:
    rows = (
        points(stage(1.0), stage(2.0, station_id="s0"), stage(3.0, interval_s=300)),
        points(stage(4.0), feed="other"),
    )
    found = read(*rows).points
    names = zip(found.feed_id, found.station_id, found.interval_s, found.value, strict=True)
    assert list(names) == [
        ("other", "s1", 0, 4.0),
        ("river", "s0", 0, 2.0),
        ("river", "s1", 0, 1.0),
        ("river", "s1", 300, 3.0),
    ]


def test_forecasts_are_no_observations() -> None:
    forecast = stage(9.0, reference_time=NOON - HOUR)
    assert values(points(forecast, stage(1.0))) == [1.0]
    ahead = rain([9] * 6, reference_time=NOON - HOUR)
    (grid,) = read(grids(ahead, rain([1] * 6))).grids
    assert grid.cells.tolist() == [[1] * 3] * 2


def test_rows_bear_their_times_flags_and_places() -> None:
    known = read(points(stage(1.0, flag=QcFlag.SUSPECT)), grids(rain([1] * 6)))
    assert known.points.valid_us.tolist() == [to_us(NOON)]
    assert known.points.known_us.tolist() == [to_us(NOON + 5 * MINUTE)]
    assert known.points.flag.tolist() == [QcFlag.SUSPECT]
    (grid,) = known.grids
    assert (grid.feed_id, grid.grid_id, grid.variable, grid.interval_s) == (
        "rain",
        "g1",
        "rain_mm",
        3600,
    )
    assert (grid.valid_us, grid.known_us) == (to_us(NOON), to_us(NOON + 5 * MINUTE))
    assert grid.geometry == GEOMETRY
    assert not grid.cells.flags.writeable


def test_grids_come_oldest_first() -> None:
    late, early = grids(rain([1] * 6)), grids(rain([2] * 6, NOON - MINUTE), payload="b")
    assert [g.valid_us for g in read(late, early).grids] == [to_us(NOON - MINUTE), to_us(NOON)]


def test_the_digest_knows_rows_and_not_batches() -> None:
    rows = [stage(float(i), NOON - i * MINUTE, station_id=s) for i in range(30) for s in "abc"]
    maps = [rain([i] * 6, NOON - i * MINUTE) for i in range(30)]
    whole = points(*rows), grids(*maps)
    parts = [points(row, payload=str(i)) for i, row in enumerate(reversed(rows))]
    parts += [grids(g, payload=str(i)) for i, g in enumerate(reversed(maps))]
    assert read(*whole).sha256 == read(*parts).sha256 == read(*reversed(whole)).sha256


def test_the_digest_sees_each_column_that_is_read() -> None:
    variants = [
        points(stage(1.0)),
        points(stage(1.0), known=6),
        points(stage(1.0), feed="other"),
        points(stage(1.0, flag=QcFlag.SUSPECT)),
        points(stage(1.0, interval_s=60)),
        points(stage(1.0, NOON - MINUTE)),
        points(stage(1.0, station_id="s2")),
        points(stage(1.0000001)),
        points(stage(None)),
        grids(rain([1] * 6)),
        grids(rain([1] * 6), known=6),
        grids(rain([1, 1, 1, 1, 1, 2])),
        grids(rain([1] * 6, grid_id="g2")),
        grids(rain([1] * 6, NOON - MINUTE)),
        points(),
    ]
    assert len({read(variant).sha256 for variant in variants}) == len(variants)


def test_equal_grids_have_equal_digests_whenever_they_were_known() -> None:
    early, late = (read(grids(rain([1] * 6), known=k)).grids[0] for k in (5, 6))
    other = read(grids(rain([2] * 6))).grids[0]
    assert early.digest == late.digest != other.digest
