"""Payloads of protocol ``grid``; each is one thing, without rows."""

from tests.feeds.sample import Sample
from tests.feeds.samples import grid_spec, hours_of_rain, netcdf, tif

CF = grid_spec(scale=1.0, unit=None, pattern=None, where="grids", parameter="rain")

SAMPLES = (
    Sample(
        "grid-geotiff",
        grid_spec(),
        "grids/2024/07/rain_202407151100.tif",
        tif([[0, 5, 12], [123, 1, 65535]]),
    ),
    Sample("grid-netcdf3", CF, "grids/rain.nc", netcdf(hours_of_rain())),
    Sample("grid-netcdf4", CF, "grids/rain.nc", netcdf(hours_of_rain(), kind="NETCDF4", zlib=True)),
)
