"""Small declarations, payloads and rasters for the tests of feeds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

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
