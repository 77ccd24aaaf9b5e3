"""Environment Agency: periods, zeros and qualifiers stay apart; no reading is no fault."""

import json

import pytest

from pipeline.errors import DecodeError
from pipeline.feeds.declaration import problems
from pipeline.feeds.registry import decode
from pipeline.observation import QcFlag
from tests.feeds.recorded import recorded
from tests.feeds.sample_uk_ea import RAIN, ROOT, ea_spec, items, latest, measure, stage
from tests.feeds.samples import payload

STAGES = {"variable": "stage_m", "unit": "mASD"}


def decoded(*rows, **declared):
    return decode(payload(items(rows)), ea_spec(**declared))


def of_file(name, **declared):
    return decode(payload(recorded("uk_ea", name).read_bytes()), ea_spec(**declared))


def test_stages_are_declared_with_their_zero():
    assert list(problems(ea_spec())) == []
    assert list(problems(ea_spec(**STAGES))) == []
    assert [field for field, _ in problems(ea_spec(variable="stage_m"))] == ["unit"]
    assert [field for field, _ in problems(ea_spec(variable="depth_m"))] == ["parameter"]
    with pytest.raises(DecodeError, match="zero"):
        decoded(variable="stage_m")


@pytest.mark.parametrize("period", [300, 900, 3600])
def test_rain_belongs_to_the_period_of_its_measure(period):
    (found,) = decoded(measure("E1", 0.2, period=period)).readings
    assert found.interval_s == period


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"valueType": "event", "period": None}, "valueType"),
        ({"valueType": "cumulative total"}, "valueType"),
        ({"period": None}, "period"),
        ({"period": 0}, "period"),
        ({"period": 0.5}, "period"),
        ({"period": "often"}, "period"),
        ({"unitName": "---"}, "unitName"),
        ({"unitName": None}, "unitName"),
        ({"parameter": None}, "parameter"),
        ({"stationReference": None}, "stationReference"),
        ({"latestReading": {"dateTime": "soon", "value": 1}}, "dateTime"),
        ({"latestReading": {"value": 1}}, "dateTime"),
        ({"latestReading": latest("x", [0.2, 0.4])}, "value"),
        ({"latestReading": latest("x", "much")}, "value"),
    ],
)
def test_a_measure_that_makes_no_sum_is_a_fault_and_the_next_is_read(changes, field):
    found = decoded(measure("E1", 0.2, **changes), measure("E2", 0.4))
    assert [(r.station_id, r.value) for r in found.readings] == [("E2", 0.4)]
    assert [(fault.row, fault.field) for fault in found.faults] == [(1, field)]


def test_a_measure_without_reading_tells_nothing_and_a_reading_without_value_is_missing():
    nothing = decoded(measure("E1", None), measure("E2", None, latestReading="http://e.org/1"))
    assert (nothing.readings, nothing.faults) == ((), ())
    (found,) = decoded(measure("E1", None, latestReading=latest("x", None))).readings
    assert (found.value, found.flag) == (None, QcFlag.MISSING)


def test_a_value_in_a_list_of_one_is_that_value():
    (found,) = decoded(measure("E1", [0.4])).readings
    assert found.value == 0.4


def test_stages_against_another_zero_belong_to_another_feed():
    rows = [stage("E1", 0.5), stage("E2", 12.5, "mAOD"), stage("E3", 0.7, "m")]
    found = decoded(*rows, **STAGES)
    assert [(r.station_id, r.value, r.interval_s) for r in found.readings] == [("E1", 0.5, 0)]
    assert found.faults == ()
    (other,) = decoded(*rows, variable="stage_m", unit="mAOD").readings
    assert (other.station_id, other.value) == ("E2", 12.5)


def test_a_mapped_station_that_changes_its_zero_is_told_of():
    found = decoded(stage("E2", 12.5, "mAOD"), **STAGES, station_map={"E2": "H02"})
    assert found.readings == ()
    assert [(f.field, f.station_id) for f in found.faults] == [("unitName", "H02")]


@pytest.mark.parametrize("unit", ["---", "V", "m3/s"])
def test_a_stage_in_no_unit_of_length_is_a_fault(unit):
    found = decoded(stage("E1", 0.5, unit), **STAGES)
    assert (found.readings, [fault.field for fault in found.faults]) == ((), ["unitName"])


