"""Payloads of protocol ``grid``; each is one thing, without rows."""

from tests.feeds.sample import Sample
from tests.feeds.samples import grid_spec, tif

SAMPLES = (
    Sample(
        "grid-geotiff",
        grid_spec(),
        "grids/2024/07/rain_202407151100.tif",
        tif([[0, 5, 12], [123, 1, 65535]]),
    ),
)
