"""USGS: units and remarks are the payload's, and days, other parameters and methods stay apart."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DecodeError
from pipeline.feeds.declaration import problems
from pipeline.feeds.links import Links
from pipeline.feeds.registry import decode
from pipeline.feeds.usgs import PROTOCOL
from pipeline.feeds.window import Window
from pipeline.observation import QcFlag
from tests.feeds.recorded import recorded
from tests.feeds.sample_usgs import feature, nwis, page, series, usgs_spec, value
from tests.feeds.samples import payload

FEET = 0.3048
SUSPECTS = ("e", "E", "Ice", "B", "Bkw", "R", "Rat", "Eqp", "Fld", "K", "F", "<", ">", "&", "new")


def decoded(content, window=None, **declared):
    return decode(payload(content, "https://e.org/iv"), usgs_spec(**declared), window)


def one(content, **declared):
    (found,) = decoded(content, **declared).readings
    return found


def test_a_declaration_needs_no_unit():
    assert list(problems(usgs_spec())) == []
    assert [field for field, _ in problems(usgs_spec(variable="depth_m"))] == ["parameter"]
    assert [field for field, _ in problems(usgs_spec(variable="depth_m", parameter="82300"))] == []


def test_a_stamp_with_an_offset_is_an_instant():
    at = datetime(2024, 7, 15, 8, 15, tzinfo=UTC)
    assert one(nwis([series("1", value(15, "1"))])).valid_time == at
    assert one(page([feature(15, "1")])).valid_time == at


@given(st.floats(-1e4, 1e4))
def test_a_value_is_converted_by_the_unit_that_the_payload_states(feet):
    for content in (nwis([series("1", value(0, str(feet)))]), page([feature(0, str(feet))])):
        assert one(content).value == pytest.approx(feet * FEET)


@pytest.mark.parametrize("unit", ["ft3/s", "ft^3/s", "ft&#179;/s", "ft\u00b3/s"])
def test_a_cubic_foot_is_written_in_four_ways(unit):
    content = nwis([series("1", value(0, "1000"), code="00060", unit=unit)])
    assert one(content, variable="discharge_m3s").value == pytest.approx(28.316846592)


def test_rain_belongs_to_the_declared_interval():
    content = nwis([series("1", value(0, "0.10"), code="00045", unit="in")])
    found = one(content, variable="rain_mm")
    assert (found.value, found.interval_s) == (pytest.approx(2.54), 900)


@pytest.mark.parametrize(("stated", "declared"), [("ft", "m"), ("m", "ft"), ("yd", None)])
def test_a_unit_that_contradicts_the_declaration_is_a_fault_and_no_guess(stated, declared):
    for content in (
        nwis([series("1", value(0, "1"), unit=stated)]),
        page([feature(0, "1", unit_of_measure=stated)]),
    ):
        found = decoded(content, unit=declared)
        assert found.readings == ()
        assert [(f.field, f.station_id is not None) for f in found.faults] == [("unit", True)]


@pytest.mark.parametrize("stated", ["-999999", "-999999.0", None, "", " "])
def test_no_data_is_missing_and_never_a_number(stated):
    for content in (nwis([series("1", value(0, stated))]), page([feature(0, stated)])):
        found = one(content)
        assert (found.value, found.flag) == (None, QcFlag.MISSING)


@pytest.mark.parametrize(
    ("remarks", "flag"),
    [
        (("P",), QcFlag.UNKNOWN),
        (("A",), QcFlag.GOOD),
        (("P", "Dry"), QcFlag.UNKNOWN),
        (("A", "X"), QcFlag.FAIL),
        *((("P", each), QcFlag.SUSPECT) for each in SUSPECTS),
    ],
)
def test_a_remark_is_a_flag(remarks, flag):
    assert one(nwis([series("1", value(0, "1", *remarks))])).flag is flag
    assert one(page([feature(0, "1", qualifier=list(remarks))])).flag is flag


def test_the_worst_of_approval_and_qualifier_counts():
    assert one(page([feature(0, "1", approval_status="Approved")])).flag is QcFlag.GOOD
    found = one(page([feature(0, "1", approval_status="Approved", qualifier="ICE")]))
    assert found.flag is QcFlag.SUSPECT


def test_a_value_of_a_day_is_no_instant():
    rows = [feature(0, "1", time="2024-07-15"), feature(0, "1", statistic_id="00003")]
    assert [fault.field for fault in decoded(page(rows)).faults] == ["time", "statistic_id"]
    daily = series("1", value(0, "1"))
    daily["variable"]["options"]["option"][0]["optionCode"] = "00003"
    assert [fault.field for fault in decoded(nwis([daily])).faults] == ["variable.options"]
    assert decoded(page(rows)).readings == decoded(nwis([daily])).readings == ()


def test_two_methods_are_two_sensors_until_one_is_named():
    both = series("1", value(0, "1"))
    both["values"].append({"value": [value(0, "2")], "method": [{"methodID": 8}]})
    found = decoded(nwis([both]))
    assert [reading.value for reading in found.readings] == [FEET]
    assert [fault.field for fault in found.faults] == ["station_map"]
    named = decoded(nwis([both]), station_map={"1:8": "upper"})
    assert {r.station_id: r.value for r in named.readings} == {"1": FEET, "upper": 2 * FEET}
    assert named.faults == ()


def test_a_station_of_another_agency_bears_its_name():
    rows = [feature(0, "1"), feature(0, "1", monitoring_location_id="MO005-7", time_series_id="9")]
    assert [r.station_id for r in decoded(page(rows)).readings] == ["01234567", "MO005-7"]
    foreign = series("7", value(0, "1"))
    foreign["sourceInfo"]["siteCode"][0]["agencyCode"] = "MO005"
    assert one(nwis([foreign])).station_id == "MO005-7"


@pytest.mark.parametrize("content", [nwis([]), page([])])
def test_an_empty_answer_is_no_fault(content):
    found = decoded(content)
    assert (found.readings, found.faults) == ((), ())


@pytest.mark.parametrize("content", ["[]", "{}", '{"value": 1}', "1", '{"features": {}}'])
def test_what_is_neither_form_is_refused(content):
    with pytest.raises(DecodeError, match="neither"):
        decoded(content)


def test_only_what_is_asked_for_is_kept():
    at = datetime(2024, 7, 15, 8, 15, tzinfo=UTC)
    rows = [feature(minute, "1") for minute in (0, 15, 30)]
    found = decoded(page(rows), Window(at, at))
    assert [reading.valid_time for reading in found.readings] == [at]


def test_a_page_names_the_next_and_no_stranger_is_followed():
    links = [
        {"rel": "self", "href": "https://e.org/iv?offset=0"},
        {"rel": "next", "href": "/iv?offset=2"},
        {"rel": "next", "href": "https://elsewhere.org/iv"},
        {"rel": "next", "href": None},
        "next",
    ]
    answer = payload(page([], *links), "https://e.org/iv")
    named = Links(PROTOCOL, ["https://e.org/iv"])
    chosen, untaken = named.follow(named.of(answer), "https://e.org/iv")
    assert chosen == ["https://e.org/iv?offset=2"]
    assert len(untaken) == 1
    assert named.of(payload("no JSON", "https://e.org/iv")) == []


@pytest.mark.parametrize(
    ("variable", "code", "factor"),
    [("stage_m", "00065", FEET), ("discharge_m3s", "00060", 0.028316846592)],
)
def test_a_recorded_answer_of_nwis_is_read_whole(variable, code, factor):
    content = recorded("usgs", "waterservices_iv.txt").read_bytes()
    expected = [
        (each["sourceInfo"]["siteCode"][0]["value"], float(stated["value"]) * factor)
        for each in json.loads(content)["value"]["timeSeries"]
        if each["variable"]["variableCode"][0]["value"] == code
        for stated in each["values"][0]["value"]
    ]
    found = decoded(content, variable=variable)
    assert [(r.station_id, r.value) for r in found.readings] == expected
    assert (len(expected), found.faults) == (10, ())
    assert {reading.flag for reading in found.readings} == {QcFlag.GOOD}


@pytest.mark.parametrize(
    ("collection", "variable", "count"),
    [
        ("continuous", "stage_m", 2),
        ("continuous", "discharge_m3s", 0),
        ("latest-continuous", "stage_m", 1),
        ("latest-continuous", "discharge_m3s", 1),
    ],
)
def test_recorded_collections_of_instants_are_read_whole(collection, variable, count):
    every = json.loads(recorded("usgs", "waterdata_ogc_fixtures.json").read_bytes())
    found = decoded(json.dumps(every[collection]), variable=variable)
    assert (len(found.readings), found.faults) == (count, ())
    assert {reading.station_id for reading in found.readings} <= {"06904500"}


def test_recorded_collections_of_anything_else_give_no_reading():
    every = json.loads(recorded("usgs", "waterdata_ogc_fixtures.json").read_bytes())
    others = every.keys() - {"continuous", "latest-continuous"}
    assert len(others) == 12
    for name in others:
        for variable in ("stage_m", "discharge_m3s"):
            assert decoded(json.dumps(every[name]), variable=variable).readings == ()
    daily = decoded(json.dumps(every["daily"]), variable="discharge_m3s")
    assert [fault.field for fault in daily.faults] == ["statistic_id"] * 2


def test_recorded_answers_without_values_or_units():
    assert decoded(recorded("usgs", "nwis_iv_empty_mock.json").read_bytes()).readings == ()
    content = recorded("usgs", "nwis_iv_mock.json").read_bytes()
    unstated = decoded(content, variable="discharge_m3s")
    assert (len(unstated.readings), len(unstated.faults)) == (0, 2)
    declared = decoded(content, variable="discharge_m3s", unit="ft3/s")
    assert (len(declared.readings), declared.faults) == (2, ())
    with pytest.raises(DecodeError, match="neither"):
        decoded(recorded("usgs", "waterdata_queryables.json").read_bytes())
