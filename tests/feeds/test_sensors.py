"""Two sensors of one station are never mixed into one series without a word."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.feeds.sensors import Sensors, reading, station_of
from pipeline.feeds.tally import Tally
from tests.feeds.samples import csv_spec

AT = datetime(2024, 7, 15, 9, tzinfo=UTC)
SPEC = csv_spec()
TOLD = st.lists(
    st.tuples(st.sampled_from("ABC"), st.integers(0, 3), st.sampled_from("PQ")), max_size=30
)


def told(rows):
    """Return the tally of (sensor, hour, station) told in this order."""
    sensors = Sensors(Tally("x"))
    for row, (sensor, hour, station) in enumerate(rows):
        at = AT + timedelta(hours=hour)
        sensors.keep(reading(SPEC, station, at, float(row), interval_s=3600), sensor, row)
    return sensors.tally


@given(TOLD)
def test_at_one_time_a_station_has_readings_of_one_sensor(rows):
    sensor_of = {}
    for found in told(rows).readings:
        sensor = rows[int(found.value)][0]
        assert sensor_of.setdefault((found.station_id, found.valid_time), sensor) == sensor


@given(TOLD)
def test_each_sensor_beyond_the_first_of_a_station_is_told_of_once(rows):
    pairs = {(station, sensor) for sensor, _, station in rows}
    stations = {station for station, _ in pairs}
    assert len(told(rows).faults()) == len(pairs) - len(stations)


@given(TOLD)
def test_the_readings_of_a_station_with_one_sensor_are_all_kept(rows):
    one = [row for row in rows if row[0] == "A"]
    assert len(told(one).readings) == len(one)


def test_a_sensor_of_its_own_name_is_a_station_of_its_own():
    spec = csv_spec(station_map={"S:2": "H02", "S": "H01"})
    assert [station_of(spec, sensor, "S") for sensor in ("S:1", "S:2")] == ["H01", "H02"]
    assert station_of(spec, "T:1", "T") == "T"


def test_a_stamp_of_the_start_of_an_interval_is_moved_to_its_end():
    spec = csv_spec(stamp="start")
    found = reading(spec, "P", AT, 1.0, interval_s=900)
    assert found.valid_time - AT == timedelta(minutes=15)