def test_a_stage_below_a_weir_is_another_series():
    below = stage("E1", 0.1, qualifier="Downstream Stage", notation="E1-level-downstream_stage")
    found = decoded(stage("E1", 0.5), below, **STAGES)
    assert [r.value for r in found.readings] == [0.5]
    named = decoded(stage("E1", 0.5), below, **STAGES, parameter="level/Downstream Stage")
    assert [r.value for r in named.readings] == [0.1]


def test_two_gauges_of_one_station_are_not_mixed():
    second = measure("E1", 0.6, notation=f"E1-2-{RAIN}")
    found = decoded(measure("E1", 0.2), second)
    assert [r.value for r in found.readings] == [0.2]
    assert [(f.row, f.field, f.station_id) for f in found.faults] == [(2, "station_map", "E1")]
    named = decoded(measure("E1", 0.2), second, station_map={f"E1-2-{RAIN}": "R02"})
    assert {r.station_id: r.value for r in named.readings} == {"E1": 0.2, "R02": 0.6}


def test_a_reading_names_its_measure_by_address_or_whole():
    by_address = decoded(latest(f"{ROOT}/id/measures/E1-{RAIN}", 0.2))
    whole = decoded(latest(measure("E1", None), 0.2))
    assert by_address.readings == whole.readings
    for strange in (f"{ROOT}/id/measures/E1", "x-level-" * 100, "-level-stage-i-15_min-m"):
        found = decoded(latest(strange, 0.2))
        assert (found.readings, len(found.faults)) == ((), 1)


def test_a_flow_by_address_has_its_unit():
    address = f"{ROOT}/id/measures/E1-flow-logged-i-15_min-m3_s"
    (found,) = decoded(latest(address, 3.5), variable="discharge_m3s").readings
    assert found.value == 3.5


@pytest.mark.parametrize("content", ["{}", '{"items": null}', "null", '"x"'])
def test_what_is_no_answer_of_the_service_is_refused(content):
    with pytest.raises(DecodeError, match="items"):
        decode(payload(content), ea_spec())


def test_recorded_rain_of_1003_measures_of_which_92_carry_no_reading():
    measures = json.loads(recorded("uk_ea", "rainfall_water_level_data.json").read_bytes())["items"]
    with_reading = [each for each in measures if "latestReading" in each]
    assert (len(measures), len(measures) - len(with_reading)) == (1003, 92)
    sums = {
        (each["stationReference"], each["period"]): each["latestReading"]["value"]
        for each in with_reading
        if (each["valueType"], each["unitName"]) == ("total", "mm")
    }
    found = of_file("rainfall_water_level_data.json")
    assert {(r.station_id, r.interval_s): r.value for r in found.readings} == sums
    assert len(found.readings) == 910
    assert [(f.field, f.station_id) for f in found.faults] == [("valueType", "531184")]


@pytest.mark.parametrize(
    ("unit", "count", "factor"),
    [("mASD", 1088, 1), ("mAOD", 468, 1), ("m", 1259, 1), ("mm", 4, 0.001)],
)
def test_recorded_stages_are_read_by_their_zero(unit, count, factor):
    measures = json.loads(recorded("uk_ea", "level_data_2021-11-20.json").read_bytes())["items"]
    assert len(measures) == 3323
    assert sum("latestReading" not in each for each in measures) == 502
    expected = {
        each["stationReference"]: each["latestReading"]["value"] * factor
        for each in measures
        if each["unitName"] == unit and "latestReading" in each
    }
    found = of_file("level_data_2021-11-20.json", variable="stage_m", unit=unit)
    assert {r.station_id: r.value for r in found.readings} == expected
    assert len(found.readings) == count
    fields = sorted(fault.field for fault in found.faults)
    assert fields == ["stationReference"] * 2 + ["unitName"] * 2


@pytest.mark.parametrize(
    "name",
    [
        "rainfall_gauge_data.json",
        "station_data_coastal.json",
        "station_data_groundwater.json",
        "sample_stations_2026-08.json",
    ],
)
def test_recorded_lists_of_stations_carry_no_reading_and_are_no_fault(name):
    for declared in ({}, STAGES):
        found = of_file(name, **declared)
        assert (found.readings, found.faults) == ((), ())


def test_the_other_recorded_files():
    (found,) = of_file(
        "sample_latest_readings_2026-08-20.json", variable="stage_m", unit="m"
    ).readings
    assert (found.station_id, found.value) == ("693115", 0.219)
    with pytest.raises(DecodeError, match="items"):
        of_file("station_data_upstream_downstream.json")
