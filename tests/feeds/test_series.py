"""A series is one station from a start stamp on; what was joined by a line waits for its end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DecodeError
from pipeline.feeds import tally
from pipeline.feeds.registry import decode
from pipeline.feeds.window import Window
from pipeline.observation import QcFlag
from tests.feeds.samples import csv_spec, payload

START = datetime(2014, 11, 4, 15, tzinfo=UTC)
RISE = "201411041500\n217.115\n240.145\n259.657\n278.899\n298.139\n317.380\n310.830\n"


def series(**changes):
    given = {"layout": "series", "station_id": "Q1", "variable": "discharge_m3s", "unit": "m3/s"}
    return csv_spec(**(given | {"nodata": -99} | changes))


def test_values_follow_the_start_stamp():
    readings = decode(payload(RISE), series()).readings
    assert [r.valid_time for r in readings[:2]] == [START, START + timedelta(hours=1)]
    assert readings[0].value == 217.115
    assert readings[0].known_at is None


def test_an_interpolated_run_is_known_when_its_last_reading_is():
    readings = decode(payload(RISE), series(interpolated="known_at_end")).readings
    end = START + timedelta(hours=5)
    assert [r.known_at for r in readings] == [None, None, None, end, end, None, None]


def test_the_latency_of_the_feed_counts_from_the_end_of_the_run():
    spec = series(interpolated="known_at_end", latency_min=30)
    readings = decode(payload(RISE), spec).readings
    assert readings[3].known_at == START + timedelta(hours=5, minutes=30)


def test_a_run_is_seen_whole_by_a_window_that_holds_but_its_middle():
    hour = START + timedelta(hours=3)
    spec = series(interpolated="known_at_end")
    (reading,) = decode(payload(RISE), spec, Window(hour, hour)).readings
    assert reading.value == 278.899
    assert reading.known_at == START + timedelta(hours=5)


def test_a_long_table_with_interpolated_runs_is_read_the_same():
    rows = [
        f"Q1,discharge_m3s,{(START + i * timedelta(hours=1)).isoformat()},{value}"
        for i, value in enumerate(RISE.split()[1:])
    ]
    text = "station_id,variable,valid_time,value\n" + "\n".join(rows)
    spec = series(layout="long", interpolated="known_at_end")
    by_line = decode(payload(RISE), series(interpolated="known_at_end")).readings
    assert decode(payload(text), spec).readings == by_line


def test_nodata_is_missing_and_breaks_a_run():
    text = "201411041500\n1.0\n2.0\n-99.000\n4.0\n5.0\n"
    readings = decode(payload(text), series(interpolated="known_at_end")).readings
    assert [r.value for r in readings] == [1.0, 2.0, None, 4.0, 5.0]
    assert readings[2].flag is QcFlag.MISSING
    assert all(r.known_at is None for r in readings)


def test_a_text_in_a_number_is_told_by_its_line_and_the_rest_goes_on():
    decoded = decode(payload("201411041500\n1.0\nstorm\n3.0\n"), series())
    assert [r.value for r in decoded.readings] == [1.0, 3.0]
    assert decoded.readings[1].valid_time == START + timedelta(hours=2)
    assert [(f.row, f.field) for f in decoded.faults] == [(3, "value")]


@pytest.mark.parametrize("text", ["", "rain\n1\n", "2014\n1\n"])
def test_without_a_start_stamp_there_is_no_series(text):
    with pytest.raises(DecodeError) as error:
        decode(payload(text), series())
    assert error.value.row == 1


def test_a_series_of_no_station_is_refused():
    with pytest.raises(DecodeError) as error:
        decode(payload(RISE), series(station_id=None))
    assert error.value.field == "station_id"


def test_a_series_is_as_long_as_a_payload_may_be_and_no_longer():
    values = "\n" * tally.MAX_READINGS
    hour = Window(START, START)
    assert len(decode(payload("201411041500\n" + values), series(), hour).readings) == 1
    with pytest.raises(DecodeError, match="more than 200000 readings"):
        decode(payload("201411041500\n\n" + values), series(), hour)


def test_the_faults_of_a_series_are_bounded_and_of_the_times_asked_for():
    text = "201411041500\n" + "x\n" * (tally.MAX_FAULTS + 5)
    faults = decode(payload(text), series()).faults
    assert (len(faults), faults[-1].message) == (tally.MAX_FAULTS + 1, "and 5 more faults")
    one = decode(payload(text), series(), Window(START, START)).faults
    assert [fault.row for fault in one] == [2]


@given(st.integers(-30, 30), st.integers(0, 30))
def test_a_window_gives_what_all_of_it_would_have_given(first, length):
    window = Window(START + timedelta(hours=first), START + timedelta(hours=first + length))
    whole = decode(payload(RISE), series(interpolated="known_at_end")).readings
    part = decode(payload(RISE), series(interpolated="known_at_end"), window).readings
    assert part == tuple(r for r in whole if r.valid_time in window)
