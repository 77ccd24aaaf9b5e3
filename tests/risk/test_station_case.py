"""The case of a station: what speaks for it and against it, from the readings of two weeks."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.observation import QcFlag
from pipeline.risk.station_case import CLEAN_DAYS, StationCase, station_case
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from pipeline.site.signature import Signed, StationSignature
from pipeline.store.rows import Points, SeriesNames
from tests.valley import VALLEY

AT = datetime(2024, 7, 15, 0, tzinfo=UTC)
HOURS = 24 * CLEAN_DAYS
HOUR_US = 3_600_000_000
FIRST_US = int((AT - timedelta(hours=HOURS)).timestamp() * 1e6)
GOOD, SUSPECT = int(QcFlag.GOOD), int(QcFlag.SUSPECT)


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return risk_config(load(VALLEY, tmp_path_factory.mktemp("home")))


def hours(doubted=(), early=(), silent=()) -> Points:
    """Return two weeks of rain at R03 and R04; hours of R03 in doubt, known early, or not said."""
    hour = np.repeat(np.arange(1, HOURS + 1), 2)
    series = np.tile([0, 1], HOURS)
    own = series == 0
    said = ~(own & np.isin(hour, silent))
    valid = FIRST_US + hour * HOUR_US
    return Points(
        names=SeriesNames(
            feed_id=np.array(["rain", "rain"], dtype=object),
            station_id=np.array(["R03", "R04"], dtype=object),
            variable=np.array(["rain_mm", "rain_mm"], dtype=object),
            interval_s=np.array([3600, 3600]),
        ),
        series=series, valid_us=valid,
        known_us=valid + np.where(own & np.isin(hour, early), -1, 5) * 60_000_000,
        value=hour / 10.0,
        flag=np.where(own & np.isin(hour, doubted), SUSPECT, GOOD).astype(np.uint8),
    ).kept(said)  # fmt: skip


def case(config, points: Points, **changes) -> StationCase:
    station = next(s for s in config.stations if s.station_id == "R03")
    return station_case(points, config, station.model_copy(update=changes), AT)


def test_two_clean_weeks_at_a_stated_place_leave_nothing_to_ask(config):
    found = case(config, hours())
    assert found.lacks == ()
    assert not found.on_probation
    assert found.readings[0].valid_time == AT
    assert found.readings[0].latency_s == 300
    assert [r.value for r in found.readings[:2]] == [HOURS / 10, (HOURS - 1) / 10]


@given(st.sets(st.integers(1, HOURS)), st.sets(st.integers(0, CLEAN_DAYS - 1)))
def test_a_day_is_clean_with_readings_and_none_in_doubt(config, doubted, silent_days):
    silent = [hour for hour in range(1, HOURS + 1) if (hour - 1) // 24 in silent_days]
    dirty = {(hour - 1) // 24 for hour in doubted} | silent_days
    lacks = case(config, hours(doubted=[*doubted], silent=silent)).lacks
    clean = CLEAN_DAYS - len(dirty)
    said = [word for word in lacks if word.startswith("days: ")]
    assert said == ([] if not dirty else [said[0]])
    assert not dirty or said[0].startswith(f"days: {clean} of the last {CLEAN_DAYS} ")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"lon": None}, "position"),
        ({"lat": None}, "position"),
        ({"variables": ("stage_m",), "datum_m": None}, "datum"),
    ],
)
def test_what_is_not_stated_is_lacking(config, changes, word):
    assert word in [lack.partition(":")[0] for lack in case(config, hours(), **changes).lacks]


def test_a_reading_known_before_its_time_speaks_against_the_clock(config):
    assert [w.partition(":")[0] for w in case(config, hours(early=[7])).lacks] == ["clock"]


def test_a_probation_lasts_through_its_last_day(config):
    every = tuple(
        StationSignature(station_id="R03", what=w, signed_by="who", signed_on=date(2000, 1, 1))
        for w in Signed
    )
    for day, lasts in [(AT.date(), True), (AT.date() - timedelta(days=1), False)]:
        found = case(config, hours(), probation_until=day, signatures=every)
        assert found.on_probation is lasts
        assert found.lacks == ()


def test_neighbours_come_nearest_first_with_the_same_hour(config):
    near = case(config, hours()).neighbours
    assert [n.station_id for n in near] == sorted(
        (n.station_id for n in near), key={n.station_id: n.distance_km for n in near}.__getitem__
    )
    assert {n.station_id for n in near} == {"R01", "R02", "R04", "R05"}
    other = next(n for n in near if n.station_id == "R04")
    assert other.climb_m == 480 - 655
    assert [r.valid_time for r in other.readings] == [AT]
    assert case(config, hours(), lon=None).neighbours == ()


def test_the_villages_are_those_of_its_weights_and_links(config):
    found = case(config, hours())
    weights = {v.village_id: v.weight for v in found.villages}
    table = config.weights
    column = table.sources.index("R03")
    for row, village_id in enumerate(table.villages):
        entries = range(table.indptr[row], table.indptr[row + 1])
        own = [table.data[e] for e in entries if table.indices[e] == column]
        assert weights.get(village_id) == (own[0] if own else None)


def test_a_station_that_never_spoke_has_a_case_too(config):
    found = case(config, hours(silent=range(1, HOURS + 1)))
    assert found.readings == ()
    assert [n.station_id for n in found.neighbours if n.readings] == ["R04"]
