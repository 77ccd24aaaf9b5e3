"""A plain table: every row that can be read is used, every other one is told by line and field."""

import contextlib
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DecodeError
from pipeline.feeds import tally
from pipeline.feeds.registry import PROTOCOLS, decode
from pipeline.feeds.window import Window
from pipeline.observation import QcFlag
from tests.feeds.samples import csv_spec, payload

LONG = "station_id,variable,valid_time,value\n"
NINE = datetime(2024, 7, 15, 9, tzinfo=UTC)


def long(rows: str, **changes):
    return decode(payload(LONG + rows), csv_spec(**changes))


def test_a_row_is_a_reading():
    (reading,) = long("R01,rain_mm,2024-07-15T09:00Z,3.5\n").readings
    assert (reading.station_id, reading.valid_time, reading.value) == ("R01", NINE, 3.5)
    assert reading.interval_s == 3600
    assert reading.known_at is None


def test_a_text_in_a_number_is_told_and_the_rest_goes_on():
    decoded = long(
        "R01,rain_mm,2024-07-15T09:00Z,3.5\n"
        "R02,rain_mm,2024-07-15T09:00Z,broken\n"
        "R03,rain_mm,2024-07-15T09:00Z,0\n"
    )
    assert [r.station_id for r in decoded.readings] == ["R01", "R03"]
    (fault,) = decoded.faults
    assert (fault.where, fault.row, fault.field) == ("rain.csv", 3, "value")
    assert "broken" in fault.message


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("R01,rain_mm,yesterday,1", "valid_time"),
        ("R01,rain_mm,2024-07-15T09:00Z,inf", "value"),
        ("R01,rain_mm,2024-07-15T09:00Z,nan", "value"),
        ("R01,rain,2024-07-15T09:00Z,1", "variable"),
        ("R01,rain_mm,,1", "valid_time"),
    ],
)
def test_each_field_that_cannot_be_read_is_named(row, field):
    decoded = long(row + "\n")
    assert decoded.readings == ()
    assert [(f.row, f.field) for f in decoded.faults] == [(2, field)]


@pytest.mark.parametrize("text", ["", "  ", "-99", "-99.000"])
def test_no_value_is_missing_and_never_zero(text):
    (reading,) = long(f"R01,rain_mm,2024-07-15T09:00Z,{text}\n", nodata=-99).readings
    assert reading.value is None
    assert reading.flag is QcFlag.MISSING


def test_zero_is_a_value():
    (reading,) = long("R01,rain_mm,2024-07-15T09:00Z,0\n").readings
    assert reading.value == 0.0


def test_other_variables_belong_to_other_feeds():
    decoded = long("H01,stage_m,2024-07-15T09:00Z,1.2\n")
    assert (decoded.readings, decoded.faults) == ((), ())


def test_optional_columns_bring_known_at_flag_and_interval():
    text = (
        "station_id,variable,valid_time,value,known_at,flag,interval_min\n"
        "R03,rain_mm,2024-07-15T09:00Z,8,2024-07-15T12:20Z,3,30\n"
        "R03,rain_mm,2024-07-15T10:00Z,8,,,\n"
        "R03,rain_mm,2024-07-15T11:00Z,8,,7,\n"
        "R03,rain_mm,2024-07-15T11:00Z,8,soon,,\n"
        "R03,rain_mm,2024-07-15T11:00Z,8,,,0\n"
    )
    decoded = decode(payload(text), csv_spec())
    late, plain = decoded.readings
    assert late.known_at == datetime(2024, 7, 15, 12, 20, tzinfo=UTC)
    assert (late.flag, late.interval_s) == (QcFlag.SUSPECT, 1800)
    assert (plain.known_at, plain.flag, plain.interval_s) == (None, QcFlag.UNKNOWN, 3600)
    assert [f.field for f in decoded.faults] == ["flag", "known_at", "interval_min"]


def test_units_scale_and_codes_are_turned_into_ours():
    (reading,) = long(
        "41000,rain_mm,2024-07-15T09:00Z,25\n", scale=0.1, unit="cm", station_map={"41000": "R01"}
    ).readings
    assert reading.station_id == "R01"
    assert reading.value == pytest.approx(25.0)


