"""Degrees and minutes are degrees."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DecodeError
from pipeline.feeds.amedas_table import Place, places
from tests.feeds.recorded import recorded
from tests.feeds.samples import payload


@given(st.integers(122, 153), st.integers(0, 599), st.integers(20, 45), st.integers(0, 599))
def test_a_place_is_within_a_minute_of_its_whole_degrees(lon, lon_tenths, lat, lat_tenths):
    table = {"1": {"lon": [lon, lon_tenths / 10], "lat": [lat, lat_tenths / 10], "alt": 26}}
    place = places(payload(json.dumps(table)))["1"]
    assert place.lon == pytest.approx(lon + lon_tenths / 600)
    assert place.lat == pytest.approx(lat + lat_tenths / 600)
    assert place.elevation_m == 26.0


@pytest.mark.parametrize(
    "lon", [None, [], [141], [141, 60], [141, -1], [181, 0], ["x", 0], 141.9, [None, 0]]
)
def test_a_position_that_cannot_be_read_is_no_place(lon):
    table = {"1": {"lon": lon, "lat": [45, 31.2]}, "2": {"lon": [141, 30], "lat": [45, 30]}}
    assert places(payload(json.dumps(table))) == {"2": Place(141.5, 45.5, None)}


def test_what_is_no_table_is_refused():
    with pytest.raises(DecodeError, match="no map"):
        places(payload("[]"))


def test_the_recorded_table_places_each_of_1295_stations_in_japan():
    table = places(payload(recorded("jma_amedas", "amedastable.json").read_bytes()))
    assert len(table) == 1295
    assert all(122 < place.lon < 154 and 20 < place.lat < 46 for place in table.values())
    soya = table["11001"]
    assert (soya.lon, soya.lat) == (pytest.approx(141.935), pytest.approx(45.52))
