"""The valley's gauges under a rain grid: two lie on it, R03 beside it, R04 nowhere."""

from pathlib import Path

import numpy as np
from rasterio.warp import transform

from pipeline.observation import GridGeometry
from tests.feeds.samples import tif
from tests.site.test_pack import edit
from tests.valley import copied

ORIGIN = (807_000, 6_484_000)
"""Upper left corner of a grid of 1 km in Lambert-93."""
SHAPE = (8, 10)
GEOMETRY = GridGeometry(
    "EPSG:2154", (1000.0, 0.0, float(ORIGIN[0]), 0.0, -1000.0, float(ORIGIN[1])), SHAPE
)
SAMPLE = "rain_202407150900.tif"
RAIN_FEED = """
[[feeds]]
feed_id = "radar"
protocol = "grid"
where = "${FLOODWARN_HOME}"
pattern = "rain_%Y%m%d%H%M.tif"
variable = "rain_mm"
unit = "mm"
scale = 0.1
cadence_min = 60
basis = "declared"
"""
CATCHMENT = f"""
[catchment]
rain_feed = "radar"
rain_sample = "${{FLOODWARN_HOME}}/{SAMPLE}"
"""


def lon_lat(col: float, row: float) -> str:
    """Return the longitude and latitude of a place on the grid, as a table has them."""
    x, y = ORIGIN[0] + 1000 * col, ORIGIN[1] - 1000 * row
    (lon,), (lat,) = transform("EPSG:2154", "EPSG:4326", [x], [y])
    return f"{lon:.6f},{lat:.6f}"


def append_text(path: Path, text: str) -> None:
    """Write more into a file of the site."""
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def under_radar(folder: Path) -> Path:
    """Copy the valley below `folder`, with a radar beside its gauges; its home is `folder`."""
    site = copied(folder)
    (folder / SAMPLE).write_bytes(tif(np.zeros(SHAPE)))
    append_text(site / "feeds.toml", RAIN_FEED)
    append_text(site / "site.toml", CATCHMENT)
    table = site / "stations.csv"
    edit(table, "115.6,40.122", lon_lat(2.5, 4.4))
    edit(table, "115.66,40.116", lon_lat(9.9, 7.9))
    edit(table, "115.645,40.092", lon_lat(10.1, 7.9))
    edit(table, "115.63,40.064", ",")
    return site