def test_local_times_are_read_in_the_declared_zone():
    (reading,) = long("R01,rain_mm,2024-07-15 17:00,1\n", zone="Asia/Shanghai").readings
    assert reading.valid_time == NINE


def test_an_hour_that_the_zone_has_twice_is_no_instant():
    decoded = long("R01,rain_mm,2024-10-27 02:30,1\n", zone="Europe/Paris")
    assert [f.field for f in decoded.faults] == ["valid_time"]


def test_a_stamp_at_the_start_is_moved_to_the_end():
    (reading,) = long("R01,rain_mm,2024-07-15T08:00Z,1\n", stamp="start").readings
    assert reading.valid_time == NINE


@pytest.mark.parametrize("column", ["station_id", "variable", "valid_time", "value"])
def test_a_missing_column_refuses_the_file_by_name(column):
    header = LONG.replace(column, "something")
    with pytest.raises(DecodeError) as error:
        decode(payload(header), csv_spec())
    assert (error.value.row, error.value.field) == (1, column)


def test_a_wide_table_is_one_station_a_column():
    text = "time,a,b,note\n2024-07-15 17:00,1.5,,x\n2024-07-15 18:00,oops,2,x\nnever,1,1,x\n"
    spec = csv_spec(
        layout="wide", time_column="time", zone="Asia/Shanghai", variable="stage_m", unit="m",
        station_map={"a": "H01", "b": "H02"},
    )  # fmt: skip
    decoded = decode(payload(text), spec)
    assert [(r.station_id, r.value) for r in decoded.readings] == [
        ("H01", 1.5), ("H02", None), ("H02", 2.0),
    ]  # fmt: skip
    assert [(f.row, f.field) for f in decoded.faults] == [(3, "a"), (4, "time")]
    assert {r.interval_s for r in decoded.readings} == {0}


def test_unmapped_columns_bear_the_station_ids():
    text = "valid_time,R01,R02\n2024-07-15T09:00Z,1,2\n"
    assert [r.station_id for r in decode(payload(text), csv_spec(layout="wide")).readings] == [
        "R01", "R02",
    ]  # fmt: skip


def test_a_row_with_too_few_or_too_many_cells_loses_no_other_row():
    at = "rain_mm,2024-07-15T09:00Z"
    decoded = long(f"R01,rain_mm\nR02,{at},1,2,3\nR03,{at},1\n")
    assert [r.station_id for r in decoded.readings] == ["R02", "R03"]
    assert [f.row for f in decoded.faults] == [2]


def test_cells_beyond_a_wide_header_are_of_no_station():
    decoded = decode(payload("valid_time,R01,\n2024-07-15T09:00Z,1,2,3\n"), csv_spec(layout="wide"))
    assert [(r.station_id, r.value) for r in decoded.readings] == [("R01", 1.0)]


@pytest.mark.parametrize("at", ["0001-01-01 00:00", "9999-12-31T23:59Z", "99991231235959"])
def test_a_time_at_the_end_of_the_calendar_is_no_instant(at):
    decoded = long(f"R01,rain_mm,{at},1\n", zone="Asia/Shanghai", stamp="start")
    assert [f.field for f in decoded.faults] == ["valid_time"]


def test_only_what_the_window_asks_for_is_made():
    rows = "".join(f"R01,rain_mm,2024-07-15T{hour:02}:00Z,1\n" for hour in range(24))
    window = Window(NINE, NINE + timedelta(hours=2))
    decoded = decode(payload(LONG + rows), csv_spec(), window)
    assert [r.valid_time.hour for r in decoded.readings] == [9, 10, 11]


def test_what_is_too_large_or_no_text_is_refused_before_it_is_parsed():
    with pytest.raises(DecodeError, match="more than 10 bytes"):
        decode(payload(LONG), csv_spec(max_bytes=10))
    with pytest.raises(DecodeError, match="UTF-8"):
        decode(payload("雨量站".encode("gb18030")), csv_spec())
    with pytest.raises(DecodeError) as error:
        decode(payload(LONG), csv_spec(layout=None))
    assert error.value.field == "layout"
    with pytest.raises(DecodeError) as error:
        decode(payload(LONG), csv_spec(protocol="telex"))
    assert error.value.field == "protocol"
    assert "telex" not in PROTOCOLS


