"""A grid is taken as its file and its declaration say, or not at all."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import rasterio.io
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DecodeError
from pipeline.feeds.registry import decode
from pipeline.feeds.window import Window
from tests.feeds.samples import grid_spec, payload, tif

URL = "grids/2024/07/rain_202407151100.tif"
HOUR = datetime(2024, 7, 15, 11, tzinfo=UTC)
WHOLE = tif(np.arange(600).reshape(20, 30))


def test_tenths_become_millimetres_in_place():
    decoded = decode(payload(tif([[0, 5], [123, 1]]), URL), grid_spec())
    (grid,) = decoded.grids
    assert decoded.faults == ()
    assert grid.valid_time == HOUR
    assert grid.interval_s == 3600
    np.testing.assert_allclose(grid.cells, [[0.0, 0.5], [12.3, 0.1]], rtol=1e-6)
    assert grid.geometry.crs == "EPSG:2154"
    assert grid.geometry.transform == (1000.0, 0.0, 807000.0, 0.0, -1000.0, 6484000.0)


def test_nodata_is_unknown_and_zero_is_dry():
    (grid,) = decode(payload(tif([[0, 65535]]), URL), grid_spec()).grids
    assert grid.cells[0, 0] == 0.0
    assert np.isnan(grid.cells[0, 1])


def test_impossible_cells_are_unknown_and_told():
    decoded = decode(payload(tif([[-3, 900_000, 7]]), URL), grid_spec())
    assert np.isnan(decoded.grids[0].cells).tolist() == [[True, True, False]]
    assert "2 cells out of gross range" in decoded.faults[0].message


def test_two_nodata_numbers_are_both_unknown_and_told_where_they_matter():
    spec = grid_spec(nodata=65535)
    quiet = decode(payload(tif([[1, 2]], nodata=-99), URL), spec)
    assert quiet.faults == ()
    told = decode(payload(tif([[1, -99, 65535]], nodata=-99), URL), spec)
    assert np.isnan(told.grids[0].cells).tolist() == [[False, True, True]]
    assert [fault.field for fault in told.faults] == ["nodata"]


def test_a_crs_is_the_files_or_the_declared_one_and_never_a_guess():
    bare = payload(tif([[1]], crs=None), URL)
    with pytest.raises(DecodeError, match="CRS") as error:
        decode(bare, grid_spec())
    assert error.value.field == "crs"
    assert decode(bare, grid_spec(crs="EPSG:2154")).grids[0].geometry.crs == "EPSG:2154"


def test_a_contradicting_crs_refuses_the_file():
    with pytest.raises(DecodeError, match="EPSG:2154") as error:
        decode(payload(tif([[1]]), URL), grid_spec(crs="EPSG:4326"))
    assert error.value.field == "crs"


@given(st.integers(0, len(WHOLE) - 1))
def test_a_truncated_raster_is_refused_by_name_wherever_it_was_cut(length):
    with pytest.raises(DecodeError, match="rain_202407151100.tif"):
        decode(payload(WHOLE[:length], URL), grid_spec())


def test_a_payload_that_points_to_other_files_is_no_raster(tmp_path):
    (tmp_path / "secret.tif").write_bytes(WHOLE)
    points = (
        '<VRTDataset rasterXSize="30" rasterYSize="20"><VRTRasterBand dataType="Int32" band="1">'
        f"<SimpleSource><SourceFilename>{tmp_path}/secret.tif</SourceFilename>"
        "<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    with pytest.raises(DecodeError, match="not a raster"):
        decode(payload(points, URL), grid_spec(crs="EPSG:2154"))


def sparse(**layout) -> bytes:
    """Return a GeoTIFF that states blocks which take no room in it."""
    with rasterio.io.MemoryFile() as memory:
        with memory.open(
            driver="GTiff", dtype="int32", crs="EPSG:2154", transform=Affine.scale(1000, -1000),
            sparse_ok=True, **{"width": 64, "height": 64, "count": 1} | layout,
        ):  # fmt: skip
            pass
        return bytes(memory.read())


@pytest.mark.parametrize(
    "layout",
    [
        {"tiled": True, "blockxsize": 8192, "blockysize": 8192},
        {"tiled": True, "blockxsize": 256, "blockysize": 256, "count": 400, "interleave": "pixel"},
        {"width": 4500, "height": 4500, "blockysize": 4500, "compress": "deflate"},
    ],
    ids=["one tile", "all bands of a tile", "one strip"],
)
def test_a_small_file_of_large_blocks_is_refused_before_they_are_unpacked(layout):
    content = sparse(**layout)
    assert len(content) < 300_000
    with pytest.raises(DecodeError, match="tiles or strips of more than"):
        decode(payload(content, URL), grid_spec())


def test_bands_that_lie_apart_are_not_unpacked_and_so_not_counted():
    layout = {"tiled": True, "blockxsize": 256, "blockysize": 256, "count": 400}
    decoded = decode(payload(sparse(**layout, interleave="band"), URL), grid_spec())
    assert decoded.grids[0].cells.shape == (64, 64)


@pytest.mark.parametrize("url", ["grids/2024/07/rain.tif", "grids/2024/08/rain_202407151100.tif"])
def test_a_name_without_one_stamp_is_refused(url):
    with pytest.raises(DecodeError) as error:
        decode(payload(WHOLE, url), grid_spec())
    assert error.value.field == "pattern"


def test_a_stamp_at_the_start_counts_from_the_end_of_its_interval():
    (grid,) = decode(payload(WHOLE, URL), grid_spec(stamp="start")).grids
    assert grid.valid_time == HOUR + timedelta(hours=1)


def test_a_stamp_is_read_in_the_declared_zone():
    (grid,) = decode(payload(WHOLE, URL), grid_spec(zone="Asia/Shanghai")).grids
    assert grid.valid_time == HOUR - timedelta(hours=8)


def test_a_grid_outside_the_window_is_not_made():
    before = Window(HOUR - timedelta(hours=3), HOUR - timedelta(hours=1))
    assert decode(payload(b"not even a raster", URL), grid_spec(), before).grids == ()


def test_an_unknown_unit_is_refused():
    with pytest.raises(DecodeError) as error:
        decode(payload(WHOLE, URL), grid_spec(unit="kg"))
    assert error.value.field == "unit"


def tagged(scale: float, offset: float) -> bytes:
    with rasterio.io.MemoryFile() as memory:
        with memory.open(
            driver="GTiff", dtype="int16", crs="EPSG:2154", transform=Affine.scale(1000, -1000),
            width=2, height=1, count=1, nodata=-1,
        ) as target:  # fmt: skip
            target.write(np.array([[4, -1]], np.int16), 1)
            target.scales, target.offsets = (scale,), (offset,)
        return bytes(memory.read())


def test_a_scale_that_the_file_states_is_taken_once():
    for declared in (1.0, 0.5):
        (grid,) = decode(payload(tagged(0.5, 1.0), URL), grid_spec(scale=declared)).grids
        assert grid.cells[0, 0] == 3.0
        assert np.isnan(grid.cells[0, 1])


def test_a_contradicting_scale_refuses_the_file():
    with pytest.raises(DecodeError) as error:
        decode(payload(tagged(0.5, 0.0), URL), grid_spec(scale=0.1))
    assert error.value.field == "scale"


def test_a_geotiff_without_a_declared_unit_is_refused():
    with pytest.raises(DecodeError) as error:
        decode(payload(WHOLE, URL), grid_spec(unit=None))
    assert error.value.field == "unit"
