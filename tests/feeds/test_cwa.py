"""CWA: what stands below zero is a state, and never rain."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DecodeError
from pipeline.feeds.cwa import ELEMENTS, NAMED
from pipeline.feeds.declaration import problems
from pipeline.feeds.registry import decode
from pipeline.observation import QcFlag
from tests.feeds.recorded import recorded
from tests.feeds.sample_cwa import cwa_spec, new, new_station, old, old_station
from tests.feeds.samples import payload


def decoded(content, **declared):
    return decode(payload(content), cwa_spec(**declared))


def of_element(name, **declared):
    return {"parameter": name, "interval_min": NAMED[name].minutes, **declared}


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, []),
        (of_element("Past1hr"), []),
        ({"parameter": "NOW"}, ["parameter"]),
        ({"parameter": None}, ["parameter"]),
        ({"interval_min": 60}, ["interval_min"]),
        ({"dry": None}, ["dry"]),
        ({"unit": "in"}, ["unit"]),
        ({"variable": "stage_m"}, ["variable"]),
    ],
)
def test_each_fault_of_a_declaration_names_its_field(changes, fields):
    assert [field for field, _ in problems(cwa_spec(**changes))] == fields


@given(st.floats(allow_nan=False, max_value=0, exclude_max=True), st.sampled_from([*NAMED]))
def test_no_number_below_zero_is_ever_rain(number, name):
    stations = (old([old_station("A", str(number))]), new([new_station("A", number)]))
    for content in stations:
        for dry in (-998, None, number):
            declared = of_element(name, dry=dry)
            for found in decoded(content, **declared).readings:
                assert found.value in (None, 0.0)
                assert (found.value is None) is not (dry == number and NAMED[name].says_dry)


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda element: element.old)
def test_no_rain_is_said_of_the_elements_of_up_to_six_hours_alone(element):
    content = old([old_station("A", "-998.00")])
    (found,) = decoded(content, **of_element(element.old)).readings
    assert found.value == (0.0 if element.minutes <= 360 else None)
    assert found.interval_s == element.minutes * 60


def test_without_a_declared_number_for_no_rain_a_dry_gauge_is_missing():
    (found,) = decoded(old([old_station("A")]), dry=None).readings
    assert (found.value, found.flag) == (None, QcFlag.MISSING)


@pytest.mark.parametrize("name", [*NAMED])
def test_either_schema_is_read_by_either_name(name):
    declared = of_element(name)
    one = decoded(old([old_station("A", "2.50")]), **declared).readings
    assert one == decoded(new([new_station("A", 2.5)]), **declared).readings
    assert [each.value for each in one] == [2.5]


def test_an_element_may_hold_its_value_alone():
    station = old_station("A", "2.50")
    for each in station["weatherElement"]:
        each["elementValue"] = each["elementValue"]["value"]
    answer = json.dumps({"records": {"location": [station]}})
    assert [r.value for r in decoded(answer).readings] == [2.5]


def test_a_station_that_cannot_be_read_is_a_fault_and_the_next_is_read():
    broken = old_station("B")
    broken["weatherElement"] = broken["weatherElement"][:1]
    late = old_station("C") | {"time": {"obsTime": "soon"}}
    found = decoded(old([broken, late, {}, old_station("D", "X"), old_station("A")]))
    assert [r.station_id for r in found.readings] == ["A"]
    assert [(fault.row, fault.field, fault.station_id) for fault in found.faults] == [
        (1, "MIN_10", "B"),
        (2, "time.obsTime", "C"),
        (3, "stationId", None),
        (4, "MIN_10", "D"),
    ]


def test_a_stamp_without_offset_is_of_the_declared_zone():
    stated = old_station("A", "1")
    bare = stated | {"time": {"obsTime": "2024-07-15 16:10:00"}}
    assert decoded(old([bare])).readings == decoded(old([stated])).readings


@pytest.mark.parametrize("content", ["{}", "[]", '{"records": {"Station": {}}}'])
def test_what_names_no_stations_is_refused(content):
    with pytest.raises(DecodeError, match="stations"):
        decoded(content)


def test_a_sum_since_midnight_is_no_element():
    with pytest.raises(DecodeError, match="parameter"):
        decoded(old([]), parameter="NOW")


def test_none_of_the_recorded_sentinels_becomes_rain():
    content = recorded("taiwan_cwa", "O-A0002-001.json").read_bytes()
    stations = json.loads(content)["cwbopendata"]["location"]
    stated = {
        (each["stationId"], element["elementName"]): element["elementValue"]["value"]
        for each in stations
        for element in each["weatherElement"]
    }
    assert len(stations) == 1193
    assert [*stated.values()].count("-998.00") == 4752
    assert [*stated.values()].count("-999.00") == 54
    dry = missing = 0
    for element in ELEMENTS:
        found = decoded(content, **of_element(element.old))
        assert (len(found.readings), found.faults) == (1193, ())
        for each in found.readings:
            written = stated[each.station_id, element.old]
            expected = {"-998.00": 0.0, "-999.00": None}.get(written, float(written))
            assert each.value == expected
            dry += written == "-998.00"
            missing += each.value is None
        undeclared = decoded(content, **of_element(element.old, dry=None)).readings
        wet = [each.value for each in undeclared if each.value is not None]
        assert wet == [
            float(stated[each["stationId"], element.old])
            for each in stations
            if not stated[each["stationId"], element.old].startswith("-")
        ]
    assert (dry, missing) == (4752, 10)  # the other 44 are of sums since midnight
