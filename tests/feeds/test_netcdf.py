"""A NetCDF file is taken as it says of itself, and what feeds.toml contradicts is refused."""

import os
import signal
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DecodeError
from pipeline.feeds import cf_unit, netcdf_file
from pipeline.feeds.apart import apart
from pipeline.feeds.cf_axes import axes
from pipeline.feeds.registry import PROTOCOLS, decode
from pipeline.feeds.window import Window
from tests.feeds.samples import AT, CF_TIME, LAT, LON, grid_spec, hours_of_rain, netcdf, payload

TEN = datetime(2024, 7, 15, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
RAIN = ("time", "lat", "lon")
CELLS = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
NORTH_UP = [[[3, 4, 5], [0, 1, 2]], [[9, 10, 11], [6, 7, 8]]]


def spec(**changes):
    return grid_spec(**{"scale": 1.0, "unit": None, "pattern": None, "parameter": "rain"} | changes)


def read(variables, window=None, *, kind="NETCDF3_CLASSIC", **declared):
    return decode(payload(netcdf(variables, kind=kind), "a.nc"), spec(**declared), window)


def rain(attributes, numbers=CELLS, **changes):
    return hours_of_rain(rain=(RAIN, numbers, attributes), **changes)


def cells(decoded):
    return [grid.cells.tolist() for grid in decoded.grids]


@pytest.mark.parametrize("kind", ["NETCDF3_CLASSIC", "NETCDF3_64BIT_DATA", "NETCDF4"])
def test_scale_fill_and_bounds_are_the_files(kind):
    first, second = read(hours_of_rain(), kind=kind).grids
    np.testing.assert_allclose(first.cells, [[12.3, 0.1, np.nan], [0.0, 0.5, 1.2]], rtol=1e-6)
    assert (first.valid_time, second.valid_time) == (TEN + HOUR, TEN + 2 * HOUR)
    assert {first.interval_s, second.interval_s} == {3600}
    assert first.geometry.transform == (0.5, 0.0, 3.75, 0.0, -0.5, 44.75)
    assert first.geometry.crs == "EPSG:4326"


def test_only_the_times_asked_for_are_read():
    (grid,) = read(hours_of_rain(), Window(TEN + 2 * HOUR, TEN + 3 * HOUR)).grids
    assert grid.valid_time == TEN + 2 * HOUR
    assert read(hours_of_rain(), Window(TEN, TEN)).grids == ()


def test_a_valid_range_holds_for_the_numbers_as_written():
    attributes = {"units": "mm", "scale_factor": 0.5, "valid_range": np.array([0, 9], np.int16)}
    first, second = cells(read(rain(attributes, CELLS.astype(np.int16))))
    assert first == [[1.5, 2.0, 2.5], [0.0, 0.5, 1.0]]
    assert np.isnan(second).tolist() == [[False, True, True], [False, False, False]]


def test_a_declared_nodata_is_the_number_as_written_and_zero_stays_dry():
    first, _ = cells(read(rain({"units": "mm", "scale_factor": 0.5}), nodata=4))
    assert np.isnan(first).tolist() == [[False, True, False], [False, False, False]]
    assert first[1][0] == 0.0


@pytest.mark.parametrize(
    ("units", "factor"),
    [
        ("mm", 1), ("kg m-2", 1), ("kg/m2", 1), ("kg m**-2", 1), ("millimeters", 1), ("m", 1000),
        ("cm", 10), ("mm h-1", 0.5), ("mm/hr", 0.5), ("mm hr^-1", 0.5), ("kg m-2 s-1", 1800),
        ("mm/day", 1 / 48), ("m s-1", 1_800_000),
    ],
)  # fmt: skip
def test_every_unit_of_rain_becomes_the_millimetres_of_its_interval(units, factor):
    assert cf_unit.factor(units, spec(), 1800, "a.nc") == pytest.approx(factor)


@pytest.mark.parametrize(
    ("attributes", "declared", "field"),
    [
        ({"units": "K"}, {}, "unit"),
        ({}, {}, "unit"),
        ({"units": "m"}, {"unit": "mm"}, "unit"),
        ({"units": "mm", "scale_factor": 0.1}, {"scale": 0.01}, "scale"),
        ({"units": "mm", "scale_factor": 0.0}, {}, "scale"),
        ({"units": "mm"}, {"crs": "EPSG:32644"}, "crs"),
        ({"units": "mm"}, {"parameter": "snow"}, "parameter"),
        ({"units": "mm"}, {"parameter": "time"}, "grid"),
    ],
)
def test_what_contradicts_or_is_not_stated_refuses_the_file(attributes, declared, field):
    with pytest.raises(DecodeError) as error:
        read(rain(attributes), **declared)
    assert error.value.field == field


def test_a_unit_that_only_feeds_toml_states_is_taken():
    assert cells(read(rain({}), unit="cm"))[0][0] == [30.0, 40.0, 50.0]


def test_an_interval_that_contradicts_the_bounds_is_told():
    decoded = read(hours_of_rain(), interval_min=30)
    assert [(fault.field, g.interval_s) for fault in decoded.faults for g in decoded.grids] == [
        ("interval_min", 3600), ("interval_min", 3600),
    ]  # fmt: skip
    assert read(hours_of_rain()).faults == ()


def test_without_bounds_the_stamp_and_the_interval_are_as_declared():
    time = (("time",), np.array([11.0, 12.0]), CF_TIME)
    first, _ = read(hours_of_rain(time=time), stamp="start", interval_min=30).grids
    assert (first.valid_time, first.interval_s) == (TEN + 1.5 * HOUR, 1800)


@pytest.mark.parametrize(
    ("units", "zone", "hours"),
    [
        (AT, "UTC", 0),
        (AT + " +08:00", "UTC", -8),
        (AT + "+8", "Asia/Colombo", -8),
        (AT + " -0330", "Asia/Colombo", 3.5),
        ("hours since 2024-07-15T00:00:00Z", "Asia/Shanghai", 0),
        ("hours since 2024-07-15 UTC", "Asia/Shanghai", 0),
        (AT, "Asia/Shanghai", -8),
        ("hours since 2024-07-15", "Asia/Shanghai", -8),
    ],
)
def test_an_offset_in_the_file_wins_over_the_declared_zone(units, zone, hours):
    time = (("time",), np.array([11.0, 12.0]), CF_TIME | {"units": units})
    first, _ = read(hours_of_rain(time=time), zone=zone).grids
    assert first.valid_time == TEN + HOUR * (1 + hours)


@pytest.mark.parametrize(
    "attributes",
    [
        {"calendar": "360_day"}, {"units": "hours since"}, {"units": "hours since 0000-00-00"},
        {"units": "furlongs since 2024-01-01"},
        {"units": AT + " 8:00"}, {"units": "days since 9000-01-01"},
    ],
)  # fmt: skip
def test_what_is_no_instant_is_refused(attributes):
    time = (("time",), np.array([11.0, 12.0]), CF_TIME | attributes)
    with pytest.raises(DecodeError) as error:
        read(hours_of_rain(time=time))
    assert error.value.field == "time"


@given(st.permutations(RAIN), st.booleans(), st.booleans())
@settings(max_examples=15)
def test_in_whatever_order_cells_are_written_they_lie_where_they_lay(order, north, east):
    numbers = CELLS[:, :: -1 if north else 1, :: -1 if east else 1]
    lat = np.array([44.0, 44.5])[:: -1 if north else 1]
    lon = np.array([4.0, 4.5, 5.0])[:: -1 if east else 1]
    turned = numbers.transpose([RAIN.index(name) for name in order])
    decoded = read(
        hours_of_rain(
            lat=(("lat",), lat, LAT),
            lon=(("lon",), lon, LON),
            rain=(tuple(order), turned, {"units": "mm"}),
        )
    )
    assert cells(decoded) == NORTH_UP
    assert decoded.grids[0].geometry.transform == (0.5, 0.0, 3.75, 0.0, -0.5, 44.75)


def test_longitudes_to_360_are_those_to_the_west():
    found = axes(np.array([1.0, 0.0]), np.array([180.0, 270.0, 0.0, 90.0]), "EPSG:4326",
                 is_geographic=True)  # fmt: skip
    assert found.columns.tolist() == [0, 1, 2, 3]
    assert found.geometry.transform[2] == -225.0


@pytest.mark.parametrize("lon", [[4.0, 4.5, 5.5], [4.0, 4.0, 4.0], [4.0, np.nan, 5.0]])
def test_axes_that_are_not_regular_are_refused(lon):
    with pytest.raises(DecodeError) as error:
        read(hours_of_rain(lon=(("lon",), np.array(lon), LON)))
    assert error.value.field == "grid"


PROJECTED = {
    "y": (
        ("y",),
        np.array([10.0, 9.0]),
        {"units": "km", "standard_name": "projection_y_coordinate"},
    ),
    "x": (("x",), np.array([1.0, 2.0, 3.0]), {"units": "km", "axis": "X"}),
    "rain": (("time", "y", "x"), CELLS, {"units": "mm", "grid_mapping": "crs"}),
}


def test_a_projected_grid_is_where_its_mapping_or_feeds_toml_states_and_nowhere_else():
    variables = {name: hours_of_rain()[name] for name in ("time", "time_bnds")} | PROJECTED
    with pytest.raises(DecodeError) as error:
        read(variables)
    assert error.value.field == "crs"
    mapping = {"crs": ((), np.int32(0), {"epsg_code": "EPSG:32644"})}
    for found in (read(variables, crs="EPSG:32644"), read(variables | mapping)):
        assert found.grids[0].geometry.crs == "EPSG:32644"
        assert found.grids[0].geometry.transform == (1000.0, 0.0, 500.0, 0.0, -1000.0, 10_500.0)
    with pytest.raises(DecodeError) as error:
        read(variables | mapping, crs="EPSG:2154")
    assert error.value.field == "crs"


def test_a_forecast_tells_when_it_began_and_whose_member_it_is():
    variables = {
        "time": (("time",), np.array([11.0, 12.0]), CF_TIME),
        "run": ((), np.float64(6.0), {"units": AT, "standard_name": "forecast_reference_time"}),
        "number": (("number",), np.array([0, 7], np.int32), {"standard_name": "realization"}),
        "lat": hours_of_rain()["lat"],
        "lon": hours_of_rain()["lon"],
        "rain": (("number", *RAIN), np.stack([CELLS, CELLS + 100]), {"units": "mm"}),
    }
    grids = read(variables).grids
    assert [(g.member, g.valid_time - TEN, g.reference_time) for g in grids] == [
        (member, hours * HOUR, TEN - 4 * HOUR) for member in (0, 7) for hours in (1, 2)
    ]
    assert grids[3].cells.tolist() == (np.array(NORTH_UP[1]) + 100).tolist()


def test_steps_from_several_runs_each_have_their_own_valid_time():
    variables = {
        "time": (("run",), np.array([0.0, 6.0]),
                 {"units": AT, "standard_name": "forecast_reference_time"}),
        "valid_time": (("run", "step"), np.array([[1.0], [7.0]]), CF_TIME),
        "lat": hours_of_rain()["lat"],
        "lon": hours_of_rain()["lon"],
        "rain": (("run", "step", "lat", "lon"), CELLS[:, None], {"units": "mm"}),
    }  # fmt: skip
    grids = read(variables).grids
    assert [(g.valid_time - g.reference_time, g.member) for g in grids] == [(HOUR, None)] * 2


def test_impossible_cells_are_unknown_and_told_by_their_time():
    decoded = read(rain({"units": "mm", "add_offset": -1.0}))
    assert np.isnan(decoded.grids[0].cells[1, 0])
    assert "1 cells of 2024-07-15T11:00Z out of gross range" in decoded.faults[0].message


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_read(monkeypatch):
    lat = np.zeros(5200)
    variables = {
        "lat": (("lat",), lat, LAT),
        "lon": (("lon",), lat, LON),
        "rain": (("lat", "lon"), np.broadcast_to(np.int8(0), (5200, 5200)), {"units": "mm"}),
    }
    content = netcdf(variables, kind="NETCDF4", zlib=True)
    assert len(content) < 500_000
    with pytest.raises(DecodeError, match="more than 25000000 cells"):
        decode(payload(content, "a.nc"), spec())


@pytest.mark.parametrize("kind", ["NETCDF3_CLASSIC", "NETCDF4"])
def test_a_file_that_was_cut_is_refused_by_name(kind):
    whole = netcdf(hours_of_rain(), kind=kind)
    for length in (8, 100, len(whole.rstrip(b"\0")) // 2):
        with pytest.raises(DecodeError, match="cut.nc"):
            decode(payload(whole[:length], "cut.nc"), spec())


def test_a_reader_that_dies_or_hangs_or_opens_a_file_loses_only_its_result(tmp_path, monkeypatch):
    def opened():
        return (tmp_path / "secret").read_text()

    def hung():
        while True:
            pass

    (tmp_path / "secret").write_text("hush")
    monkeypatch.setattr("pipeline.feeds.apart.CPU_S", 1)
    for work, why in (
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), "ended the process"),
        (lambda: os._exit(0), "ended the process"),
        (opened, "OSError"),
        (hung, "ended the process"),
    ):
        with pytest.raises(DecodeError, match=why):
            apart(work)
    assert apart(lambda: 7) == 7


def test_a_hostile_number_of_variables_or_attributes_is_refused():
    many = {f"v{index}": ((), np.float64(0), {}) for index in range(201)}
    with pytest.raises(DecodeError, match="more than 200 variables"):
        netcdf_file.variables(netcdf(many, kind="NETCDF4"), None, None)
    much = {"v": ((), np.float64(0), {f"a{index}": 1 for index in range(201)})}
    with pytest.raises(DecodeError, match="more than 200 attributes"):
        netcdf_file.variables(netcdf(much, kind="NETCDF4"), None, None)


@pytest.mark.parametrize(
    ("declared", "fields"),
    [
        ({"pattern": None, "unit": None}, ["pattern", "unit"]),
        ({"pattern": None, "unit": None, "parameter": "rain"}, []),
        ({"pattern": "%Y%m%d.nc", "unit": None}, []),
        ({"pattern": "%Y%m%d.tif", "unit": None}, ["unit"]),
    ],
)
def test_what_a_geotiff_cannot_tell_must_be_declared(declared, fields):
    assert [name for name, _ in PROTOCOLS["grid"].problems(grid_spec(**declared))] == fields