def test_a_file_of_nothing_but_faults_is_told_in_bounds():
    decoded = long("R01,rain_mm,2024-07-15T09:00Z,x\n" * (tally.MAX_FAULTS + 5))
    assert len(decoded.faults) == tally.MAX_FAULTS + 1
    assert decoded.faults[-1].message == "and 5 more faults"


@pytest.mark.parametrize("minutes", ["\N{SUPERSCRIPT TWO}", "1441", "9" * 30, "9" * 5000, "-5"])
@pytest.mark.parametrize("meaning", ["start", "end"])
def test_an_interval_is_of_a_day_at_most_and_written_in_digits(minutes, meaning):
    rows = f"R01,rain_mm,2024-07-15T09:00Z,1,{minutes}\nR01,rain_mm,2024-07-15T09:00Z,1,1440\n"
    text = "station_id,variable,valid_time,value,interval_min\n" + rows
    decoded = decode(payload(text), csv_spec(stamp=meaning))
    assert [r.interval_s for r in decoded.readings] == [86_400]
    assert [(f.row, f.field) for f in decoded.faults] == [(2, "interval_min")]


@pytest.mark.parametrize("layout", ["long", "wide"])
@pytest.mark.parametrize("length", [131_073, 1_000_001])
def test_a_header_that_no_table_has_is_refused(layout, length):
    with pytest.raises(DecodeError) as error:
        decode(payload("x" * length + "\n1\n"), csv_spec(layout=layout))
    assert len(str(error.value)) < 200


def wide(cell: str, rows: int, columns: int = 2000) -> str:
    row = f"2024-07-15T09:00Z{f',{cell}' * columns}\n"
    return f"valid_time,{','.join(f'S{n}' for n in range(columns))}\n" + rows * row


def test_a_payload_holds_as_many_missing_readings_as_it_may_and_no_more():
    spec, rows = csv_spec(layout="wide"), tally.MAX_READINGS // 2000
    most = decode(payload(wide("", rows)), spec).readings
    assert len(most) == tally.MAX_READINGS
    assert {r.flag for r in most} == {QcFlag.MISSING}
    with pytest.raises(DecodeError, match="more than 200000 readings"):
        decode(payload(wide("", rows + 1)), spec)


