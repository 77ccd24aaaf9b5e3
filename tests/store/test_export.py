"""An export says what was known, in files that other tools read with their units."""

from datetime import timedelta

import numpy as np
import pyarrow.parquet as pq
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.export import Exported, Form, Span, export
from pipeline.instants import to_us
from pipeline.observation import QcFlag
from pipeline.site.model import Station
from pipeline.store.batches import append
from pipeline.units import Variable
from tests.property.test_store_laws import DATED, END, LAST, LOGS, START, at, loaded, taken
from tests.store.samples import HOUR, MINUTE, NOON, batch, rain, stage

S1 = Station(
    station_id="s1", name="one", variables=(Variable.STAGE,), lon=4.5, lat=45.2, interval_min=60,
    silent_after_min=180,
)  # fmt: skip
SPAN = Span(NOON - 6 * HOUR, NOON + HOUR)


@pytest.fixture
def held(engine):
    with engine.begin() as connection:
        append(
            connection,
            batch(
                stage(1.5), stage(None, NOON - HOUR), stage(2.0, station_id="s2"),
                stage(3.0, NOON, variable=Variable.DISCHARGE, flag=QcFlag.SUSPECT),
                rain([1, 2, 3, 4, 5, np.nan]), rain([0] * 6, NOON - HOUR),
            ),
        )  # fmt: skip
        append(connection, batch(stage(9.0), known_at=NOON + HOUR, payload="b"))
    return engine


def written(engine, file, form, span=SPAN, site="test") -> Exported:
    return export(engine, site, span, file, form=form, stations=(S1,))


def test_the_long_table_has_a_row_a_reading_with_unit_flag_and_known_at(held, tmp_path) -> None:
    file = tmp_path / "a.parquet"
    assert written(held, file, Form.PARQUET) == Exported(readings=4, grids=0, left_out=2)
    rows = {
        (row["station_id"], row["variable"], row["valid_time"]): row
        for row in pq.read_table(file).to_pylist()
    }
    stage_now = rows["s1", "stage_m", NOON]
    assert (stage_now["value"], stage_now["unit"]) == (9.0, "m")
    assert stage_now["known_at"] == NOON + HOUR
    assert rows["s1", "stage_m", NOON - HOUR]["value"] is None
    assert rows["s1", "stage_m", NOON - HOUR]["flag"] == QcFlag.MISSING
    discharge = rows["s1", "discharge_m3s", NOON]
    assert (discharge["unit"], discharge["flag"]) == ("m3/s", QcFlag.SUSPECT)


def test_as_known_before_a_correction_it_has_what_stood_then(held, tmp_path) -> None:
    file = tmp_path / "a.parquet"
    written(held, file, Form.PARQUET, Span(SPAN.start, SPAN.end, NOON + 5 * MINUTE))
    values = pq.read_table(file, filters=[("station_id", "=", "s1")])["value"].to_pylist()
    assert sorted(v for v in values if v is not None) == [1.5, 3.0]


def test_stations_are_cf_time_series_with_units_flags_and_places(held, tmp_path) -> None:
    file = tmp_path / "a.nc"
    assert written(held, file, Form.NETCDF) == Exported(readings=4, grids=2, left_out=0)
    found = xr.load_dataset(file)
    assert found.attrs["Conventions"].startswith("CF-")
    assert found.attrs["featureType"] == "timeSeries"
    assert found.series_index.attrs["instance_dimension"] == "series"
    assert found.timeseries_id.attrs["cf_role"] == "timeseries_id"
    assert (found.stage_m.attrs["units"], found.discharge_m3s.attrs["units"]) == ("m", "m3/s")
    assert found.flag.attrs["flag_meanings"].split()[:1] == ["good"]
    of = found.station_id.values[found.series_index.values]
    mine = (of == "s1") & ~np.isnan(found.stage_m.values)
    assert found.stage_m.values[mine].tolist() == [9.0]
    assert found.time.values[mine] == np.datetime64("2014-11-04T12:00:00")
    assert found.lat.values[found.station_id.values == "s1"].tolist() == [45.2, 45.2]
    assert np.isnan(found.lat.values[found.station_id.values == "s2"]).all()


def test_grids_are_fields_on_their_own_axes_with_their_mapping(held, tmp_path) -> None:
    file = tmp_path / "a.nc"
    written(held, file, Form.NETCDF)
    found = xr.load_dataset(file, group="grids/river_g1_rain_mm_3600")
    assert found.rain_mm.dims == ("time", "y", "x")
    assert found.rain_mm.attrs["units"] == "mm"
    assert found.rain_mm.attrs["cell_methods"] == "time: sum"
    assert found.x.values.tolist() == [807500.0, 808500.0, 809500.0]
    assert found.y.values.tolist() == [6483500.0, 6482500.0]
    assert "2154" in found.crs.attrs["crs_wkt"]
    np.testing.assert_array_equal(
        found.rain_mm.sel(time=np.datetime64("2014-11-04T12:00")), [[1, 2, 3], [4, 5, np.nan]]
    )


def test_an_empty_span_is_an_empty_file_that_can_be_read(held, tmp_path) -> None:
    span = Span(NOON - timedelta(days=9), NOON - timedelta(days=8))
    for form in Form:
        assert written(held, tmp_path / form, form, span).readings == 0
    assert pq.read_table(tmp_path / Form.PARQUET).num_rows == 0
    with xr.open_dataset(tmp_path / Form.NETCDF) as found:
        assert found.sizes["obs"] == 0
    assert not list(tmp_path.glob(".*.part"))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(payloads=LOGS, basis=DATED, known=st.integers(-1, LAST))
def test_it_never_holds_what_came_after_and_all_that_was_read(
    engine, tmp_path, payloads, basis, known
) -> None:
    site = f"e{len(list(tmp_path.iterdir()))}"
    taken(engine, site, payloads, basis)
    cutoff = NOON + known * MINUTE
    file = tmp_path / site
    written(engine, file, Form.PARQUET, Span(START, END, cutoff), site)
    table = pq.read_table(file)
    assert all(one <= cutoff for one in table["known_at"].to_pylist())
    read = at(loaded(engine, site), known).points
    assert [to_us(one) for one in table["valid_time"].to_pylist()] == read.valid_us.tolist()
    values = [np.nan if one is None else one for one in table["value"].to_pylist()]
    np.testing.assert_array_equal(values, read.value)
