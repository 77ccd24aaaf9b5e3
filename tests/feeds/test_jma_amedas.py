"""AMeDAS: a pair is a value only where its quality says so, and the time is in the address."""

import json
from datetime import UTC, datetime

import pytest

from pipeline.errors import DecodeError
from pipeline.feeds.addresses import addresses
from pipeline.feeds.declaration import problems
from pipeline.feeds.jma_amedas import MINUTES
from pipeline.feeds.registry import decode
from pipeline.feeds.source import Source
from pipeline.feeds.window import Window
from pipeline.observation import QcFlag
from tests.feeds.recorded import recorded
from tests.feeds.sample_jma_amedas import URL, jma_spec, of_stations, station
from tests.feeds.samples import payload

AT = datetime(2024, 7, 15, 8, tzinfo=UTC)


def decoded(content, url=URL, window=None, **declared):
    return decode(payload(content, url), jma_spec(**declared), window)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, []),
        ({"parameter": "precipitation1h"}, []),
        ({"parameter": "snow1h"}, ["parameter"]),
        ({"parameter": None}, ["parameter"]),
        ({"interval_min": 60}, ["interval_min"]),
        ({"stamp": "start"}, ["stamp"]),
        ({"zone": "UTC"}, ["zone"]),
        ({"pattern": None}, ["pattern"]),
        ({"unit": "in"}, ["unit"]),
        ({"variable": "depth_m"}, ["variable"]),
    ],
)
def test_each_fault_of_a_declaration_names_its_field(changes, fields):
    assert [field for field, _ in problems(jma_spec(**changes))] == fields


@pytest.mark.parametrize(
    ("pair", "value", "flag"),
    [
        ((0.5, 0), 0.5, QcFlag.GOOD),
        ((0, 0), 0.0, QcFlag.GOOD),
        ((0.5, 1), 0.5, QcFlag.UNKNOWN),
        ((0.5, 4), 0.5, QcFlag.SUSPECT),
        ((0.5, 2), 0.5, QcFlag.SUSPECT),
        ((0.5, 99), 0.5, QcFlag.SUSPECT),
        ((None, 5), None, QcFlag.MISSING),
        ((0, 5), None, QcFlag.MISSING),
        ((0, 6), None, QcFlag.MISSING),
        ((0, None), None, QcFlag.MISSING),
        ((None, 0), None, QcFlag.MISSING),
    ],
)
def test_a_pair_is_a_value_with_its_flag(pair, value, flag):
    (found,) = decoded(of_stations([station("11001", *pair)])).readings
    assert (found.value, found.flag) == (value, flag)


@pytest.mark.parametrize("pair", [(), (0,), (0, 0, 0), ("much", 0), ([], 0)])
def test_what_is_no_pair_is_a_fault_and_the_next_station_is_read(pair):
    content = of_stations([station("11001", *pair), station("11016", 1, 0)])
    found = decoded(content, station_map={"11001": "R01"})
    assert [reading.station_id for reading in found.readings] == ["11016"]
    assert [(f.row, f.field, f.station_id) for f in found.faults] == [
        (1, "precipitation10m", "R01")
    ]


def test_a_station_that_does_not_measure_rain_is_no_fault():
    found = decoded(of_stations([{"11001": {"temp": [1, 0]}}]))
    assert (found.readings, found.faults) == ((), ())


def test_the_time_is_that_of_the_address_in_japan():
    (found,) = decoded(of_stations([station("11001", 0, 0)])).readings
    assert (found.valid_time, found.interval_s) == (AT, 600)
    with pytest.raises(DecodeError, match="pattern"):
        decoded(b"{}", URL.replace("2024", ""))


def test_a_window_asks_for_the_maps_of_its_slots():
    spec = jma_spec()
    (address,) = addresses(Source(spec, spec.where), Window(AT, AT))
    assert address == URL
    assert decoded(b"no map is read", window=Window(AT.replace(hour=9), AT.replace(hour=10))) == (
        decoded(b"{}")
    )


@pytest.mark.parametrize("content", ["[]", "1", '{"11001": {}, "11001": {}}'])
def test_what_is_no_map_is_refused(content):
    with pytest.raises(DecodeError, match="no map"):
        decoded(content)


@pytest.mark.parametrize("element", MINUTES)
def test_the_recorded_map_of_1295_stations_is_read_whole(element):
    path = recorded("jma_amedas", "20210224150000.json")
    stations = json.loads(path.read_bytes())
    pairs = {code: each[element] for code, each in stations.items() if element in each}
    assert (len(stations), len(pairs)) == (1295, 1292)
    found = decoded(path.read_bytes(), str(path), parameter=element)
    assert found.faults == ()
    assert {r.station_id: r.value for r in found.readings} == {
        code: value for code, (value, _) in pairs.items()
    }
    assert sum(reading.value is None for reading in found.readings) == 5
    suspect = sum(reading.flag is QcFlag.SUSPECT for reading in found.readings)
    assert suspect == sum(quality == 4 for _, quality in pairs.values())
    assert {r.valid_time for r in found.readings} == {datetime(2021, 2, 24, 6, tzinfo=UTC)}