def test_what_is_not_asked_for_counts_for_nothing():
    spec, elsewhere = csv_spec(layout="wide"), Window(NINE + timedelta(days=1), NINE)
    text = wide("", tally.MAX_READINGS // 2000 + 1)
    assert decode(payload(text), spec, elsewhere).readings == ()


def test_faults_are_bounded_while_they_are_found():
    tracemalloc.start()
    try:
        decoded = decode(payload(wide("x", 50)), csv_spec(layout="wide"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert decoded.faults[-1].message == f"and {50 * 2000 - tally.MAX_FAULTS} more faults"
    assert peak < 10_000_000


def test_two_interpolated_rows_that_lie_centuries_apart_make_no_centuries_of_readings():
    rows = "R01,rain_mm,1800-01-01T00:00Z,1\nR01,rain_mm,2199-01-01T00:00Z,1\n"
    with pytest.raises(DecodeError, match="more than 200000 readings"):
        long(rows, interpolated="known_at_end", interval_min=60)


def test_the_name_of_a_column_is_told_fit_to_be_stored():
    text = f"valid_time,a\0b{'c' * 200}\n2024-07-15T09:00Z,x\n"
    (fault,) = decode(payload(text), csv_spec(layout="wide")).faults
    assert fault.field is not None
    assert fault.field.isprintable()
    assert len(fault.field) <= 100


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused_and_nothing_else(content):
    for layout in ("long", "wide", "series"):
        with contextlib.suppress(DecodeError):
            decode(payload(content), csv_spec(layout=layout, station_id="R01"))


@given(st.text(max_size=200))
def test_any_text_below_a_header_is_readings_and_faults(text):
    decoded = long(text)
    assert all(fault.row is None or fault.row >= 2 for fault in decoded.faults)


KELANI = 'gauge;when;level;remark\nHanwella;29/x;1,5;\nHanwella;2025-11-29 08:30;7,75;"a;b"\n'
NAMED = {
    "layout": "long", "variable": "stage_m", "unit": "m", "separator": ";", "decimal": ",",
    "columns": {"station_id": "gauge", "valid_time": "when", "value": "level", "variable": ""},
    "station_map": {"Hanwella": "H01"}, "zone": "Asia/Colombo",
}  # fmt: skip


def test_the_feeds_own_columns_and_marks_are_read_as_declared():
    decoded = decode(payload(KELANI), csv_spec(**NAMED))
    (reading,) = decoded.readings
    assert (reading.station_id, reading.value) == ("H01", 7.75)
    assert reading.valid_time == datetime(2025, 11, 29, 3, tzinfo=UTC)
    assert [(fault.row, fault.field) for fault in decoded.faults] == [(2, "when")]


def test_a_point_where_a_comma_is_declared_is_no_number():
    decoded = decode(payload("gauge;when;level\nA;2025-11-29 08:30;7.75\n"), csv_spec(**NAMED))
    assert [(fault.row, fault.field) for fault in decoded.faults] == [(2, "level")]
    series = csv_spec(layout="series", station_id="R01", decimal=",")
    assert [r.value for r in decode(payload("2024-07-15\n1,5\n"), series).readings] == [1.5]
    refused = decode(payload("2024-07-15\n1.5\n2.5\n"), series)
    assert [fault.row for fault in refused.faults] == [2, 3]


def test_a_wide_tables_flag_interval_and_known_at_are_of_the_row_and_no_stations():
    text = (
        "t,R01,seen,q,minutes,R02\n"
        "2024-07-15T09:00Z,1,2024-07-15T09:07Z,3,5,2\n"
        "2024-07-15T09:00Z,1,soon,3,5,2\n"
    )
    columns = {"valid_time": "t", "known_at": "seen", "flag": "q", "interval_min": "minutes"}
    decoded = decode(payload(text), csv_spec(layout="wide", columns=columns))
    assert [r.station_id for r in decoded.readings] == ["R01", "R02"]
    assert {(r.interval_s, r.flag, r.known_at) for r in decoded.readings} == {
        (300, QcFlag.SUSPECT, NINE + timedelta(minutes=7))
    }
    assert [(fault.row, fault.field) for fault in decoded.faults] == [(3, "seen")]


def test_a_feeds_own_word_for_the_variable_is_told_by_parameter():
    rows = "R01,PRECIP,2024-07-15T09:00Z,1\nR01,TEMP,2024-07-15T09:00Z,20\n"
    decoded = long(rows, parameter="PRECIP")
    assert [r.value for r in decoded.readings] == [1.0]
    assert decoded.faults == ()


def test_a_table_of_one_station_needs_no_column_for_it():
    columns = {"station_id": "", "variable": ""}
    spec = csv_spec(columns=columns, station_id="R09")
    decoded = decode(payload("valid_time,value\n2024-07-15T09:00Z,1\n"), spec)
    assert [r.station_id for r in decoded.readings] == ["R09"]


@pytest.mark.parametrize("row", ['"R02,rain_mm,2024-07-15T09:00Z,2', "x" * 1_000_001, '"a"b,c,d,e'])
def test_a_line_that_cannot_be_split_swallows_no_other(row):
    good = "R01,rain_mm,2024-07-15T09:00Z,1\n"
    decoded = long(f"{good}{row}\n{good}")
    assert [r.value for r in decoded.readings] == [1.0, 1.0]
    assert [fault.row for fault in decoded.faults] == [3]


@pytest.mark.parametrize(
    ("declared", "field"),
    [
        ({"columns": {"gauge": "station"}}, "columns"),
        ({"columns": {"value": ""}}, "columns"),
        ({"columns": {"station_id": ""}}, "station_id"),
        ({"columns": {"value": "v"}, "layout": "series", "station_id": "R01"}, "columns"),
        ({"columns": {"value": "v"}, "layout": "wide"}, "columns"),
        ({"columns": {"valid_time": "t"}, "time_column": "when"}, "time_column"),
        ({"decimal": ","}, "decimal"),
    ],
)
def test_what_a_declaration_contradicts_is_told_before_anything_is_read(declared, field):
    assert [name for name, _ in PROTOCOLS["csv"].problems(csv_spec(**declared))] == [field]
