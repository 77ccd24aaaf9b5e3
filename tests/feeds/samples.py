"""Small declarations, payloads and rasters for the tests of feeds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import netCDF4
import numpy as np
import numpy.typing as npt
import rasterio.io
from affine import Affine

from pipeline.observation import KnownBasis, RawPayload
from pipeline.site.model import FeedSpec
from pipeline.units import Variable

NOW = datetime(2024, 7, 15, 12, 3, tzinfo=UTC)
PATTERN = "%Y/%m/rain_%Y%m%d%H%M.tif"


def csv_spec(**changes: Any) -> FeedSpec:
    """Declare a long CSV feed of hourly rain."""
    declared: dict[str, Any] = {
        "feed_id": "rain", "protocol": "csv", "layout": "long", "where": "rain.csv",
        "variable": Variable.RAIN, "unit": "mm", "cadence_min": 60,
    }  # fmt: skip
    return FeedSpec.model_validate(declared | changes)


def grid_spec(**changes: Any) -> FeedSpec:
    """Declare a feed of hourly rain grids in tenths of a millimetre."""
    declared: dict[str, Any] = {
        "feed_id": "radar", "protocol": "grid", "where": "grids", "pattern": PATTERN,
        "variable": Variable.RAIN, "unit": "mm", "scale": 0.1, "cadence_min": 60,
        "basis": KnownBasis.DECLARED,
    }  # fmt: skip
    return FeedSpec.model_validate(declared | changes)


def payload(content: bytes | str, url: str = "rain.csv", feed_id: str = "rain") -> RawPayload:
    """Return bytes as a feed sent them."""
    raw = content.encode() if isinstance(content, str) else content
    return RawPayload(feed_id, url, NOW, raw, "application/octet-stream")


def tif(
    cells: npt.ArrayLike, *, nodata: float | None = 65535, crs: str | None = "EPSG:2154"
) -> bytes:
    """Return a GeoTIFF of 1 km cells, int32."""
    array = np.asarray(cells, np.int32)
    with rasterio.io.MemoryFile() as memory:
        with memory.open(
            driver="GTiff", dtype="int32", count=1, width=array.shape[1], height=array.shape[0],
            nodata=nodata, crs=crs, transform=Affine(1000, 0, 807_000, 0, -1000, 6_484_000),
        ) as target:  # fmt: skip
            target.write(array, 1)
        return bytes(memory.read())


AT = "hours since 2024-07-15 00:00:00"
CF_TIME = {"units": AT, "calendar": "standard", "standard_name": "time"}
LAT = {"units": "degrees_north", "standard_name": "latitude"}
LON = {"units": "degrees_east", "standard_name": "longitude"}


def netcdf(
    variables: Mapping[str, tuple[tuple[str, ...], npt.ArrayLike, Mapping[str, Any]]],
    *,
    kind: str = "NETCDF3_CLASSIC",
    **storage: Any,
) -> bytes:
    """Return a NetCDF file of these variables: dimensions, numbers as written, attributes."""
    dataset = netCDF4.Dataset("made", "w", memory=1024, format=kind)
    for name, (dimensions, numbers, attributes) in variables.items():
        array = np.asarray(numbers)
        for dimension, size in zip(dimensions, array.shape, strict=True):
            if dimension not in dataset.dimensions:
                dataset.createDimension(dimension, size)
        fill = attributes.get("_FillValue")
        variable = dataset.createVariable(
            name, array.dtype, dimensions, fill_value=fill, **(storage if dimensions else {})
        )
        variable.set_auto_maskandscale(False)
        variable.setncatts({k: v for k, v in attributes.items() if k != "_FillValue"})
        variable[...] = array
    return bytes(dataset.close())


def hours_of_rain(**changes: Any) -> dict[str, Any]:
    """Declare two hours of rain in mm on a grid of 2 by 3 cells, south first, packed in tenths."""
    return {
        "time": (("time",), np.array([11.0, 12.0]), CF_TIME | {"bounds": "time_bnds"}),
        "time_bnds": (("time", "nv"), np.array([[10.0, 11.0], [11.0, 12.0]]), {}),
        "lat": (("lat",), np.array([44.0, 44.5]), LAT),
        "lon": (("lon",), np.array([4.0, 4.5, 5.0]), LON),
        "rain": (
            ("time", "lat", "lon"),
            np.array([[[0, 5, 12], [123, 1, -999]], [[1, 2, 3], [4, 5, 6]]], np.int16),
            {"units": "mm", "scale_factor": 0.1, "_FillValue": np.int16(-999)},
        ),
    } | changes
